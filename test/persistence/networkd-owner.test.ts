import test from "ava";
import { networkdWords, networkdWordsIn } from "../../provider/persistence/networkd-owner.ts";

const path = "/etc/systemd/network/10-lan.network";
const of = (text: string, more = {}) => networkdWords("eth1", { files: [{ path, text }], ...more });

test("what is said of the host's addresses goes to the bridge as it is, and what is the NIC's stays", (t) => {
  const said = of(
    `# By hand
[Match]
MACAddress=52:54:00:00:00:01
Driver=igb

[Link]
MTUBytes=1400
RequiredForOnline=routable

[Network]
Address=192.0.2.2/24
 Gateway = 192.0.2.1
; none
LLDP=yes

[Route]
Destination=198.51.100.0/24
Gateway=192.0.2.9
[Route]
Destination=203.0.113.0/24
`,
  );
  t.deepEqual(said.bridge, [
    ...["[Link]", "RequiredForOnline=routable", "[Network]", "Address=192.0.2.2/24", " Gateway = 192.0.2.1"],
    ...["[Route]", "Destination=198.51.100.0/24", "Gateway=192.0.2.9", "[Route]", "Destination=203.0.113.0/24"],
  ]);
  t.deepEqual(said.nic, { Link: ["MTUBytes=1400"], Network: ["LLDP=yes"] });
  t.is(said.refused, undefined);
});

test("drop-ins count behind their file", (t) => {
  const files = [
    { path, text: "[Match]\nName=eth1\n[Network]\nDNS=192.0.2.1\n" },
    { path: `${path}.d/10-more.conf`, text: "[Match]\nName=eth9\n[Network]\nDNS=\nDNS=192.0.2.7\n" },
  ];
  t.deepEqual(networkdWords("eth1", { files }).bridge, [
    "[Network]",
    "DNS=192.0.2.1",
    "[Network]",
    "DNS=",
    "DNS=192.0.2.7",
  ]);
});

test("a lease is asked for with the identity that the NIC has it by", (t) => {
  const text = "[Match]\nName=eth1\n[Network]\nDHCP=yes\n";
  t.deepEqual(of(text, { clientId: "ff38553e2900020000ab11dede0fabf5e9fca3", iaid6: 945110569 }).bridge, [
    ...["[Network]", "DHCP=yes", "[DHCPv4]", "IAID=945110569", "[DHCPv6]", "IAID=945110569"],
  ]);
  // ClientIdentifier=mac: the bridge has the NIC's.
  t.deepEqual(of(text, { clientId: "01525400000001" }).bridge, ["[Network]", "DHCP=yes"]);
});

for (const [what, lines, refused] of [
  ["a link that stands on the NIC", "[Network]\nVLAN=eth1.5", "VLAN=eth1.5 in [Network]"],
  ["a master", "[Network]\nBond=bond0", "Bond=bond0 in [Network]"],
  ["a delegated prefix", "[Network]\nDHCPPrefixDelegation=yes", "DHCPPrefixDelegation=yes in [Network]"],
  ["a section of the NIC's own", "[SR-IOV]\nVirtualFunction=0", "the section [SR-IOV]"],
  ["a setting that is not known", "[DHCPv4]\nFrobnicate=yes", "Frobnicate=yes in [DHCPv4]"],
  [
    "a rule that names the NIC",
    "[RoutingPolicyRule]\nFrom=192.0.2.0/24\nIncomingInterface=eth1",
    "IncomingInterface=eth1 in [RoutingPolicyRule]",
  ],
  ["the NIC's name in a value", "[Network]\nDescription=by eth1, mostly", "Description=by eth1, mostly in [Network]"],
  ["an address made of the NIC's name", "[IPv6AcceptRA]\nToken=prefixstable", "Token=prefixstable in [IPv6AcceptRA]"],
  [
    "a link-local address made of a secret and the NIC's name",
    "[Network]\nIPv6LinkLocalAddressGenerationMode=stable-privacy",
    "IPv6LinkLocalAddressGenerationMode=stable-privacy in [Network]",
  ],
  ["a line that goes on", "[Network]\nDNS=192.0.2.1 \\\n192.0.2.2", "the continued line DNS=192.0.2.1 \\"],
] as const) {
  test(`${what} is refused by name`, (t) => {
    t.is(of(`[Match]\nName=eth1\n${lines}\n`).refused, `${refused} of ${path}`);
  });
}

test("they are found again in the files that were made of them", (t) => {
  const bridge = "# Made by us\n\n[Match]\nName=br0\n\n[Network]\nDHCP=yes\n[DHCPv4]\nIAID=7\n";
  const nic =
    "# Made by us\n\n[Match]\nName=eth1\n\n[Link]\nRequiredForOnline=no\nMTUBytes=1400\n\n[Network]\nBridge=br0\nLLDP=yes\n\n[Bridge]\nHairPin=no\n";
  t.deepEqual(networkdWordsIn(bridge, nic), {
    bridge: ["[Network]", "DHCP=yes", "[DHCPv4]", "IAID=7"],
    nic: { Link: ["MTUBytes=1400"], Network: ["LLDP=yes"] },
  });
});
