import { setTimeout as sleep } from "node:timers/promises";
import type { Client, ClientChannel } from "ssh2";
import { dialOnce } from "./dial-once.ts";
import { dialPause } from "./dial-pause.ts";
import { inHandshakeSlot } from "./handshake-slots.ts";
import { addressOf, type Hop } from "./hop.ts";
import { HostError } from "./host-error.ts";

/** An authenticated connection to a host, whatever is on the way to it. */
export interface SshConnection {
  readonly name: string;
  readonly user: string;
  readonly address: string;
  exec(command: string): Promise<ClientChannel>;
  onClose(listener: () => void): void;
  close(): void;
  /** An idle connection does not keep the process alive; one that is being asked something does. */
  ref(): void;
  unref(): void;
}

const unreachable = (hop: Hop, attempts: number, error: Error): HostError => {
  const through = hop.proxy === undefined ? "" : ` through ${addressOf(hop.proxy)}`;
  const reason = error instanceof AggregateError ? error.errors.map(String).join("; ") : error.message;
  return new HostError(
    "host-unreachable",
    hop.name,
    `${hop.name}: no SSH at ${addressOf(hop)}${through} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${reason}. ` +
      "Is the host up, sshd running, and the port open from here?",
    { cause: error },
  );
};

const dialClient = async (hop: Hop, bastion: Client | undefined): Promise<Awaited<ReturnType<typeof dialOnce>>> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inHandshakeSlot(addressOf(hop), () => dialOnce(hop, bastion));
    } catch (error) {
      if (!(error instanceof Error) || error instanceof HostError) throw error;
      if (hop.dialErrorLimit > 0 && attempt >= hop.dialErrorLimit) throw unreachable(hop, attempt, error);
    }
    await sleep(dialPause(attempt, Math.random()));
  }
};

interface Dialled {
  readonly client: Client;
  /** From the outermost hop inwards, as they are closed. */
  readonly close: () => void;
  readonly ref: () => void;
  readonly unref: () => void;
}

/** The bastions from the outermost inwards, then the host: each through the one before. */
const dialRoute = async (hop: Hop): Promise<Dialled> => {
  const outer = hop.proxy === undefined ? undefined : await dialRoute(hop.proxy);
  try {
    const { client, socket } = await dialClient(hop, outer?.client);
    // A tunnel does not always hear of its bastion's end.
    outer?.client.once("close", () => client.destroy());
    return {
      client,
      close: () => {
        client.end();
        // The peer may never answer: what is written leaves, then the socket goes.
        socket?.unref().destroySoon();
        outer?.close();
      },
      ref: outer?.ref ?? (() => socket?.ref()),
      unref: outer?.unref ?? (() => socket?.unref()),
    };
  } catch (error) {
    outer?.close();
    throw error;
  }
};

/** Connects to a host. @throws HostError that says which hop failed and why. */
export const dial = async (hop: Hop): Promise<SshConnection> => {
  const { client, close, ref, unref } = await dialRoute(hop);
  return {
    name: hop.name,
    user: hop.user,
    address: addressOf(hop),
    exec: (command) =>
      new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => {
          if (error === undefined) resolve(channel);
          else {
            close();
            const message = `${hop.name}: ${hop.user}@${addressOf(hop)} may not run a command: ${error.message}.`;
            reject(new HostError("host-unreachable", hop.name, message, { cause: error }));
          }
        });
      }),
    onClose: (listener) => client.once("close", listener),
    close,
    ref,
    unref,
  };
};
