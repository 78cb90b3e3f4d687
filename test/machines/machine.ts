import test, { type ExecutionContext } from "ava";
import type { CommandResult } from "../../lab/command.ts";
import { createLab, type Lab, type LabConnection, openLab } from "../../lab/lab.ts";
import { missingRequirements } from "../../lab/requirements.ts";
import { observe } from "../../provider/discovery/observe.ts";
import type { Host } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { HostFacts, LinkFacts } from "../../provider/schema/facts.ts";
import { labTestOf } from "../lab/lab-test.ts";

export const machineLabTest = labTestOf(await missingRequirements({ machines: true }));

/** The machine's first NIC with SR-IOV: an igb. */
export const uplink = "enp1s0";

/** A machine of a lab, the only one. */
export class Machine {
  readonly lab: Lab;
  readonly #connection: LabConnection;

  constructor(lab: Lab) {
    const [machine] = lab.hypervisors;
    if (machine === undefined) throw new Error("a lab without machines");
    this.lab = lab;
    this.#connection = machine.connection;
  }

  /** The host as the resources have it, whose connection may be a new one by now. */
  get #host(): Host {
    return openHost(this.#connection);
  }

  attempt(script: string): Promise<CommandResult> {
    return this.lab.exec("m1", ["sh", "-euc", script], { timeout: 120_000 });
  }

  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(script);
    if (status !== 0) throw new Error(`${script}: ${stderr}${stdout}${await this.#evidence()}`);
    return stdout.trim();
  }

  /** What the kernel has said last, and of its links: some of what emulated NICs do has been seen once. */
  async #evidence(): Promise<string> {
    return (await this.attempt("dmesg | tail -n 6; ip -br link")).stdout;
  }

  /** What was said against it; a script that succeeds is an error here. */
  async refused(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.attempt(script);
    if (status === 0) throw new Error(`${script}: not refused`);
    return `${stdout}${stderr}`.trim();
  }

  /** Whatever was done by hand since, nobody told the host's connection. */
  async look(): Promise<void> {
    await this.#host.request({ steps: [{ verb: "read", path: "/proc/version" }], change: "what a test did" });
  }

  async facts(): Promise<HostFacts> {
    await this.look();
    return await observe(this.#host);
  }

  async link(name: string): Promise<LinkFacts> {
    const link = (await this.facts()).links.find((each) => each.name === name);
    if (link === undefined) throw new Error(`no ${name}`);
    return link;
  }
}

/** The lab whose machine the files share, each from where it had booted: `npm test` starts it (tools/test/shared-machine.mjs). */
const shared = process.env.LAB_OF_SHARED_MACHINE;

interface MachineTests {
  /** Whether the machine has one. Default true. */
  readonly iommu?: boolean;
  /** What is ended behind the last test, while the lab is there. */
  readonly ending?: () => Promise<void>;
}

/** Tests of one file on one machine, which is there for the first of them that runs. */
export function machineTests(name: string, { iommu = true, ending }: MachineTests = {}) {
  const isShared = shared !== undefined && iommu;
  const start = async (): Promise<Lab> => {
    if (!isShared) return await createLab({ name, hypervisors: 0, machines: 1, uplinks: 2, iommu });
    const lab = openLab(shared);
    await lab.restore("m1");
    return lab;
  };
  const prepare = async (lab: Lab): Promise<Machine> => {
    const machine = new Machine(lab);
    // No test but one asks it, and every observation would, in two processes a NIC.
    await machine.sh("systemctl stop lldpad.socket lldpad");
    return machine;
  };
  let started: Promise<Machine> | undefined;
  test.after.always(async () => {
    closeHosts();
    // Hooks of a file's own would run beside this one.
    await ending?.();
    if (!isShared) await (await started?.catch(() => undefined))?.lab.down();
  });
  return (title: string, run: (t: ExecutionContext, machine: Machine) => Promise<void>) =>
    machineLabTest(title, async (t) => {
      started ??= start().then(prepare);
      const machine = await started;
      try {
        await run(t, machine);
      } catch (error) {
        // What it left would be the next one's failure, or its wait.
        closeHosts();
        if (isShared) await machine.lab.restore("m1");
        throw error;
      }
    });
}
