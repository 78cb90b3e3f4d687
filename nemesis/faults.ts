import { setTimeout as sleep } from "node:timers/promises";
import { sshSessions } from "../lab/ssh-daemon.ts";
import { isEngine, kill, processesOf } from "../lab/stack-processes.ts";
import type { NemesisHost } from "./host.ts";

/** What happens at a step. */
export interface Fault {
  readonly name: string;
  /**
   * Done while the step waits. `stack`: the folder of the one that is struck. What it gives back is called when the operation is over: it
   * resolves when the fault is, and throws where the fault itself was not borne.
   */
  readonly strike: (host: NemesisHost, stack: string) => Promise<() => Promise<void>>;
  /** Ends the engine: the operation is over for all hosts, and its lock is left. */
  readonly endsEngine?: boolean;
  /** Machines alone are restarted: what is not kept over a reboot is asked for again. */
  readonly restarts?: boolean;
}

const nothing = async (): Promise<void> => {};

/** Longer than the provider waits for a sign of life from what it was told to be open. */
const darkMilliseconds = 8000;

/** A second stack takes some seconds to begin; it does not while it waits for a transaction of the first one. */
const rivalMilliseconds = 12_000;
const isToldWhoHoldsIt = /changes this host's network by a transaction/;

/** Seconds and minutes: of the host, and of the emulated machine that boots. */
const restart =
  (how: "reboot" | "powerCut"): Fault["strike"] =>
  async (host) => {
    const back = host.lab[how](host.name);
    // It goes on while an orderly reboot ends all services; what a power cut found it at it never does.
    if (how === "reboot") await host.goOn();
    await back;
    return nothing;
  };

const killEngine =
  (isVictim: typeof isEngine): Fault["strike"] =>
  async (_host, stack) => {
    kill(processesOf(stack).filter(isVictim));
    return nothing;
  };

/** What is tried at each step of every kind of hypervisor. */
export const faults: readonly Fault[] = [
  {
    name: "cut the connection",
    strike: async (host) => {
      // One of them may end by itself meanwhile.
      await host.sh(`kill -9 $(${sshSessions}) 2>/dev/null || :`);
      return nothing;
    },
  },
  {
    name: "drop all packets",
    strike: async (host) => {
      await host.sh(
        "nft 'add table inet nemesis; add chain inet nemesis in { type filter hook input priority 0; }; add rule inet nemesis in tcp dport 22 drop'",
      );
      const healed = sleep(darkMilliseconds).then(() => host.sh("nft delete table inet nemesis"));
      return async () => {
        await healed;
      };
    },
  },
  {
    name: "kill sshd",
    strike: async (host) => {
      await host.sh("pkill -KILL '^sshd' || :");
      const healed = sleep(1000).then(() => host.sh(host.kind.startSshd));
      return async () => {
        await healed;
      };
    },
  },
  {
    name: "fill the disk and /run",
    strike: async (host) => {
      const files = host.kind.filled.map((folder) => `${folder}/full`).join(" ");
      // A disk of gigabytes is not written: what is left behind that is.
      await host.sh(`
        for each in ${files}; do
          fallocate -l "$(df --output=avail -k "\${each%/*}" | tail -n 1)k" "$each" 2>/dev/null || :
          dd if=/dev/zero bs=4k 2>/dev/null >>"$each" || :
        done`);
      return async () => {
        await host.sh(`rm -f ${files}`);
      };
    },
  },
  {
    name: "kill libvirtd",
    strike: async (host) => {
      // One that nobody asks anything has ended by itself.
      await host.sh("pkill -KILL -x libvirtd || :");
      const healed = sleep(1000).then(() => host.sh(host.kind.startLibvirtd));
      return async () => {
        await healed;
      };
    },
  },
  {
    name: "run a second stack",
    strike: async (host) => {
      const before = await host.count();
      let isOver = false;
      const running = host.rival.pulumi(["up", "--yes", "--skip-preview"]).finally(() => {
        isOver = true;
      });
      const until = performance.now() + rivalMilliseconds;
      while (!isOver && (await host.count()) === before && performance.now() < until) await sleep(200);
      return async () => {
        const { status, stdout } = await running;
        if (status !== 0 && !isToldWhoHoldsIt.test(stdout)) throw new Error(`the second stack failed:\n${stdout}`);
        await host.rival.must(["destroy", "--yes", "--skip-preview"]);
      };
    },
  },
  { name: "kill the engine", strike: killEngine(isEngine), endsEngine: true },
  { name: "kill engine and provider", strike: killEngine(() => true), endsEngine: true },
];

/** What is tried beside them on a machine, at the steps of what carries the host. */
export const restarts: readonly Fault[] = [
  { name: "reboot", strike: restart("reboot"), restarts: true },
  { name: "cut the power", strike: restart("powerCut"), restarts: true },
];
