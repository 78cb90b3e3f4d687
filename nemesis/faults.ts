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
}

const nothing = async (): Promise<void> => {};

/** One of them may end by itself meanwhile. */
const killEach = (pids: string): string => `for pid in $(${pids}); do kill -9 "$pid" 2>/dev/null || :; done`;

/** Longer than the provider waits for a sign of life from what it was told to be open. */
const darkMilliseconds = 8000;

/** A second stack takes some seconds to begin; it does not while it waits for a transaction of the first one. */
const rivalMilliseconds = 12_000;
const isToldWhoHoldsIt = /changes this host's network by a transaction/;

const startSshd = `"$(command -v sshd)" -f /etc/ssh/lab-sshd-config -E /run/sshd.log`;

const killEngine =
  (isVictim: typeof isEngine): Fault["strike"] =>
  async (_host, stack) => {
    kill(processesOf(stack).filter(isVictim));
    return nothing;
  };

export const faults: readonly Fault[] = [
  {
    name: "cut the connection",
    strike: async (host) => {
      await host.sh(killEach(sshSessions));
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
      await host.sh(
        `while pidof -q sshd sshd-session sshd-auth; do ${killEach("pidof sshd sshd-session sshd-auth")}; done`,
      );
      const healed = sleep(1000).then(() => host.sh(startSshd));
      return async () => {
        await healed;
      };
    },
  },
  {
    name: "fill the disk and /run",
    strike: async (host) => {
      await host.sh(
        "for each in /run/pulumi-kvm-network /etc/pulumi-kvm-network; do dd if=/dev/zero of=$each/full bs=4k 2>/dev/null || :; done",
      );
      return async () => {
        await host.sh("rm -f /run/pulumi-kvm-network/full /etc/pulumi-kvm-network/full");
      };
    },
  },
  {
    name: "kill libvirtd",
    strike: async (host) => {
      await host.sh(killEach("pidof libvirtd"));
      const healed = sleep(1000).then(() => host.sh("libvirtd --daemon"));
      return async () => {
        await healed;
      };
    },
  },
  {
    name: "run a second stack",
    strike: async (host) => {
      const before = host.count();
      let isOver = false;
      const running = host.rival.pulumi(["up", "--yes", "--skip-preview"]).finally(() => {
        isOver = true;
      });
      const until = performance.now() + rivalMilliseconds;
      while (!isOver && host.count() === before && performance.now() < until) await sleep(20);
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
