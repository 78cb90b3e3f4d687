import { attachVf, startDomain } from "../machines/domain.ts";
import { machineTests, uplink } from "../machines/machine.ts";
import { Resource } from "../machines/resource.ts";
import { makeVfs, vfAddress } from "../machines/vfs.ts";

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

machineTest("a VF without an IOMMU is not given to vfio-pci, and keeps what it had", async (t, machine) => {
  await makeVfs(machine, 1);
  const shown = () => machine.sh(`ip link show dev ${uplink}; readlink /sys/class/net/${uplink}/device/virtfn0/driver`);
  const before = await shown();
  const { ref } = new Resource(machine, "Uplink", "platform").checked(t, { nic: uplink });
  const vf = new Resource(machine, "SriovVirtualFunction", "vf");
  const inputs = { uplink: ref, index: 0, trust: true, driver: "vfio-pci" };
  const says = /VF 0 .* is in no IOMMU group, and vfio-pci takes a device by its group; switch the IOMMU on/;
  t.regex(vf.failures(inputs, await machine.facts())[0]?.reason ?? "", says);
  t.regex((await t.throwsAsync(vf.create(t, inputs)))?.message ?? "", says);
  t.is(await shown(), before);
});
