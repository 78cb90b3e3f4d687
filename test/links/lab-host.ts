import type { TestFn } from "ava";
import { createLab, type Lab, type LabOptions } from "../../lab/lab.ts";
import { linkFilesStep, readLinks } from "../../provider/discovery/read-links.ts";
import type { Answer, Host, Request, Step } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";

/** One hypervisor of a lab, whose uplinks are given out: a test has one to itself. */
export class LabHost {
  readonly lab: Lab;
  readonly host: Host;
  readonly #uplinks: string[];

  constructor(lab: Lab) {
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) throw new Error("a lab without hypervisors");
    this.lab = lab;
    this.host = openHost(hypervisor.connection);
    this.#uplinks = [...hypervisor.uplinks];
  }

  takeUplink(): string {
    const uplink = this.#uplinks.shift();
    if (uplink === undefined) throw new Error("more tests than uplinks");
    return uplink;
  }

  /** What a test itself does on the host. */
  async sh(script: string): Promise<string> {
    const { status, stdout, stderr } = await this.lab.exec("hv1", ["sh", "-euc", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  }

  change(steps: Request["steps"]): Promise<Answer> {
    return this.host.request({ steps, change: "a test's change" });
  }

  async observe(name: string): Promise<LinkFacts> {
    const show: Step = { verb: "run", argv: ["ip", "-d", "-j", "addr", "show", "dev", name] };
    return readLinks(await this.host.request({ steps: [show, linkFilesStep(name)] }), this.host.name)[0];
  }
}

/** What the step that ended a request said. */
export function refusal({ results, failed }: Answer): string {
  return failed === undefined ? "" : (results[failed]?.stderr ?? "");
}

/** A lab for the tests of one file: it is there when they run, and gone afterwards. */
export function useLabHost(
  test: TestFn,
  name: string,
  options: Pick<LabOptions, "uplinks" | "lldp" | "libvirt">,
): () => LabHost {
  let labHost: LabHost | undefined;
  test.before(async () => {
    labHost = new LabHost(await createLab({ name, hypervisors: 1, libvirt: false, ...options }));
  });
  test.after.always(async () => {
    closeHosts();
    await labHost?.lab.down();
  });
  return () => {
    if (labHost === undefined) throw new Error("the lab did not start");
    return labHost;
  };
}
