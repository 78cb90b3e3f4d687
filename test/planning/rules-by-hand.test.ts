import { readFileSync } from "node:fs";
import test from "ava";
import { addBridgePort, addMacvtap } from "../../lab/endpoint.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import { rules } from "../../provider/planning/index.ts";
import { labName, labTest } from "../lab/lab-test.ts";

/*
 * Each rule that rejects says that the host would refuse, or misbehave. Here it is done anyway, by hand. A rule without an
 * experiment here, or in the test named, fails this file.
 */

/** They compare what was asked with what was asked, or with what this version makes: no host has a say in it. */
const ofTheRequestAlone = ["mode-asked", "bridge-type", "mode-allowed", "made-by-this-version"];

const sriov = "test/machines/sriov.test.ts";
const vlans = [
  "test/long/vlans.test.ts",
  "vlan-bridge-filters, vlan-carried, vlan-needed, vlan-trunk, vlan-link: what is refused there, done by hand",
] as const;

/** Shown by a test of its own: where, and its title. */
const elsewhere: Readonly<Record<string, readonly [file: string, title: string]>> = {
  "no-bridge-on-reflecting-port": [
    "test/frames/matrix.test.ts",
    "under a reflecting port a Linux bridge loses its own VMs: why the planner refuses it there",
  ],
  "pepa-filter": [
    "test/frames/pepa.test.ts",
    "each part of the filter is needed: without it frames pass, refresh shows it, and up mends it",
  ],
  "pepa-holds-address": [
    "test/frames/pepa.test.ts",
    "no frame passes between a pepa VM and any other of its uplink, whoever lies about its address",
  ],
  "passthrough-alone": [
    "test/frames/passthrough.test.ts",
    "a macvtap in passthrough mode has its uplink for itself, whichever was there first",
  ],
  "passthrough-host-address": [
    "test/frames/passthrough.test.ts",
    "what is sent to the host on an uplink that a macvtap has in passthrough mode goes to the VM",
  ],
  "interface-option": [
    "test/libvirt/libvirt-features.test.ts",
    "isolated: libvirt refuses it where there is no port of a bridge",
  ],
  "vsi-vlan": [
    "test/libvirt/virtualport.test.ts",
    "libvirt asks the uplink for the VLAN, and goes on without one where it is no VLAN link",
  ],
  "vf-sriov": [sriov, "vf-sriov: a NIC without SR-IOV has no attribute to ask for VFs by"],
  "vf-enabled": [
    sriov,
    "vf-enabled: VFs are there once their number is set, which is changed by way of none, up to the total",
  ],
  "vf-free": [sriov, "vf-free: libvirt hands a VF to one domain at a time, and gives it back to its driver"],
  "vf-iommu": [
    "test/long/without-iommu.test.ts",
    "vf-iommu: without an IOMMU there are VFs, in no group, and libvirt refuses to hand them over",
  ],
  "vf-embedded-mode": [sriov, "vf-embedded-mode: igb's embedded switch cannot be made a VEPA"],
  "vf-vlan": [
    "test/machines/vm-on-vf.test.ts",
    "vf-vlan: libvirt hands a VF no trunk, and sets its VLAN anew without a priority",
  ],
  "vlan-bridge-filters": vlans,
  "vlan-carried": vlans,
  "vlan-needed": vlans,
  "vlan-trunk": vlans,
  "vlan-link": vlans,
  "vsi-lldpad": ["test/libvirt/virtualport.test.ts", "without lldpad the domain does not start"],
};

const here = new Set<string>();

let lab: Lab | undefined;
test.after.always(async () => {
  await lab?.down();
});

const host = async (): Promise<Lab> => {
  lab ??= await createLab({ name: labName(), hypervisors: 1, uplinks: 3, libvirt: false });
  return lab;
};

const ip = async (...args: readonly string[]) => (await host()).exec("hv1", ["ip", ...args]);

const shows = (rule: string, title: string, run: Parameters<typeof labTest>[1]): void => {
  here.add(rule);
  labTest(`${rule}: ${title}`, run);
};

shows("link-there", "on a link that is not there the kernel makes no macvtap", async (t) => {
  const { status, stderr } = await ip("link", "add", "link", "eth9", "name", "try", "type", "macvtap", "mode", "vepa");
  t.not(status, 0);
  t.regex(stderr, /Cannot find device|does not exist|No such device/i);
});

shows("uplink-free", "a port of a bridge takes no macvtap, and a NIC with macvtaps is no port", async (t) => {
  await ip("link", "add", "name", "br0", "type", "bridge");
  await ip("link", "set", "dev", "eth1", "master", "br0");
  const macvtap = await ip("link", "add", "link", "eth1", "name", "try", "type", "macvtap", "mode", "vepa");
  t.not(macvtap.status, 0);
  t.regex(macvtap.stderr, /Device or resource busy/);
  await ip("link", "set", "dev", "eth1", "nomaster");
  await ip("link", "add", "link", "eth1", "name", "first", "type", "macvtap", "mode", "bridge");
  const port = await ip("link", "set", "dev", "eth1", "master", "br0");
  t.not(port.status, 0);
  t.regex(port.stderr, /Device or resource busy/);
  await ip("link", "del", "dev", "first");
  await ip("link", "del", "dev", "br0");
});

shows("uplink-bridgeable", "a NIC with macvtaps is no port, and one in a bridge is lost to that bridge", async (t) => {
  await ip("link", "add", "name", "br0", "type", "bridge");
  await ip("link", "add", "name", "br1", "type", "bridge");
  await ip("link", "add", "link", "eth3", "name", "first", "type", "macvtap", "mode", "bridge");
  const port = await ip("link", "set", "dev", "eth3", "master", "br0");
  t.not(port.status, 0);
  t.regex(port.stderr, /Device or resource busy/);
  await ip("link", "del", "dev", "first");

  await ip("link", "set", "dev", "eth3", "master", "br0");
  t.is((await ip("link", "set", "dev", "eth3", "master", "br1")).status, 0);
  t.is((await ip("-j", "link", "show", "master", "br0")).stdout.trim(), "[]");
  await ip("link", "del", "dev", "br0");
  await ip("link", "del", "dev", "br1");
});

shows("mtu-chain", "a macvtap larger than its uplink is refused, a frame larger than its bridge is lost", async (t) => {
  const add = ["link", "add", "link", "eth1", "name", "try", "mtu", "9000", "type", "macvtap", "mode", "vepa"];
  const macvtap = await ip(...add);
  t.not(macvtap.status, 0);
  t.regex(macvtap.stderr, /Invalid argument/);

  await ip("link", "add", "name", "br0", "type", "bridge");
  await ip("link", "set", "dev", "br0", "mtu", "1500", "up");
  const on = await host();
  const [a, b] = [
    await addBridgePort(on, "hv1", { port: "large-a", bridge: "br0" }),
    await addBridgePort(on, "hv1", { port: "small-b", bridge: "br0" }),
  ];
  // The sender's cable is as large as it likes; the receiver's is as its bridge has it.
  for (const link of ["large-a", "large-a-n", "large-a-t"]) await ip("link", "set", "dev", link, "mtu", "9000");
  await untilQuiet([a, b]);
  a.send({ to: b.mac, payload: "small" });
  a.send({ to: b.mac, payload: "large ".repeat(500) });
  const arrived = (await untilQuiet([b])).get(b)?.map(({ payload }) => payload.slice(0, 5));
  t.deepEqual(arrived, ["small"]);
  for (const each of [a, b]) await each.close();
  await ip("link", "del", "dev", "br0");
});

shows(
  "need-served",
  "a guest with a second address behind a macvtap is not heard of again: multiple-macs",
  async (t) => {
    const on = await host();
    const [a, b] = [
      await addMacvtap(on, "hv1", { link: "need-a", uplink: "eth2", mode: "bridge" }),
      await addMacvtap(on, "hv1", { link: "need-b", uplink: "eth2", mode: "bridge" }),
    ];
    const second = "52:54:00:00:0b:02";
    b.send({ to: "ff:ff:ff:ff:ff:ff", from: second, payload: "I am here too" });
    await untilQuiet([a, b]);
    a.send({ to: second, payload: "to the second" });
    a.send({ to: b.mac, payload: "to the first" });
    const arrived = (await untilQuiet([b])).get(b)?.map(({ payload }) => payload);
    t.deepEqual(arrived, ["to the first"]);
    for (const each of [a, b]) await each.close();
  },
);

test("every rule is shown: here, in a test of its own, on a machine, or concerns the request alone", (t) => {
  const shown = [...here, ...ofTheRequestAlone, ...Object.keys(elsewhere)];
  t.deepEqual(rules.map(({ id }) => id).sort(), shown.sort());
  for (const [file, title] of Object.values(elsewhere))
    t.true(readFileSync(file, "utf8").includes(title), `${file}: ${title}`);
});
