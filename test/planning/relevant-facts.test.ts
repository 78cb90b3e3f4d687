import test from "ava";
import {
  findNic,
  masterOf,
  noBridge,
  noUplink,
  passthroughOn,
  relevantFacts,
  uplinkFacts,
} from "../../provider/planning/index.ts";
import type { HostFacts, LinkFacts } from "../../provider/schema/facts.ts";
import { bridgeLink, facts, link } from "./facts.ts";

const virtual = { nic: null, kind: "veth" } as const;
const vfNic = (pci: string) => ({ driver: "igbvf", pci, speedMbps: null, sriov: null, iommuGroup: null });
const functions = [{ index: 0, pci: "0000:3b:10.0", driver: "igbvf" }];

const links: LinkFacts[] = [
  link("eth1", {
    alternativeNames: ["enp1s0"],
    permanentMac: "52:54:00:00:00:11",
    master: "br0",
    nic: {
      driver: "igb",
      pci: "0000:3b:00.0",
      speedMbps: 1000,
      sriov: { totalVfs: 7, vfs: 1, functions },
      iommuGroup: 4,
    },
  }),
  link("eth2", { mac: "52:54:00:00:00:02", nic: { ...vfNic("0000:3b:00.1"), driver: "e1000e" } }),
  link("eth1v0", { mac: "52:54:00:00:00:03", master: "br-vf", nic: vfNic("0000:3b:10.0") }),
  bridgeLink("br0"),
  bridgeLink("br-vf"),
  bridgeLink("br-other"),
  link("bond0", { kind: "bond", mac: "52:54:00:00:00:02", nic: { ...vfNic(""), pci: null, driver: null } }),
  link("eth1.7", { kind: "vlan", lower: "eth1", vlanId: 7, nic: { ...vfNic(""), pci: null, driver: null } }),
  link("m1", { ...virtual, kind: "macvtap", lower: "eth1" }),
  link("m2", { ...virtual, kind: "macvtap", lower: "eth2" }),
  link("tap0", { ...virtual, kind: "tun", master: "br0" }),
  link("tap1", { ...virtual, kind: "tun", master: "br-other" }),
  link("loose", virtual),
];

const hv1: HostFacts = {
  ...facts(links),
  routes: ["eth1", "eth2", "br0", "br-other"].map((device) => ({ destination: "default", device, gateway: null })),
  netdevTables: { t: {} },
  kept: { "/etc/x": "0" },
};

const seen = (concern: Parameters<typeof relevantFacts>[1]) =>
  relevantFacts(hv1, concern).links.map(({ name }) => name);

test("of the links a resource is handed its NIC, what stands on it and below it, and all hardware", (t) => {
  t.deepEqual(seen({ nic: "eth1" }), ["eth1", "eth2", "eth1v0", "br0", "br-vf", "eth1.7", "m1", "tap0"]);
  t.deepEqual(seen({ nic: "enp1s0" }), seen({ nic: "eth1" }), "by its other name too");
  t.deepEqual(seen({ nic: { pci: "0000:3b:00.0" } }), seen({ nic: "eth1" }));
  t.deepEqual(seen({ nic: "eth2" }), ["eth1", "eth2", "eth1v0", "m2"]);
  t.deepEqual(seen({ links: ["br-other", undefined] }), ["eth1", "eth2", "eth1v0", "br-other", "tap1"]);
  t.deepEqual(seen({}), ["eth1", "eth2", "eth1v0"]);
});

test("of what is not there it is handed all that could be meant", (t) => {
  const all = ["eth1", "eth2", "eth1v0", "br0", "br-vf", "br-other", "bond0", "eth1.7"];
  t.deepEqual(seen({ nic: "nope" }), all);
  t.deepEqual(seen({ links: ["nope"] }), all);
});

test("routes are those of its links, and nothing is handed over that grows with the fleet and decides nothing", (t) => {
  const { routes, netdevTables, kept, ...rest } = relevantFacts(hv1, { nic: "eth1" });
  t.deepEqual(
    routes.map(({ device }) => device),
    ["eth1", "br0"],
  );
  t.is(netdevTables, undefined);
  t.is(kept, undefined);
  t.is(rest.hostname, hv1.hostname);
});

test("a NIC is found by its names, its own address, PCI address or driver; what is wrong is told with what there is", (t) => {
  const found = (selector: Parameters<typeof findNic>[1]) => {
    const nic = findNic(hv1, selector);
    return "problem" in nic ? nic.problem : nic.name;
  };
  t.is(found("eth1"), "eth1");
  t.is(found("enp1s0"), "eth1");
  t.is(found({ mac: "52:54:00:00:00:11" }), "eth1");
  t.is(found({ mac: "52:54:00:00:00:02" }), "eth2", "not the bond that borrows the address");
  t.is(found({ pci: "0000:3b:00.1" }), "eth2");
  t.is(found({ driver: "e1000e" }), "eth2");
  const nics = "eth1, eth2, eth1v0, bond0, eth1.7";
  t.is(found("nope"), `there is no NIC nope on hv1; its NICs are: ${nics}`);
  t.is(found({ driver: "mlx5" }), `there is no NIC {"driver":"mlx5"} on hv1; its NICs are: ${nics}`);
  const twice = facts([link("a"), link("b")]);
  t.deepEqual(findNic(twice, { driver: "igb" }), {
    problem: '{"driver":"igb"} matches several NICs of hv1: a, b; choose one by name, MAC or PCI address',
  });
  t.deepEqual(findNic(facts([]), "eth1"), { problem: "there is no NIC eth1 on hv1; its NICs are: none" });
});

test("an uplink or a bridge that is not there is told with those that are", (t) => {
  t.is(noUplink(hv1, "x"), "there is no uplink x on hv1; its NICs are: eth1, eth2, eth1v0, bond0, eth1.7");
  t.is(noBridge(hv1, "x"), "there is no bridge x on hv1; its bridges are: br0, br-vf, br-other");
  t.is(noUplink(facts([]), "x"), "there is no uplink x on hv1; its NICs are: none");
  t.is(noBridge(facts([]), "x"), "there is no bridge x on hv1; its bridges are: none");
});

test("who has a NIC is told in words", (t) => {
  const owner = (master: string | null, of: Partial<LinkFacts> = {}) =>
    masterOf(facts([link("eth1"), link("m", { nic: null, ...of })]), link("eth1", { master }));
  t.is(owner(null), undefined);
  t.is(owner("m", { kind: "bridge" }), "a port of the bridge m");
  t.is(owner("m", { kind: "bridge", alias: "ours" }), "a port of the bridge m (ours)");
  t.is(owner("m", { kind: "bond" }), "a member of the bond m");
  t.is(owner("m", { kind: "openvswitch" }), "a port of Open vSwitch");
  t.is(owner("ovs-system"), "a port of Open vSwitch");
  t.is(owner("m", { kind: "team" }), "a port of m");
  t.is(passthroughOn(hv1, link("eth1")), undefined);
});

test("of an uplink is told what its NIC is, who has it and what is on it", (t) => {
  const nic = links[0] as LinkFacts;
  const { supportedModes: _modes, ...told } = uplinkFacts(
    { ...hv1, lldp: { eth1: null }, networkManagers: ["ifupdown"] },
    nic,
  );
  t.deepEqual(told, {
    driver: "igb",
    pci: "0000:3b:00.0",
    speedMbps: 1000,
    mac: "52:54:00:00:00:01",
    mtu: 1500,
    minMtu: 68,
    maxMtu: 9000,
    carrier: true,
    sriov: { totalVfs: 7, vfs: 1 },
    iommuGroup: 4,
    members: [],
    owner: "a port of the bridge br0",
    macvlans: ["macvtap m1"],
    networkManagers: ["ifupdown"],
    lldp: null,
    reflectiveRelay: "unknown",
  });
});
