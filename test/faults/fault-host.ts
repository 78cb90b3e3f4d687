import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestFn } from "ava";
import { createLab, type Lab, type LabConnection, type LabHypervisor } from "../../lab/lab.ts";
import { sshSessions } from "../../lab/ssh-daemon.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { hostStatistics } from "../../provider/host/statistics.ts";

/** What a command of the host's is made to do; the real one does the work. */
export interface Staged {
  /** Of all its calls those that hold this, in an argument or in what they read. */
  readonly calls: string;
  /** Sh that is run before it, or behind it, for the first of them alone. */
  readonly before?: string;
  readonly after?: string;
}

/**
 * A hypervisor of the lab whose commands can be made slow, or to fail, at a moment of the test's choice. In its own mount
 * namespace a folder lies over /usr/local/sbin, which the host script looks into first.
 */
export class FaultHost {
  readonly lab: Lab;
  readonly hypervisor: LabHypervisor;
  readonly connection: LabConnection;
  readonly #folder: string;

  constructor(lab: Lab) {
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) throw new Error("a lab without hypervisors");
    this.lab = lab;
    this.hypervisor = hypervisor;
    this.connection = hypervisor.connection;
    this.#folder = join(lab.namespace("hv1").folder, "run/staged");
    mkdirSync(join(this.#folder, "bin"), { recursive: true });
  }

  /** What a test itself does on the host, by its own commands. */
  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.lab.exec("hv1", ["sh", "-euc", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  /** Puts a command on stage until `restore`. Each call's arguments and input are kept for `callsOf`. */
  async stage(command: string, { calls, before = "", after = "" }: Staged): Promise<void> {
    const real = (await this.sh(`command -v ${command}`)).trim();
    const there = "/run/staged";
    const script = `#!/bin/sh
input=
[ -t 0 ] || [ "$(readlink /proc/self/fd/0)" = /dev/null ] || input=$(cat; echo .)
call=$(printf '%s ' "$@"; printf '%s' "\${input%.}")
case $call in
  *${JSON.stringify(calls).replaceAll("$", "\\$")}*)
    echo $(printf '%s' "$call" | tr '\\n' ' ') >>${there}/${command}.calls
    mkdir ${there}/${command}.taken 2>/dev/null && first=yes
    ;;
esac
hold() { : >${there}/held; while [ -e ${there}/held ]; do sleep 0.05; done; }
PATH=/usr/sbin:/usr/bin:/sbin:/bin
if [ -n "$first" ]; then
  :
  ${before}
fi
if [ -n "$input" ]; then printf '%s' "\${input%.}" | ${real} "$@"; else ${real} "$@" </dev/null; fi
status=$?
if [ -n "$first" ]; then
  :
  ${after}
fi
exit $status
`;
    writeFileSync(join(this.#folder, "bin", command), script, { mode: 0o755 });
    // A shell remembers where it has found a command.
    closeHosts();
    await this.sh(
      `[ -e ${there}/over ] || { cp -a /usr/local/sbin/. ${there}/bin; mount -n --bind ${there}/bin /usr/local/sbin; : >${there}/over; }`,
    );
  }

  /** Every call that a staged command was interested in. */
  callsOf(command: string): string[] {
    const file = join(this.#folder, `${command}.calls`);
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  /** Waits until a staged command holds. */
  async held(): Promise<void> {
    await waitUntil("the staged command to be called", 20, () => existsSync(join(this.#folder, "held")) || undefined);
  }

  release(): void {
    rmSync(join(this.#folder, "held"), { force: true });
  }

  /** Everything is the host's own again. */
  async restore(): Promise<void> {
    this.release();
    await this.sh("[ ! -e /run/staged/over ] || umount -l /usr/local/sbin");
    rmSync(this.#folder, { recursive: true });
    mkdirSync(join(this.#folder, "bin"), { recursive: true });
  }

  /** The processes that serve SSH sessions. */
  async sessions(): Promise<string[]> {
    return (await this.sh(sshSessions)).split("\n").filter((pid) => pid !== "");
  }

  /**
   * Kills the processes that serve the sessions, while what they ran goes on, and waits for another session. Returns what that was
   * asked by then, in round trips.
   */
  async cut(): Promise<number> {
    const costs = () =>
      hostStatistics().find((each) => each.host === this.connection.host) ?? { connections: 0, roundTrips: 0 };
    const { connections, roundTrips } = { ...costs() };
    await this.sh(`kill -9 ${(await this.sessions()).join(" ")}`);
    await waitUntil("another session", 20, () => (costs().connections > connections ? true : undefined));
    return costs().roundTrips - roundTrips;
  }

  async stopSshd(): Promise<void> {
    await this.sh("kill -9 $(cat /run/sshd.pid); rm /run/sshd.pid");
  }

  async startSshd(): Promise<void> {
    await this.sh(`exec "$(command -v sshd)" -f /etc/ssh/lab-sshd-config -E /run/sshd.log`);
    await waitUntil("sshd", 20, async () => ((await this.sh("cat /run/sshd.pid || true")) === "" ? undefined : true));
  }
}

/** A lab for the tests of one file; after each test the host is its own again. */
export const useFaultHost = (
  test: TestFn,
  name: string,
  { uplinks = 2, libvirt = false }: { readonly uplinks?: number; readonly libvirt?: boolean } = {},
  prepare: (on: FaultHost) => Promise<void> = async () => {},
): (() => FaultHost) => {
  let host: FaultHost | undefined;
  test.before(async () => {
    host = new FaultHost(await createLab({ name, hypervisors: 1, uplinks, libvirt }));
    await prepare(host);
  });
  test.afterEach.always(async () => {
    closeHosts();
    await host?.restore();
  });
  test.after.always(async () => {
    await host?.lab.down();
  });
  return () => {
    if (host === undefined) throw new Error("the lab did not start");
    return host;
  };
};
