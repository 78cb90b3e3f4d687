import { setTimeout as delay } from "node:timers/promises";
import { guestImage } from "../../lab/guest-image.ts";
import { guestXml } from "../../lab/guest-xml.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { Answer, Host, StepResult } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { interfaceGone, lookAtDomain } from "../../provider/libvirt/detach-interface.ts";
import { domainRead, readDomain, type Steps } from "../../provider/libvirt/domain-steps.ts";
import type { InterfaceIdentity } from "../../provider/libvirt/find-interface.ts";
import type { DomainFacts } from "../../provider/schema/facts.ts";

/** A lab of one hypervisor with libvirtd and two bridges, and the way to it that the provider takes. */
export interface Hypervisor {
  readonly lab: Lab;
  readonly host: Host;
  /** Steps that must succeed. */
  change(steps: Steps): Promise<readonly StepResult[]>;
  /** Steps that may fail. */
  attempt(steps: Steps): Promise<Answer>;
  /** Run by hand, not by the provider. */
  byHand(argv: readonly string[], input?: string): Promise<string>;
  /** Define a guest of the lab under any name; its UUID. */
  define(name: string): Promise<string>;
  domain(uuid: string): Promise<DomainFacts>;
  /** Ask until the guest has let go. */
  gone(uuid: string, identity: InterfaceIdentity): Promise<void>;
  close(): Promise<void>;
}

export async function startHypervisor(name: string): Promise<Hypervisor> {
  const lab = await createLab({ name, hypervisors: 1, uplinks: 1 });
  const [hypervisor] = lab.hypervisors;
  if (!hypervisor) throw new Error("the lab has no hypervisor");
  const host = openHost(hypervisor.connection);

  const attempt = (steps: Steps) => host.request({ steps, change: "test" });
  const change = async (steps: Steps) => {
    const { results, failed } = await attempt(steps);
    if (failed !== undefined) throw new Error(`step ${failed}: ${results[failed]?.stderr}`);
    return results;
  };
  const byHand = async (argv: readonly string[], input?: string) => {
    // The lab's standard input is a socket, which virsh can't open by its path; a pipe it can.
    const words = input === undefined ? argv : ["sh", "-c", 'cat | "$@"', "sh", ...argv];
    const { status, stdout, stderr } = await lab.exec("hv1", words, input === undefined ? {} : { input });
    if (status !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
    return stdout;
  };
  for (const bridge of ["br0", "br1"]) {
    await byHand(["ip", "link", "add", bridge, "up", "type", "bridge"]);
  }
  return {
    lab,
    host,
    change,
    attempt,
    byHand,
    define: async (domain) => {
      const escaped = domain.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      const file = domain.replaceAll(/[^a-z0-9]/g, "");
      const xml = guestXml(file, await guestImage(), {}).replace(/<name>.*<\/name>/, () => `<name>${escaped}</name>`);
      await byHand(["mkdir", "-p", "/run/guests"]);
      await byHand(["virsh", "define", "/dev/stdin"], xml);
      return (await byHand(["virsh", "domuuid", `--domain=${domain}`])).trim();
    },
    domain: async (uuid) => domainRead(await change(readDomain(uuid))),
    gone: async (uuid, identity) => {
      const deadline = performance.now() + 20_000;
      for (;;) {
        const [look] = await change(lookAtDomain(uuid));
        if (look && interfaceGone(look, identity)) return;
        if (performance.now() > deadline) throw new Error(`${identity.alias} is still there after 20 s`);
        await delay(50);
      }
    },
    close: async () => {
      closeHosts();
      await lab.down();
    },
  };
}
