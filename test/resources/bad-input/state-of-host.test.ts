import test from "ava";
import { observe } from "../../../provider/discovery/observe.ts";
import { openHost } from "../../../provider/host/open-host.ts";
import { lifecycle } from "../../../provider/resources/lifecycle.ts";
import type { Properties } from "../../../provider/resources/resource-kind.ts";
import type { HostFacts } from "../../../provider/schema/facts.ts";
import { domainMacs, foreignMac, useBusyHost } from "./busy-host.ts";
import { ethernet, news, only, type Row, refOf, uplink } from "./given.ts";

const host = useBusyHost();
const factsOfHost = (): Promise<HostFacts> => observe(openHost(host().connection));

/** Wrong on this host: refused by check when it has facts, and at the update when it has none, before anything is touched. */
const wrongHere = (title: string, { kind, inputs, property, says }: Row): void => {
  test.serial(`with facts in preview, without them at the update: ${title}`, async (t) => {
    const of = lifecycle(kind);
    only(t, of.check({}, news(title, inputs(), await factsOfHost())).failures, property, says);

    const { inputs: checked, failures } = of.check({}, news(title, inputs()));
    t.deepEqual(failures, []);
    const error = await t.throwsAsync(of.create(checked));
    t.regex(error?.message ?? "", says);
  });
};

wrongHere("a bridge's MTU above that of a NIC whose MTU nobody manages", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the MTU of 1500 of eth1: raise the Uplink's mtu first/,
});
wrongHere("an endpoint's MTU above that of a NIC whose MTU nobody manages", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "bridge", mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the MTU of 1500 of eth1 on hv1: raise the Uplink's mtu first/,
});
wrongHere("a VM's MTU above that of the bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: refOf("HostBridge", { type: "existing", bridge: "br0" }), domain: "off-1", mtu: 9000 }),
  property: "mtu",
  says: /its MTU of 9000 is above the 1500 of what it sits on .* lower this one/,
});
wrongHere("the MAC of a domain's NIC on the uplink", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth4"), domain: "off-1", mac: domainMacs[0] }),
  property: "mac",
  says: /52:54:00:00:00:11 is the address of the domain web-1 on eth4 of .* already: give /,
});
wrongHere("the MAC of a macvtap on the uplink", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth4"), domain: "off-1", mac: foreignMac }),
  property: "mac",
  says: /52:54:00:00:00:44 is the address of the link by-hand on eth4 of .* already: give /,
});
wrongHere("an endpoint with the MAC of a domain's NIC on the uplink", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth4"), mode: "bridge", mac: domainMacs[1] }),
  property: "mac",
  says: /52:54:00:00:00:12 is the address of the domain web-1 on eth4 of .* already: give /,
});
wrongHere("an endpoint with the name of a link that is there", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth4"), mode: "bridge", name: "by-hand" }),
  property: "name",
  says: /the link by-hand is there on .* was not made by this provider; choose another name, remove it, or set adopt/,
});
wrongHere("a bridge with the name of a link that is there", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), name: "br0" }),
  property: "name",
  says: /the link br0 is there on .* was not made by this provider; choose another name, remove it, or set adopt/,
});
wrongHere("an uplink that does not exist", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth9" }),
  property: "nic",
  says: /there is no NIC eth9 on hv1; its NICs are: .*eth1, eth2/,
});
for (const kind of ["HostBridge", "MacvtapEndpoint"] as const) {
  wrongHere(`a ${kind} on an uplink that does not exist`, {
    kind,
    inputs: () => ({ uplink: uplink("eth9"), ...(kind === "HostBridge" ? {} : { mode: "vepa" }) }),
    property: "uplink",
    says: /there is no uplink eth9 on hv1; its NICs are: .*eth1, eth2/,
  });
}
wrongHere("a VM on an uplink that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth9"), domain: "off-1" }),
  property: "bridge",
  says: /there is no uplink eth9 on hv1; its NICs are: .*eth1, eth2/,
});
wrongHere("an existing bridge that does not exist", {
  kind: "HostBridge",
  inputs: () => ({ type: "existing", bridge: "br7" }),
  property: "bridge",
  says: /there is no bridge br7 on hv1; its bridges are: br0/,
});
wrongHere("an existing bridge that is none", {
  kind: "HostBridge",
  inputs: () => ({ type: "existing", bridge: "by-hand" }),
  property: "bridge",
  says: /by-hand of hv1 is no bridge but of kind macvtap/,
});
wrongHere("a VM on an existing bridge that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: refOf("HostBridge", { type: "existing", bridge: "br7" }), domain: "off-1" }),
  property: "bridge",
  says: /there is no bridge br7 on hv1; its bridges are: br0/,
});
wrongHere("an endpoint on a NIC that is in a bridge", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth3"), mode: "vepa" }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0 and takes no macvtap beside it: attach to that instead, or free eth3/,
});
wrongHere("a bridge of type ethernet on a NIC that is in a bridge", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth3"), type: "ethernet" }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0 and takes no macvtap beside it/,
});
wrongHere("the own switch of a NIC that has none", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "embedded" }),
  property: "uplink",
  says: /eth1 of hv1 has no SR-IOV, and so no switch of its own: use type ethernet or hypervisor/,
});
wrongHere("a VM's macvtap on a NIC that is in a bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth3"), domain: "off-1" }),
  property: "bridge",
  says: /eth3 of hv1 is a port of the bridge br0, .*attach to that bridge \(HostBridge.existing\), or take eth3 out/,
});
wrongHere("a Linux bridge on a NIC that is in another one", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth3") }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0: use HostBridge.existing .*, or free eth3 first/,
});
wrongHere("a Linux bridge on a NIC with macvtaps", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth4") }),
  property: "uplink",
  says: /eth4 of hv1 carries (?=.*macvtap macvtap\d+ of the domain web-1)(?=.*macvtap by-hand).*not both/,
});
wrongHere("a Linux bridge on a NIC with addresses of the host's", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth5") }),
  property: "uplink",
  says: /eth5 of hv1 carries the host's addresses 198.18.200.1\/24.*moveAddresses: true.*use HostBridge.existing .*, or choose another NIC/,
});
wrongHere("a Linux bridge on the NIC that carries the SSH session", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("mgmt") }),
  property: "uplink",
  says: /mgmt of hv1 carries this very SSH session \(198\.\d+\.\d+\.\d+\): .*moveAddresses: true.*use HostBridge.existing/,
});
wrongHere("another address on the bridge that the host is reached by", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("mgmt"), moveAddresses: true, mac: "02:00:00:00:00:09" }),
  property: "mac",
  says: /port security.*acknowledge: \["mac"\]/,
});
wrongHere("taking down the NIC that carries the SSH session", {
  kind: "Uplink",
  inputs: () => ({ nic: "mgmt", up: false }),
  property: "up",
  says: /mgmt carries the SSH session/,
});
const told = { managerId: 11, typeId: 1193047, typeIdVersion: 2 };
wrongHere("a port that the switch is to be told of, without lldpad", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "off-1", mode: "vepa", vsi: told }),
  property: "vsi",
  says: /lldpad does not run on hv1.*install and start lldpad on hv1/,
});
wrongHere("a port that the switch is to be told of, on a NIC that is no VLAN link", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "off-1", mode: "vepa", vsi: told }),
  property: "vsi",
  says: /eth1 of hv1 is no VLAN link: .* give the VLAN \(vlan: 100\), for which a VLAN link is made on it/,
});
wrongHere("a domain that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "web-9" }),
  property: "domain",
  says: /there is no domain web-9 on hv1; its domains are: .*(off-1|web-1)/,
});
wrongHere("a domain whose name is shell and XML", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "$(touch x)`&<b a='\">;--all" }),
  property: "domain",
  says: /there is no domain \$\(touch x\)`&<b a='">;--all on hv1; its domains are: /,
});
test.serial("a resource whose name is shell and XML leaves nothing of that on the host", async (t) => {
  const { inputs, failures } = lifecycle("MacvtapEndpoint").check(
    {},
    news("$(reboot)`<a b='\"/>&;\n#", { uplink: uplink("eth2"), mode: "vepa" }),
  );
  t.deepEqual(failures, []);
  const { state } = await lifecycle("MacvtapEndpoint").create(inputs);
  const name = String(state.name);
  t.regex(name, /^[A-Za-z0-9-]{1,15}$/);
  const alias = await host().run(`cat /sys/class/net/${name}/ifalias`);
  t.regex(alias.trim(), /^pulumi-kvm-network:[A-Za-z0-9_./:@-]+$/);
  await lifecycle("MacvtapEndpoint").delete(state);
});
// The lab's kernel has no bond: the facts of a host that has one are given, as a file of facts gives them to getHost().
test.serial("with facts in preview: a member of a bond", async (t) => {
  const facts = await factsOfHost();
  const eth1 = facts.links.find(({ name }) => name === "eth1");
  if (eth1 === undefined) return t.fail();
  const bonded: HostFacts = {
    ...facts,
    links: [
      ...facts.links.filter((link) => link !== eth1),
      { ...eth1, master: "bond0" },
      { ...eth1, name: "bond0", index: 999, kind: "bond", alternativeNames: [], nic: null },
    ],
  };
  const failures = (kind: string, inputs: Properties) =>
    lifecycle(kind).check({}, news("bonded", inputs, bonded)).failures;
  const member = /eth1 of hv1 is a member of the bond bond0/;
  only(t, failures("Uplink", { nic: "eth1" }), "nic", /eth1 of hv1 is a member of the bond bond0: use the bond as/);
  only(t, failures("HostBridge", { uplink: uplink("eth1") }), "uplink", member);
  only(t, failures("MacvtapEndpoint", { uplink: uplink("eth1"), mode: "vepa" }), "uplink", member);
  only(t, failures("VmInterface", { bridge: ethernet("eth1"), domain: "off-1" }), "bridge", member);
  t.deepEqual(failures("Uplink", { nic: "bond0" }), []);
});
