import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { run } from "../command.ts";
import type { Namespace } from "../namespace.ts";
import { waitUntil } from "../wait-until.ts";
import type { Machine } from "./machine-ready.ts";
import { withMonitor } from "./monitor.ts";
import { commandOnMachine } from "./ssh.ts";

/** The serial line behind the console, by which a machine that was booted earlier is told whose it is now. */
export const arrivalSocket = (namespace: Namespace): string => join(namespace.folder, "arrival");

export const bootedTag = "booted";

export interface Arrival extends Machine {
  readonly clientPublicKey: string;
}

/**
 * Where the first machine of a kind is kept as it was once it had booted: its disk with its memory, and its host key. All that
 * differs between the machines of one number in different labs is an address and a key.
 */
export function bootedPlace(image: string, name: string, kind: Omit<Machine, "address"> & { iommu: boolean }): string {
  const { uplinks, nics, networkManager, iommu } = kind;
  const recipe = createHash("sha256").update(JSON.stringify([name, uplinks, nics, networkManager, iommu]));
  for (const file of ["booted.ts", "qemu-arguments.ts", "nics.ts", "machine-ready.ts"])
    recipe.update(readFileSync(join(import.meta.dirname, file)));
  return join(image, "booted", recipe.digest("hex").slice(0, 16));
}

/** Runs on the machine, from before it is kept until it arrives in a lab. */
const arrival = `
exec <>/dev/ttyS1 >&0
stty raw -echo clocal
echo waiting
read -r address now key
ip -4 addr flush dev mgmt
ip addr add "$address" dev mgmt
echo "$key" >/root/.ssh/authorized_keys
date --set "$now" >/dev/null
echo arrived
`;

/** Keeps a machine that has just booted, in a folder. `disk`: its open file. */
export async function keepBooted(namespace: Namespace, machine: Arrival, disk: number, making: string): Promise<void> {
  await withLine(namespace, async (line) => {
    const wait = ["systemd-run", "--quiet", "--collect", "--unit=lab-arrival", "sh", "-ec", arrival];
    await run(commandOnMachine(namespace, machine.address, wait));
    await line.heard("waiting");
    await withMonitor(namespace, async (monitor) => {
      await monitor.execute("stop");
      await monitor.job("snapshot-save", { tag: bootedTag, vmstate: "disk", devices: ["disk"] });
      // While it stands still its file is whole.
      await run(["cp", "--sparse=always", `/proc/${process.pid}/fd/${disk}`, join(making, "disk")], {
        timeout: 300_000,
      });
      await monitor.job("snapshot-delete", { tag: bootedTag, devices: ["disk"] });
      await monitor.execute("cont");
    });
    await run(["cp", "-p", ...hostKeys(namespace.folder), making]);
    await line.arrive(machine);
  });
}

export const hostKeys = (folder: string): string[] => ["host-key", "host-key.pub"].map((name) => join(folder, name));

/** Tells a machine that was kept where it is. */
export const arrive = (namespace: Namespace, machine: Arrival): Promise<void> =>
  withLine(namespace, (line) => line.arrive(machine));

class Line {
  readonly #socket: Socket;
  #said = "";

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
  }

  async heard(word: string): Promise<void> {
    await waitUntil(`the machine's word ${word}`, 120, () => this.#said.includes(word) || undefined);
  }

  async arrive({ address, clientPublicKey }: Arrival): Promise<void> {
    this.#socket.write(`${address}/30 @${(Date.now() / 1000).toFixed(3)} ${clientPublicKey}\n`);
    await this.heard("arrived");
  }
}

async function withLine<Value>(namespace: Namespace, use: (line: Line) => Promise<Value>): Promise<Value> {
  const path = arrivalSocket(namespace);
  // QEMU makes the socket before it loads anything.
  const socket = await waitUntil(`QEMU of ${namespace.name} (see ${join(namespace.folder, "qemu.log")})`, 60, () =>
    opened(path),
  );
  // What goes wrong on the line shows as a word that does not come.
  socket.on("error", () => {});
  try {
    return await use(new Line(socket));
  } finally {
    socket.destroy();
  }
}

const opened = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
