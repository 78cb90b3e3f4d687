import { attachVf, startDomain } from "./domain.ts";
import { machineTests, uplink } from "./machine.ts";
import { makeVfs, vfAddress } from "./vfs.ts";

const machineTest = machineTests("without-iommu", { iommu: false });

machineTest(
  "vf-iommu: without an IOMMU there are VFs, in no group, and libvirt refuses to hand them over",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const { nic } = await machine.link(uplink);
    t.is(nic?.sriov?.vfs, 1);
    t.is(nic?.iommuGroup, null);
    await startDomain(machine, "one");
    const attach = await attachVf(machine, "one", await vfAddress(machine, 0), "52:54:00:00:00:01");
    t.regex(await machine.refused(attach), /host doesn't support passthrough of host PCI devices/);
    await machine.sh("virsh -q destroy one");
  },
);
