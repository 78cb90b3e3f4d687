import test from "ava";
import { type OwnersProfile, profileWords, profileWordsIn } from "../../provider/persistence/profile-owner.ts";

const path = "/etc/NetworkManager/system-connections/lan.nmconnection";

const of = (text: string, more: Partial<OwnersProfile> = {}) =>
  profileWords("eth1", {
    path,
    text,
    mac: "52:54:00:00:00:01",
    addresses: [],
    clientId: undefined,
    duid: undefined,
    iaid6: undefined,
    metrics: { inet: undefined, inet6: undefined },
    ...more,
  });

/** As `nmcli connection add type ethernet` writes it. */
const dynamic = `[connection]
id=lan
uuid=023239ec-4a61-443f-b82d-acc63a0f78cb
type=ethernet
interface-name=eth1
timestamp=1795850277

[ethernet]

[ipv4]
method=auto

[ipv6]
addr-gen-mode=default
method=auto

[proxy]
`;

const ipv4 = ["[ipv4]", "dhcp-timeout=2147483647"];
const ipv6 = ["[ipv6]", "dhcp-timeout=2147483647", "ra-timeout=2147483647"];

test("what is said of the host's addresses goes to the bridge as it is, and what is the NIC's stays", (t) => {
  const said = of(`# By hand
[connection]
id=lan
type=802-3-ethernet
autoconnect-priority=5
zone=trusted
lldp=1
[802-3-ethernet]
mtu=1400
cloned-mac-address=52:54:00:00:00:01
[ethtool]
feature-gro=false
ring-rx=512
[match]
driver=igb;
[user]
org.example.note=eth1
[ipv4]
address1=192.0.2.2/24,192.0.2.1
address2=192.0.2.3/32
 dns = 192.0.2.1;
route1=198.51.100.0/24,192.0.2.9
route1_options=mtu=1400,table=7
routing-rule1=priority 5 from 192.0.2.0/24 table 7
method=manual
`);
  t.is(said.refused, undefined);
  t.deepEqual(said.bridge, [
    ...["[connection]", "zone=trusted", "[ipv4]", "address1=192.0.2.2/24,192.0.2.1", "address2=192.0.2.3/32"],
    ...[" dns = 192.0.2.1;", "route1=198.51.100.0/24,192.0.2.9", "route1_options=mtu=1400,table=7"],
    ...["routing-rule1=priority 5 from 192.0.2.0/24 table 7", "method=manual", ...ipv4],
  ]);
  t.deepEqual(said.nic, {
    connection: ["lldp=1"],
    ethernet: ["mtu=1400", "cloned-mac-address=52:54:00:00:00:01"],
    ethtool: ["feature-gro=false", "ring-rx=512"],
  });
});

test("a lease is asked for by what the NIC has it by, and routes go by the metric of the NIC's", (t) => {
  const more = {
    clientId: "01:52:54:00:00:00:01",
    duid: "00:04:d7:66",
    iaid6: "2b:50:67:35",
    metrics: { inet: 100, inet6: 101 },
  };
  t.deepEqual(of(dynamic, more).bridge.slice(5), [
    ...["[ipv4]", "route-metric=100", "dhcp-timeout=2147483647", "dhcp-client-id=01:52:54:00:00:00:01"],
    ...["[ipv6]", "route-metric=101", "dhcp-timeout=2147483647", "ra-timeout=2147483647"],
    ...["dhcp-duid=00:04:d7:66", "dhcp-iaid=2b:50:67:35"],
  ]);
});

test("a family that the profile says nothing of is not begun", (t) => {
  t.deepEqual(of("[connection]\nid=lan\n[ipv4]\nmethod=auto\n").bridge, ["[ipv4]", "method=auto", ...ipv4]);
});

test("advertised addresses stay what they are: made of the MAC, or of a secret and the NIC's name", (t) => {
  const made = (...addresses: string[]) => of(dynamic, { addresses }).bridge.slice(7 + ipv6.length);
  t.deepEqual(made("192.0.2.2/24", "2001:db8::5054:ff:fe00:1/64"), ["addr-gen-mode=eui64"]);
  t.deepEqual(made("2001:db8:0:1:fc12:e921:8269:bdcf/64", "2001:db8::1c32/128"), [
    "addr-gen-mode=eui64",
    "token=::fc12:e921:8269:bdcf",
  ]);
  t.deepEqual(made("2001:db8:5::2/64"), ["addr-gen-mode=eui64", "token=::0:0:0:2"]);
  // Two prefixes, one identifier.
  t.is(made("2001:db8:1::1:2:3:4/64", "2001:db8:2::1:2:3:4/64")[1], "token=::1:2:3:4");
  const unfit = of(dynamic, { addresses: ["2001:db8:1::1:2:3:4/64", "2001:db8:2::1:2:3:5/64"] }).unfit;
  t.regex(unfit ?? "", /several advertised prefixes .* ipv6\.addr-gen-mode to eui64/);
  // One that the profile gives is none of them.
  const manual = dynamic.replace("method=auto\n\n[proxy]", "address1=2001:DB8:0::2/64,fe80::1\nmethod=auto\n\n[proxy]");
  t.deepEqual(of(manual, { addresses: ["2001:db8::2/64"] }).bridge.slice(-3), ipv6);
});

for (const [what, lines, refused] of [
  ["who may use it", "[connection]\npermissions=user:me:;", "permissions=user:me:; in [connection]"],
  ["what is begun with it", "[connection]\nsecondaries=x;", "secondaries=x; in [connection]"],
  ["its controller", "[connection]\ncontroller=bond0", "controller=bond0 in [connection]"],
  ["a section of the NIC's own", "[sriov]\ntotal-vfs=4", "the section [sriov]"],
  ["what the NIC proves itself by", "[802-1x]", "the section [802-1x]"],
  ["a setting that is not known", "[ipv4]\nfrobnicate=yes", "frobnicate=yes in [ipv4]"],
  ["a network of its own", "[ipv4]\nmethod=shared", "method=shared in [ipv4]"],
  ["a lease that is given back", "[ipv4]\ndhcp-send-release=true", "dhcp-send-release=true in [ipv4]"],
  ["a MAC that is made up", "[ethernet]\ncloned-mac-address=stable", "cloned-mac-address=stable in [ethernet]"],
  ["a secret", "[ethernet]\nwake-on-lan-password=", "wake-on-lan-password= in [ethernet]"],
  [
    "a rule that names the NIC",
    "[ipv4]\nrouting-rule1=priority 5 iif eth1",
    "routing-rule1=priority 5 iif eth1 in [ipv4]",
  ],
  ["a server behind the NIC", "[ipv6]\ndns=fe80::1%eth1;", "dns=fe80::1%eth1; in [ipv6]"],
  ["a proxy", "[proxy]\nmethod=1", "method=1 in [proxy]"],
] as const) {
  test(`${what} is refused by name`, (t) => {
    const said = of(`${dynamic}${lines}\n`);
    t.is(said.refused, `${refused} of ${path}`);
    t.deepEqual(said.bridge, []);
  });
}

for (const [what, lines, unfit] of [
  [
    "that NetworkManager follows",
    "[.nmmeta]\nnm-generated=true\nexternal=true",
    /networkManager: "none" on the Uplink/,
  ],
  ["that NetworkManager makes up", "[.nmmeta]\nnm-generated=true", /makes up for a NIC without any. Have it keep that/],
  ["that was changed for now", "[.nmmeta]\nshadowed-storage=/etc/x", /changed for the time being alone/],
  ["of the highest priority", "[connection]\nautoconnect-priority = 999", /leaves none above it. Lower it/],
] as const) {
  test(`a profile ${what} is none for a bridge`, (t) => t.regex(of(`${dynamic}${lines}\n`).unfit ?? "", unfit));
}

test("they are found again in the profiles that were made of them, whoever has written those anew", (t) => {
  const bridge = `[ethernet]
cloned-mac-address=52:54:00:00:00:01
mtu=1500

[bridge]
stp=false

[ipv4]
dhcp-timeout=2147483647
method=auto

[connection]
id=pulumi-kvm-network-br0
uuid=6b766d6e-6574-8000-8000-000000000001
zone=trusted
`;
  const port =
    "[connection]\nid=pulumi-kvm-network-eth1\nlldp=1\nmaster=x\n\n[ethernet]\nmtu=1400\n\n[bridge-port]\nhairpin-mode=false\n";
  t.deepEqual(profileWordsIn(bridge, port), {
    bridge: ["[ipv4]", "dhcp-timeout=2147483647", "method=auto", "[connection]", "zone=trusted"],
    nic: { connection: ["lldp=1"], ethernet: ["mtu=1400"] },
  });
});
