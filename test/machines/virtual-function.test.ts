import type { ExecutionContext } from "ava";
import { attachVf, defineDomain, sourceOf, startDomain } from "./domain.ts";
import { type Machine, machineTests, uplink } from "./machine.ts";
import { drift, Resource } from "./resource.ts";
import { makeVfs, vfAddress } from "./vfs.ts";

const machineTest = machineTests("virtual-function");
const [vf0, vf1] = [`${uplink}v0`, `${uplink}v1`];

/** The `ref` of an Uplink on the machine's NIC. */
const refOf = (t: ExecutionContext, machine: Machine): unknown =>
  new Resource(machine, "Uplink", "platform").checked(t, { nic: uplink }).ref;

const of = (machine: Machine, name: string) => new Resource(machine, "SriovVirtualFunction", name);

const shown = async (machine: Machine, index: number): Promise<string> => {
  const text = await machine.sh(`ip link show dev ${uplink}`);
  return text.split("\n").find((line) => line.trim().startsWith(`vf ${index} `)) ?? "";
};
const macOfVf = async (machine: Machine, index: number) =>
  (await machine.link(uplink)).nic?.sriov?.functions?.find((vf) => vf.index === index)?.mac;
const driverOf = (machine: Machine, pci: string): Promise<string> =>
  machine.sh(`basename "$(readlink /sys/bus/pci/devices/${pci}/driver)"`);

/** One resource of a program for most tests: two of one program never have the same VF. */
const one = "vf";
const all = { vlan: 5, qos: 3, spoofCheck: false, trust: true, maxTxRateMbps: 100 };
const names = ["mac", ...Object.keys(all), "vlanProtocol", "driver"];

machineTest(
  "what is asked of a VF is set; changed by hand it shows property by property, and the next update mends it",
  async (t, machine) => {
    await makeVfs(machine, 2);
    const before = await shown(machine, 0);
    const resource = of(machine, one);
    const inputs = { uplink: refOf(t, machine), ...all };
    const state = await resource.create(t, inputs, await machine.facts());
    t.like(state, { vfIndex: 0, pciAddress: await vfAddress(machine, 0), device: vf0, vlanProtocol: "802.1Q" });
    t.regex(String(state.mac), /^.[26ae](:..){5}$/);
    const asked = new RegExp(
      `${state.mac} .*vlan 5, qos 3, .*max_tx_rate 100Mbps, spoof checking off, link-state auto, trust on`,
    );
    t.regex(await shown(machine, 0), asked);
    t.is(
      await machine.sh(`cat /sys/class/net/${vf0}/address`),
      String(state.mac),
      "the host's own link has the address as well",
    );
    t.deepEqual(drift(state, await resource.read(state), names), {});

    const byHand = ["mac 52:54:00:00:00:99", "vlan 6 qos 1", "spoofchk on", "trust off", "max_tx_rate 200"];
    await machine.sh(byHand.map((words) => `ip link set dev ${uplink} vf 0 ${words}`).join("\n"));
    const found = await resource.read(state);
    const changed = { mac: "52:54:00:00:00:99", vlan: 6, qos: 1, spoofCheck: true, trust: false, maxTxRateMbps: 200 };
    t.deepEqual(drift(state, found, names), changed);
    // What a second refresh finds is not taken for what was asked.
    const again = await resource.read(found ?? {});
    t.deepEqual(drift(state, again, names), changed);
    await resource.update(t, again ?? {}, inputs);
    t.regex(await shown(machine, 0), asked);
    await resource.delete(state);
    t.is(await shown(machine, 0), before, "originals, not defaults");
  },
);

machineTest(
  "what is left out is left alone, and what is no longer asked for gets back what it was",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const resource = of(machine, one);
    const inputs = { uplink: refOf(t, machine), index: 0 };
    // Right behind the change of their number igb has no link, and takes no rate.
    await resource.create(t, { ...inputs, vlan: 9, qos: 2, maxTxRateMbps: 300 });
    // That was somebody else: no state knows of it, nor does the host.
    await machine.sh("rm -r /run/pulumi-kvm-network/originals");
    const state = await resource.create(t, { ...inputs, maxTxRateMbps: 100, trust: true });
    t.regex(await shown(machine, 0), /vlan 9, qos 2, .*max_tx_rate 100Mbps, spoof checking on.*trust on/);
    const less = await resource.update(t, state, { ...inputs, trust: true });
    t.regex(await shown(machine, 0), /vlan 9, qos 2, .*max_tx_rate 300Mbps, .*trust on/);
    // Somebody else's by now.
    await machine.sh(`ip link set dev ${uplink} vf 0 mac 52:54:00:00:00:77`);
    await resource.delete(less);
    t.regex(await shown(machine, 0), /52:54:00:00:00:77 .*vlan 9, qos 2, .*max_tx_rate 300Mbps, .*trust off/);
  },
);

machineTest("after a lost state a VF gets back what it was before", async (t, machine) => {
  await makeVfs(machine, 1);
  const before = await shown(machine, 0);
  const resource = of(machine, one);
  const inputs = { uplink: refOf(t, machine), index: 0, vlan: 9, qos: 2, trust: true };
  await resource.create(t, inputs);
  await resource.delete(await resource.create(t, inputs));
  t.is(await shown(machine, 0), before);
  t.is(await machine.sh("ls /run/pulumi-kvm-network 2>/dev/null || :"), "");
});

machineTest("what igb refuses is told by name and driver, and nothing half set remains", async (t, machine) => {
  await makeVfs(machine, 1);
  const before = await shown(machine, 0);
  for (const [inputs, says] of [
    [{ minTxRateMbps: 10 }, /driver igb refuses minTxRateMbps 10 \(Invalid argument\): leave that out, or use a NIC/],
    [{ linkState: "disable" }, /driver igb refuses linkState disable \(Operation not supported\)/],
    [
      { vlan: 5, vlanProtocol: "802.1ad" },
      /driver igb refuses vlan 5, qos 0, vlanProtocol 802.1ad \(Protocol not supported\)/,
    ],
  ] as const) {
    const more = { uplink: refOf(t, machine), trust: true, spoofCheck: false, maxTxRateMbps: 100, ...inputs };
    const error = await t.throwsAsync(of(machine, one).create(t, more));
    t.regex(error?.message ?? "", says);
    t.is(await shown(machine, 0), before);
  }
  // It is still of the program, which gives its VF to nobody else.
  const state = await of(machine, one).create(t, { uplink: refOf(t, machine), trust: true });
  t.regex(await shown(machine, 0), /trust on/);
  await of(machine, one).delete(state);
});

machineTest("a VF is picked from the free ones and kept, whoever is free later", async (t, machine) => {
  await makeVfs(machine, 4);
  const pci = await Promise.all([0, 1, 2].map((index) => vfAddress(machine, index)));
  await machine.sh(`ip addr add 198.18.200.1/24 dev ${vf0}`);
  await defineDomain(machine, "off", `<interface type="hostdev" managed="yes">${sourceOf(pci[1] ?? "")}</interface>`);
  const [first, second] = [of(machine, "picked"), of(machine, "picked-too")];
  const inputs = { uplink: refOf(t, machine) };
  const checked = first.checked(t, inputs, await machine.facts());
  t.is(checked.vfIndex, 2);
  const state = await first.create(t, inputs, await machine.facts());
  t.is(state.vfIndex, 2);
  // Without facts, the host is asked at the update.
  const other = await second.create(t, inputs);
  t.is(other.vfIndex, 3);
  await machine.sh(`ip addr flush dev ${vf0}; virsh -q undefine off`);
  for (const facts of [await machine.facts(), undefined]) {
    t.is((await first.update(t, state, inputs, facts)).vfIndex, 2);
    t.is((await second.update(t, other, inputs, facts)).vfIndex, 3);
    t.deepEqual(second.difference(other, second.checked(t, inputs, facts, other)).replaces, []);
  }
  // A state that was lost: what was left on the host is its own.
  t.is((await first.create(t, inputs, await machine.facts())).vfIndex, 2);
  await first.delete(state);
  await second.delete(other);
});

machineTest("an index that is taken or not there is refused, naming who has it", async (t, machine) => {
  await makeVfs(machine, 2);
  const [pci0, pci1] = [await vfAddress(machine, 0), await vfAddress(machine, 1)];
  await startDomain(machine, "running");
  await machine.sh(await attachVf(machine, "running", pci0, "52:54:00:00:00:01"));
  const uplinkRef = refOf(t, machine);
  // Not one of the tests before: what had a VF keeps it.
  const ask = of(machine, "taken");
  const before = await shown(machine, 0);
  for (const [index, says] of [
    [
      0,
      new RegExp(
        `VF 0 \\(${pci0}\\) of enp1s0 of m1 is held by the domain running: give another index, or leave it out`,
      ),
    ],
    [2, /enp1s0 of m1 has VFs 0 to 1, not VF 2: raise numVfs on its Uplink/],
  ] as const) {
    t.regex(ask.failures({ uplink: uplinkRef, index }, await machine.facts())[0]?.reason ?? "", says);
    t.regex((await t.throwsAsync(ask.create(t, { uplink: uplinkRef, index })))?.message ?? "", says);
  }
  t.is(await shown(machine, 0), before);
  await machine.sh(`ip addr add 198.18.200.1/24 dev ${vf1}`);
  t.regex(
    (await t.throwsAsync(of(machine, "none-free").create(t, { uplink: uplinkRef })))?.message ?? "",
    new RegExp(`no VF of enp1s0 of m1 is free \\(VF 0 .*the domain running; VF 1 \\(${pci1}\\): the host itself`),
  );
  await machine.sh(`ip addr flush dev ${vf1}; virsh -q destroy running`);
  await makeVfs(machine, 0);
  t.regex((await t.throwsAsync(ask.create(t, { uplink: uplinkRef, index: 0 })))?.message ?? "", /has no VFs, not VF 0/);
  for (const index of [0, 2]) ask.dropClaim({ uplink: uplinkRef, index }, index);
});

machineTest("a VF goes to vfio-pci and back, without libvirt, and drift of it is mended", async (t, machine) => {
  await makeVfs(machine, 1);
  const pci = await vfAddress(machine, 0);
  const resource = of(machine, one);
  const inputs = { uplink: refOf(t, machine), driver: "vfio-pci" };
  const state = await resource.create(t, inputs, await machine.facts());
  t.is(await driverOf(machine, pci), "vfio-pci");
  t.is(state.device, undefined);
  t.is(state.iommuGroup, Number(await machine.sh(`basename "$(readlink /sys/bus/pci/devices/${pci}/iommu_group)"`)));
  t.deepEqual(resource.failures(inputs, await machine.facts(), state), []);

  await machine.sh("virsh -q nodedev-reattach pci_0000_01_10_0; udevadm settle");
  t.is(await driverOf(machine, pci), "igbvf");
  const found = await resource.read(state);
  t.deepEqual(drift(state, found, names), { driver: "host" });
  await resource.update(t, found ?? {}, inputs);
  t.is(await driverOf(machine, pci), "vfio-pci");

  const hosts = await resource.update(t, state, { ...inputs, driver: "host" });
  t.is(await driverOf(machine, pci), "igbvf");
  t.is(hosts.device, vf0);
  t.is(await machine.sh(`cat /sys/class/net/${vf0}/address`), String(state.mac));
  const again = await resource.update(t, hosts, inputs);
  await resource.delete(again);
  t.is(await driverOf(machine, pci), "igbvf");
  t.is(await machine.sh(`cat /sys/bus/pci/devices/${pci}/driver_override`), "(null)");
  t.is(await machine.sh(`cat /sys/class/net/${vf0}/address`), (await macOfVf(machine, 0)) ?? "");
});

machineTest("a trusted VF whose link is up keeps its address when its driver lets go of it", async (t, machine) => {
  for (const driver of ["host", "vfio-pci"]) {
    await makeVfs(machine, 1);
    // As a network manager does it with each NIC that appears.
    await machine.sh(`ip link set dev ${vf0} up`);
    const resource = of(machine, `trusted-${driver}`);
    const state = await resource.create(t, { uplink: refOf(t, machine), driver, trust: true }, await machine.facts());
    t.is(await macOfVf(machine, 0), String(state.mac));
    t.deepEqual(drift(state, await resource.read(state), names), {});
    await resource.delete(state);
  }
});

machineTest("a VF that the host itself uses is not handed to vfio-pci", async (t, machine) => {
  await makeVfs(machine, 1);
  const pci = await vfAddress(machine, 0);
  const resource = of(machine, one);
  const inputs = { uplink: refOf(t, machine), index: 0 };
  const state = await resource.create(t, inputs);
  await machine.sh(`ip addr add 198.18.200.1/24 dev ${vf0}`);
  const facts = await machine.facts();
  const withDriver = { ...inputs, driver: "vfio-pci" };
  const says =
    /VF 0 .* is held by the host itself, as 198.18.200.1\/24 \(enp1s0v0\), and leaves the host with vfio-pci/;
  t.regex(resource.failures(withDriver, facts, state)[0]?.reason ?? "", says);
  t.regex((await t.throwsAsync(resource.update(t, state, withDriver)))?.message ?? "", says);
  t.regex(
    resource.failures(withDriver, { ...facts, sessionAddress: "198.18.200.1" }, state)[0]?.reason ?? "",
    /VF 0 .* carries the SSH session \(198.18.200.1\): given to a guest it cuts the host off/,
  );
  t.is(await driverOf(machine, pci), "igbvf");
  await machine.sh(`ip addr flush dev ${vf0}`);
  await resource.delete(state);
});

machineTest(
  "a VF in a running domain keeps its MAC and VLAN, and is not restored under the guest",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const pci = await vfAddress(machine, 0);
    const resource = of(machine, one);
    const inputs = { uplink: refOf(t, machine), vlan: 7, driver: "host" };
    const state = await resource.create(t, inputs);
    await startDomain(machine, "guest");
    await machine.sh(
      `cat >/run/vf.xml <<'END'\n${state.interfaceXml}\nEND\nvirsh -q attach-device guest /run/vf.xml --live`,
    );
    t.is(await driverOf(machine, pci), "vfio-pci");
    t.regex(await shown(machine, 0), new RegExp(`${state.mac} .*vlan 7,`));
    t.deepEqual(drift(state, await resource.read(state), names), {}, "libvirt's driver is no drift");
    await resource.update(t, state, { ...inputs, trust: true });
    t.is(await driverOf(machine, pci), "vfio-pci");
    t.regex(
      (await t.throwsAsync(resource.delete(state)))?.message ?? "",
      /is in the running domain guest: detach it first/,
    );
    await machine.sh("virsh -q destroy guest");
    await resource.delete(state);
  },
);

machineTest("a VF that is gone is shown as gone, and deleting it is success", async (t, machine) => {
  await makeVfs(machine, 1);
  const resource = of(machine, one);
  const state = await resource.create(t, { uplink: refOf(t, machine) });
  await makeVfs(machine, 0);
  t.is(await resource.read(state), undefined);
  await resource.delete(state);
});

machineTest(
  "on a NIC that is down a VF is refused, and found again by its address on one that was renamed",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const resource = of(machine, one);
    const inputs = { uplink: refOf(t, machine), trust: true };
    const state = await resource.create(t, inputs);
    await machine.sh(`ip link set dev ${uplink} down`);
    t.regex(
      (await t.throwsAsync(resource.update(t, state, { ...inputs, spoofCheck: false })))?.message ?? "",
      /enp1s0 of m1 is down/,
    );
    await machine.sh(`ip link set dev ${uplink} name lan0; ip link set dev lan0 up`);
    t.deepEqual(drift(state, await resource.read(state), names), {});
    await resource.delete(state);
    t.regex(await machine.sh("ip link show dev lan0"), /trust off/);
    await machine.sh(`ip link set dev lan0 down; ip link set dev lan0 name ${uplink}; ip link set dev ${uplink} up`);
  },
);
