import type { Lab, LabHypervisor } from "../lab/lab.ts";
import { createStack, type Stack } from "../lab/stack.ts";
import { waitUntil } from "../lab/wait-until.ts";
import { countSteps, expect, goOn, listSteps, putHook, release, sayOver, untilReached } from "./hook.ts";
import type { Kind } from "./kind.ts";
import { type Picture, pictureScript, readPicture } from "./picture.ts";
import { type Chain, hostsFile, rivalProgram } from "./program.ts";

/** The longest that an operation takes, with all that it waits for. */
const operationSeconds = 1200;

/** What is yet to end mostly waits for a deadline of seconds: a look is some processes. */
const settlingMilliseconds = 300;

const define = (name: string, nic: string): string => `
cat >/run/domain.xml <<'END'
<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>${nic}</domain>
END
virsh -q define /run/domain.xml`;

const foreignNic =
  "<devices><interface type='bridge'><mac address='52:54:00:00:00:fe'/><source bridge='foreign'/></interface></devices>";

/** A hypervisor of the lab, and what is done to it at one of its steps: by no network of its. */
export class NemesisHost {
  readonly lab: Lab;
  readonly hypervisor: LabHypervisor;
  readonly kind: Kind;
  readonly chain: Chain;
  /** A second stack, of this host alone. */
  readonly rival: Stack;
  #isAwaited = false;

  constructor(lab: Lab, hypervisor: LabHypervisor, kind: Kind, chain: Chain, rival: Stack) {
    this.lab = lab;
    this.hypervisor = hypervisor;
    this.kind = kind;
    this.chain = chain;
    this.rival = rival;
  }

  static async of(lab: Lab, hypervisor: LabHypervisor, kind: Kind, chain: Chain): Promise<NemesisHost> {
    const files = { "hosts.json": hostsFile([{ hypervisor, kind, chain }]) };
    const rival = await createStack({ project: "rival", program: rivalProgram, files });
    return new NemesisHost(lab, hypervisor, kind, chain, rival);
  }

  get name(): string {
    return this.hypervisor.name;
  }

  async attempt(script: string, seconds?: number) {
    return await this.lab.outOfBand(this.name, `set -eu\n${script}`, seconds);
  }

  async sh(script: string): Promise<string> {
    const { status, stdout } = await this.attempt(script);
    if (status !== 0) throw new Error(`${this.name}: ${script}: ${stdout}`);
    return stdout;
  }

  /** Something of its own to lose, and little room below our folder; once for all that stand for this hypervisor. */
  async furnish(): Promise<void> {
    const [first, second, third, fourth] = this.hypervisor.connection.host.split(".");
    const gateway = `${first}.${second}.${third}.${Number(fourth) - 1}`;
    await this.sh(
      this.kind.install(`${putHook}${this.kind.furnish}
mkdir -p /run/pulumi-kvm-network
mount -t tmpfs -o size=1m,mode=700 tmpfs /run/pulumi-kvm-network
ip link add foreign type bridge
ip link set foreign up alias "not ours"
ip addr add 198.19.250.1/24 dev foreign
ip addr add 198.19.200.2/24 dev mgmt
ip -6 addr add 2001:db8:200::2/64 dev mgmt nodad
ip route add default via ${gateway} dev mgmt metric 50
ip route add 198.51.100.0/24 via ${gateway} dev mgmt table 77`),
    );
    await this.sh(define("off-1", ""));
    await this.sh(define("foreign-1", foreignNic));
  }

  /** The next change's steps are counted from here; at `step`, if there is one, it waits, or at the beginning of each request. */
  async expect(step?: number | "requests"): Promise<void> {
    await this.sh(expect(step));
  }

  /** Resolves when it waits there; to false when it never will: {@link NemesisHost.over}. */
  async reached(): Promise<boolean> {
    this.#isAwaited = true;
    const { status } = await this.attempt(untilReached, operationSeconds);
    this.#isAwaited = false;
    return status === 0;
  }

  /** Nobody is to wait for it any more. */
  async over(): Promise<void> {
    if (this.#isAwaited) await this.sh(sayOver);
  }

  /** It goes on, to where it is to wait next. */
  async goOn(): Promise<void> {
    await this.sh(goOn);
  }

  /** It goes on to the end. */
  async release(): Promise<void> {
    await this.sh(release);
  }

  /** How many steps were reported until now, of anybody. */
  async count(): Promise<number> {
    return Number(await this.sh(countSteps));
  }

  /** What was done, step by step. */
  async steps(): Promise<string[]> {
    return (await this.sh(listSteps)).split("\n").filter((line) => line !== "");
  }

  /** Nothing of ours runs there any more: what is there is what is left. */
  async settled(): Promise<void> {
    await waitUntil(
      `${this.name}: the host script's processes are over`,
      120,
      async () => {
        // Not this shell itself, which has the pattern among its words. Of a watchdog of systemd's no process waits; one that failed is over.
        const { status } = await this.attempt(`
        if pgrep -f 'txn/scrip[t]|IFS= read -r [s]|--repla[y]' >/dev/null; then exit 1; fi
        [ -z "$(systemctl list-units --plain --no-legend --state=active,activating,deactivating,reloading 'pulumi-kvm-network-*' 2>/dev/null)" ]`);
        return status === 0 ? true : undefined;
      },
      settlingMilliseconds,
    );
  }

  /** What tells why nobody gets in. */
  async evidence(): Promise<string> {
    const { stdout } = await this.attempt(
      "set +e; ls -l /run/pulumi-kvm-network/txn; cat /run/pulumi-kvm-network/txn/said; ip -o addr; ip route; " +
        `${this.kind.log}; pgrep -af 'txn/script|sshd|IFS= read|--replay'; nft list ruleset | head -n 40`,
    );
    return stdout;
  }

  async picture(): Promise<Picture> {
    return readPicture(await this.sh(pictureScript));
  }
}
