import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab, LabHypervisor } from "../lab/lab.ts";
import { createStack, type Stack } from "../lab/stack.ts";
import { waitUntil } from "../lab/wait-until.ts";
import { type Picture, pictureScript, readPicture } from "./picture.ts";
import { type Chain, hostsFile, rivalProgram } from "./program.ts";

/**
 * What the host script runs at each step of a change (WHEN INDEX VERB …): it counts, and waits at the step that is waited for; or at the
 * beginning of each request.
 */
const hook = `#!/bin/sh
exec 9</run
flock 9
read -r count </run/nemesis/count
count=$((count + 1))
echo $count >/run/nemesis/count
printf '%s\\n' "$*" | tr '\\n' ' ' | cut -c1-200 >>/run/nemesis/steps
read -r wanted </run/nemesis/wanted
flock -u 9
case "$wanted $1 $2" in "$count "* | 'requests before 0') ;; *) exit 0 ;; esac
: >/run/nemesis/reached
while [ -e /run/nemesis/reached ]; do sleep 0.05; done
`;

/** A hypervisor of the lab, and what is done to it at one of its steps. */
export class NemesisHost {
  readonly lab: Lab;
  readonly hypervisor: LabHypervisor;
  readonly chain: Chain;
  readonly #run: string;
  /** A second stack, of this host alone. */
  readonly rival: Stack;

  constructor(lab: Lab, hypervisor: LabHypervisor, chain: Chain, rival: Stack) {
    this.lab = lab;
    this.hypervisor = hypervisor;
    this.chain = chain;
    this.rival = rival;
    this.#run = join(lab.namespace(hypervisor.name).folder, "run");
  }

  static async of(lab: Lab, hypervisor: LabHypervisor, chain: Chain): Promise<NemesisHost> {
    const files = { "hosts.json": hostsFile([{ hypervisor, chain }]) };
    const rival = await createStack({ project: "rival", program: rivalProgram, files });
    const host = new NemesisHost(lab, hypervisor, chain, rival);
    await host.#prepare();
    return host;
  }

  get name(): string {
    return this.hypervisor.name;
  }

  async attempt(script: string) {
    return await this.lab.exec(this.name, ["sh", "-euc", script]);
  }

  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(script);
    if (status !== 0) throw new Error(`${this.name}: ${script}: ${stderr}`);
    return stdout;
  }

  /** Something of its own to lose, and a small disk below our folders. */
  async #prepare(): Promise<void> {
    writeFileSync(join(this.#run, "hook"), hook, { mode: 0o755 });
    const [first, second, third, fourth] = this.hypervisor.connection.host.split(".");
    const gateway = `${first}.${second}.${third}.${Number(fourth) - 1}`;
    await this.sh(`
      mkdir /run/nemesis /run/network
      echo lo=lo >/run/network/ifstate
      mv /run/hook /run/pulumi-kvm-network.step
      mkdir -p /run/pulumi-kvm-network /etc/pulumi-kvm-network
      mount -t tmpfs -o size=1m,mode=700 tmpfs /run/pulumi-kvm-network
      mount -t tmpfs -o size=1m,mode=700 tmpfs /etc/pulumi-kvm-network
      ip link add foreign type bridge
      ip link set foreign up alias "not ours"
      ip addr add 198.19.250.1/24 dev foreign
      ip addr add 198.19.200.2/24 dev mgmt
      ip -6 addr add 2001:db8:200::2/64 dev mgmt nodad
      ip route add default via ${gateway} dev mgmt metric 50
      ip route add 198.51.100.0/24 dev mgmt table 77`);
    for (const domain of ["off-1", "foreign-1"]) await this.#define(domain);
  }

  async #define(name: string): Promise<void> {
    const nic =
      name === "foreign-1"
        ? "<devices><interface type='bridge'><mac address='52:54:00:00:00:fe'/><source bridge='foreign'/></interface></devices>"
        : "";
    const xml = `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>${nic}</domain>`;
    writeFileSync(join(this.#run, "domain.xml"), xml);
    await this.sh("virsh -q define /run/domain.xml");
  }

  /** The next change's steps are counted from here; at `step`, if there is one, it waits, or at the beginning of each request. */
  expect(step?: number | "requests"): void {
    for (const [file, text] of [
      ["count", "0"],
      ["wanted", String(step ?? -1)],
      ["steps", ""],
    ] as const)
      writeFileSync(join(this.#run, "nemesis", file), text === "" ? "" : `${text}\n`);
    rmSync(join(this.#run, "nemesis/reached"), { force: true });
  }

  /** How many steps were reported until now, of anybody. */
  count(): number {
    return Number(readFileSync(join(this.#run, "nemesis/count"), "utf8"));
  }

  /** What was done, step by step. */
  steps(): string[] {
    return readFileSync(join(this.#run, "nemesis/steps"), "utf8")
      .split("\n")
      .filter((line) => line !== "");
  }

  hasReached(): boolean {
    return readable(join(this.#run, "nemesis/reached"));
  }

  /** It goes on, to where it is to wait next. */
  goOn(): void {
    rmSync(join(this.#run, "nemesis/reached"), { force: true });
  }

  /** It goes on to the end. */
  release(): void {
    writeFileSync(join(this.#run, "nemesis/wanted"), "-1\n");
    this.goOn();
  }

  /** Nothing of ours runs there any more: what is there is what is left. */
  async settled(): Promise<void> {
    await waitUntil(`${this.name}: the host script's processes are over`, 90, async () => {
      // Not this shell itself, which has the pattern among its words.
      const { status } = await this.attempt("pgrep -f 'txn/scrip[t]|IFS= read -r [s]'");
      return status === 1 ? true : undefined;
    });
  }

  /** What tells why nobody gets in. */
  async evidence(): Promise<string> {
    const { stdout, stderr } = await this.attempt(
      "set +e; ls -l /run/pulumi-kvm-network/txn; cat /run/pulumi-kvm-network/txn/said; ip -o addr; ip route; tail -n 20 /run/sshd.log; " +
        "pgrep -af 'txn/script|sshd|IFS= read'; nft list ruleset | head -n 40",
    );
    return `${stdout}${stderr}`;
  }

  async picture(): Promise<Picture> {
    return readPicture(await this.sh(pictureScript));
  }
}

const readable = (path: string): boolean => {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
};
