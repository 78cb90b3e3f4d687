import type { ExecutionContext } from "ava";
import { defineGuest, guestNics, putGuestImage, startGuest } from "../../lab/machine/guest.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { attachVf, defineDomain, startDomain } from "./domain.ts";
import { type Machine, machineTests, uplink } from "./machine.ts";
import { makeVfs, vfAddress } from "./vfs.ts";

const machineTest = machineTests("vm-on-vf");
const vm = lifecycle("VmInterface");
const vf0 = `${uplink}v0`;
const [macA, macB] = ["52:54:00:00:00:0a", "52:54:00:00:00:0b"];

/** What a program hands over for one and the same resource, with what is known of the machine now. */
const news = async (machine: Machine, inputs: Properties): Promise<Properties> => {
  const { connection } = machine.lab.hypervisors[0] ?? {};
  const { host } = connection ?? {};
  const seed = `acme/urn:pulumi:dev::shop::VmInterface::web`;
  const of = { kind: "Uplink", host, nic: uplink, reflectiveRelay: "unknown" };
  const bridge = { kind: "HostBridge", host, type: "embedded", uplink: of, mode: "all" };
  const on =
    "vf" in inputs ? { vf: { kind: "SriovVirtualFunction", host, uplink: of, ...Object(inputs.vf) } } : { bridge };
  return { host, connection, seed, hostFacts: await machine.facts(), ...inputs, ...on };
};

const check = async (machine: Machine, inputs: Properties) => vm.check({}, await news(machine, inputs));

const make = async (machine: Machine, inputs: Properties): Promise<Properties> => {
  const { inputs: checked, failures } = await check(machine, inputs);
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return (await vm.create(checked)).state;
};

/** A refresh that looks anew. */
const refreshed = async (state: Properties): Promise<Properties | undefined> => {
  closeHosts();
  return (await vm.read(state))?.inputs;
};

/** The inputs that are not as they were. */
const driftOf = async (state: Properties): Promise<Properties> => {
  const found = (await refreshed(state)) ?? {};
  const drifted = Object.keys(found).filter((name) => JSON.stringify(found[name]) !== JSON.stringify(state[name]));
  return Object.fromEntries(drifted.map((name) => [name, found[name]]));
};

/** Two VFs that nobody has, whatever the test before left: while a domain has one, asking for none waits. */
const freshVfs = async (machine: Machine): Promise<void> => {
  await machine.sh("for name in $(virsh -q list --name); do virsh -q destroy $name || :; done");
  await makeVfs(machine, 2);
};

const vfLine = (machine: Machine, index: number) => machine.sh(`ip link show dev ${uplink} | grep 'vf ${index} '`);
const driverOf = async (machine: Machine, index: number) =>
  machine.sh(`basename "$(readlink /sys/bus/pci/devices/${await vfAddress(machine, index)}/driver)"`);

const refusals = async (
  t: ExecutionContext,
  machine: Machine,
  cases: readonly (readonly [Properties, string, RegExp])[],
) => {
  const before = await snapshotOf(machine.lab, "m1");
  for (const [inputs, property, says] of cases) {
    const [failure] = (await check(machine, inputs)).failures;
    t.is(failure?.property, property, JSON.stringify(inputs));
    t.regex(failure?.reason ?? "", says);
  }
  t.deepEqual(changesBetween(before, await snapshotOf(machine.lab, "m1")), []);
};

machineTest("a VF in the definition drifts and is mended; with the domain undefined it is gone", async (t, machine) => {
  await freshVfs(machine);
  await defineDomain(machine, "web", "");
  const state = await make(machine, { domain: "web", mac: macA, vlan: 7 });
  t.deepEqual(await driftOf(state), {});
  const other = await vfAddress(machine, 1);
  const edit = (script: string) =>
    machine.sh(`virsh dumpxml web --inactive | sed "${script}" >/run/edited.xml; virsh -q define /run/edited.xml`);
  await edit("s/tag id='7'/tag id='8'/");
  t.deepEqual(await driftOf(state), { vlan: 8 });
  const mended = await vm.update(state, state);
  t.deepEqual(await driftOf(mended), {});
  await edit(`/bus='0x01' slot='0x10'/s/function='0x0'/function='0x${other.at(-1)}'/`);
  t.like(await driftOf(state), { realization: { kind: "hostdev", source: other } });
  t.deepEqual(await driftOf(await vm.update(state, state)), {});

  await machine.sh("systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd");
  closeHosts();
  await t.throwsAsync(async () => await vm.read(state), { message: /libvirt on m1 does not answer/ });
  await machine.sh(
    "systemctl start libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd; virsh -q version",
  );
  t.deepEqual(await driftOf(state), {});

  await machine.sh("virsh -q undefine web");
  t.is(await refreshed(state), undefined);
  await t.notThrowsAsync(async () => await vm.delete(state));
});

machineTest(
  "a VF that is somebody's is refused by its holder's name, and the host is as it was",
  async (t, machine) => {
    await freshVfs(machine);
    await startDomain(machine, "holder");
    await machine.sh(await attachVf(machine, "holder", await vfAddress(machine, 0), macB));
    await machine.sh(`ip addr add 198.51.100.7/24 dev ${uplink}v1`);
    const [held, ofHost] = [{ vfIndex: 0 }, { vfIndex: 1 }];
    await refusals(t, machine, [
      [{ vf: held }, "vf", new RegExp(`VF 0 of ${uplink} of m1 is not free: the domain holder`)],
      [{ vf: ofHost }, "vf", /VF 1 of .* is not free: the host itself, as 198\.51\.100\.7/],
      [{ vf: { vfIndex: 2 } }, "vf", /there is no VF 2 on .*: 2 are made/],
      [{ mac: "52:54:00:00:00:0c" }, "bridge", /no VF of .* is free/],
      [{ mac: macB }, "mac", /is the address of the domain holder on/],
    ]);
    await machine.sh(`ip addr del 198.51.100.7/24 dev ${uplink}v1`);
    await machine.sh(`ip link add link ${uplink}v1 name tap0 type macvtap mode passthru`);
    await refusals(t, machine, [[{ vf: ofHost }, "vf", /VF 1 of .* is not free: macvtap tap0/]]);
    await machine.sh("ip link del dev tap0; virsh -q destroy holder");
  },
);

machineTest("what a VF or this NIC can't is refused with what can, and the host is as it was", async (t, machine) => {
  await freshVfs(machine);
  const inHardware = { needs: ["hardware-path"] };
  const bandwidth = { outbound: { averageMbps: 10 } };
  await refusals(t, machine, [
    [{ mode: "vepa" }, "bridge", /by its driver igb, knows VEB alone .*use a bridge of type ethernet for vepa/],
    [{ vlan: { tagged: [7, 8] } }, "vlan", /libvirt refuses a trunk there/],
    [{ vf: { vfIndex: 0, vlan: 7, qos: 3 } }, "vf", /the priority 3, and libvirt sets the VLAN anew/],
    [{ ...inHardware, bandwidth }, "bandwidth", /maxTxRateMbps of its SriovVirtualFunction/],
    [{ ...inHardware, driver: "qemu" }, "driver", /the guest drives the VF by itself/],
    [{ ...inHardware, queues: 2 }, "queues", /the guest drives the VF by itself/],
    [{ filter: "clean-traffic" }, "filter", /frames of a VF do not pass the host/],
  ]);
});

machineTest(
  "a guest that holds on to its VF is told of within the time given, and it goes with the domain",
  async (t, machine) => {
    await freshVfs(machine);
    await startDomain(machine, "hung");
    const state = await make(machine, { domain: "hung", mac: macA, detachTimeoutSeconds: 1 });
    t.is(await driverOf(machine, Number(state.vfIndex)), "vfio-pci");
    await t.throwsAsync(async () => await vm.delete(state), {
      message: /the guest hung on .* has not let go of the NIC 52:54:00:00:00:0a within 1 seconds/,
    });
    await machine.sh("virsh -q destroy hung");
    t.is(await refreshed(state), undefined);
    t.is(await driverOf(machine, Number(state.vfIndex)), "igbvf");
  },
);

machineTest("vf-vlan: libvirt hands a VF no trunk, and sets its VLAN anew without a priority", async (t, machine) => {
  await freshVfs(machine);
  await startDomain(machine, "one");
  const attach = await attachVf(machine, "one", await vfAddress(machine, 0), macA);
  const withVlan = (vlan: string) => machine.sh(`sed -i 's|</source>|</source>${vlan}|' /run/one-nic.xml`);
  await withVlan('<vlan trunk="yes"><tag id="7"/><tag id="8"/></vlan>');
  t.regex(await machine.refused(attach), /vlan trunking is not supported by SR-IOV network devices/);
  await attachVf(machine, "one", await vfAddress(machine, 0), macA);
  await withVlan('<vlan><tag id="7"/></vlan>');
  await machine.sh(`ip link set dev ${uplink} vf 0 vlan 7 qos 3`);
  await machine.sh(attach);
  t.regex(await vfLine(machine, 0), /, vlan 7, spoof/);
  await machine.sh(`virsh -q destroy one; ip link set dev ${uplink} vf 0 vlan 0`);
});

machineTest(
  "a guest gets a VF while it runs, drives it, and lets it go; the VF is then as it was",
  async (t, machine) => {
    await freshVfs(machine);
    await machine.sh(`ip link set dev ${uplink} up`);
    await putGuestImage(machine);
    await defineGuest(machine, "guest");
    await startGuest(machine, "guest");
    const before = await vfLine(machine, 0);

    const state = await make(machine, { domain: "guest", mac: macA, vlan: 7, detachTimeoutSeconds: 60 });
    t.like(state, { realization: { kind: "vf-veb", source: uplink }, vfIndex: 0, device: undefined });
    t.deepEqual(state.virtualFunction, { index: 0, pci: await vfAddress(machine, 0) });
    t.regex(await vfLine(machine, 0), new RegExp(`${macA} .*, vlan 7, `));
    t.is(await driverOf(machine, 0), "vfio-pci");
    t.deepEqual(await driftOf(state), {});
    for (const option of ["", "--inactive"]) {
      t.regex(await machine.sh(`virsh dumpxml guest ${option}`), /<interface type='hostdev' managed='yes'>/);
    }
    await waitUntil("the guest's igbvf", 60, async () => {
      const nics = await guestNics(machine, "guest");
      return nics.some((nic) => nic.includes(`${macA} igbvf`)) ? true : undefined;
    });
    // Made again by one who has lost the state: it is known by its mark.
    t.is((await check(machine, { domain: "guest" })).inputs.vfIndex, 0);
    t.deepEqual((await check(machine, { domain: "guest" })).failures, []);

    await vm.delete(state);
    t.is(await vfLine(machine, 0), before);
    t.is(await driverOf(machine, 0), "igbvf");
    t.notRegex(await machine.sh("virsh dumpxml guest; virsh dumpxml guest --inactive"), /<interface/);
    t.is(await refreshed(state), undefined);
  },
);

machineTest("a guest gets a macvtap on a VF, in a VLAN, and the VF is then as it was", async (t, machine) => {
  const before = await vfLine(machine, 0);
  const inputs = { domain: "guest", mac: macA, vlan: 9, driver: "qemu", detachTimeoutSeconds: 60 };
  const state = await make(machine, inputs);
  t.like(state, { realization: { kind: "vf-passthrough", source: uplink }, vfIndex: 0, allMulticast: true });
  t.like(state.virtualFunction, { index: 0, device: vf0 });
  const macvtap = await machine.link(String(state.device));
  t.like(macvtap, { lower: vf0, macvtapMode: "passthrough", mac: macA });
  t.regex(await vfLine(machine, 0), new RegExp(`${macA} .*, vlan 9, `));
  t.deepEqual(await driftOf(state), {});
  await vm.delete(state);
  t.is(await vfLine(machine, 0), before);
  await machine.sh("virsh -q destroy guest; virsh -q undefine guest");
});
