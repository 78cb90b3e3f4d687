import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lab/command.ts";
import { startGuest } from "../lab/guest.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { enter } from "../lab/namespace.ts";
import { createStack } from "../lab/stack.ts";
import { median } from "./median.ts";

/** As many NICs as one of the lab's guests has free ports for, less one. */
const nics = 5;

const program = `import { readFileSync } from "node:fs";
import { HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

const { connection, attach } = JSON.parse(readFileSync("host.json", "utf8"));
const uplink = new Uplink("eth1", { host: connection, nic: "eth1" });
const bridge = new HostBridge("fabric", { uplink, type: "ethernet" });
for (let index = 1; index <= attach; index += 1)
  new VmInterface(\`nic-\${index}\`, { bridge, domain: "guest", mode: "vepa" });
`;

const xmlOf = (index: number) => `<interface type="direct">
  <mac address="52:54:00:00:00:${index.toString(16).padStart(2, "0")}"/>
  <source dev="eth1" mode="vepa"/><model type="virtio"/>
</interface>
`;

/** `virsh attach-device` and `detach-device` on the hypervisor itself, one after the other: seconds of one attach. */
const byHand = async (lab: Lab): Promise<number[]> => {
  const hypervisor = lab.namespace("hv1");
  const attached: number[] = [];
  for (let index = 1; index <= nics; index += 1) {
    writeFileSync(join(hypervisor.folder, "run/nic.xml"), xmlOf(index));
    const virsh = (verb: string) =>
      run(enter(hypervisor, ["virsh", verb, "guest", "/run/nic.xml", "--live", "--config"]));
    const begun = performance.now();
    await virsh("attach-device");
    attached.push((performance.now() - begun) / 1000);
    await virsh("detach-device");
  }
  return attached;
};

export interface LiveAttach {
  readonly nics: number;
  /** Of one `virsh attach-device`, on the host itself. */
  readonly virshSeconds: number;
  /** `pulumi up` that attaches all of them to the running guest. */
  readonly upSeconds: number;
  /** `pulumi up` of the same program without them: what all but the attaching takes. */
  readonly emptySeconds: number;
}

/** VM interfaces of a running guest, beside virsh by hand. */
export const measureLiveAttach = async (rounds: number): Promise<LiveAttach> => {
  const lab = await createLab({ name: "bench-live", hypervisors: 1, uplinks: 1 });
  try {
    const guest = await startGuest(lab, "hv1", "guest");
    const virsh = await byHand(lab);
    const host = (attach: number) => JSON.stringify({ connection: lab.hypervisors[0]?.connection, attach });
    const stack = await createStack({ project: "bench-live", program, files: { "host.json": host(0) } });
    const up = async (attach: number): Promise<number> => {
      await stack.write("host.json", host(attach));
      const begun = performance.now();
      await stack.must(["up", "--yes", "--skip-preview", "--suppress-progress"]);
      return (performance.now() - begun) / 1000;
    };
    await up(0);
    const attaching: number[] = [];
    const empty: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      empty.push(await up(0));
      attaching.push(await up(nics));
      await up(0);
    }
    await stack.must(["destroy", "--yes", "--skip-preview"]);
    await stack.remove();
    guest.close();
    return { nics, virshSeconds: median(virsh), upSeconds: median(attaching), emptySeconds: median(empty) };
  } finally {
    await lab.down();
  }
};
