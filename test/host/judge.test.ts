import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import type { Request } from "../../provider/host/host.ts";
import { hostScript } from "../../provider/host/script/host-script.ts";
import { attachInterface } from "../../provider/libvirt/attach-interface.ts";
import { detachInterface } from "../../provider/libvirt/detach-interface.ts";
import { lookAtNetwork, redefineNetwork, removeNetwork } from "../../provider/libvirt/network-steps.ts";
import { updateInterface } from "../../provider/libvirt/update-interface.ts";
import { asking, lookAtEvb, setEvb } from "../../provider/links/evb.ts";
import { changeHairpin } from "../../provider/links/hairpin-ports.ts";
import {
  type HostAddresses,
  moveHostAddresses,
  moveSettings,
  showHostAddresses,
} from "../../provider/links/host-addresses.ts";
import {
  bridgeBehindPort,
  createBridge,
  portAtBoot,
  releaseUplink,
  removeBridge,
} from "../../provider/links/linux-bridge.ts";
import { changeMacvtap, createMacvtap, guardMacvtap, undoMacvtap } from "../../provider/links/macvtap.ts";
import { lookForNeighbour, showNeighbour } from "../../provider/links/neighbour.ts";
import { changeNic, nicAtBoot } from "../../provider/links/nic.ts";
import { lookAtNicMode, nicModes } from "../../provider/links/nic-modes.ts";
import { addPepaFilter, removePepaFilter } from "../../provider/links/pepa-filter.ts";
import { changePortVlans } from "../../provider/links/port-vlans.ts";
import { relayProbe } from "../../provider/links/relay-probe.ts";
import { giveToGuests, giveToGuestsAtBoot, giveToHost } from "../../provider/links/vf-driver.ts";
import { changeVf } from "../../provider/links/virtual-function.ts";
import { createVlanLink, removeVlanLink } from "../../provider/links/vlan-link.ts";
import { interfacesPaths, stagedInterfaces } from "../../provider/persistence/ifupdown.ts";
import type { KeptFile } from "../../provider/persistence/kept-file.ts";
import type { Lasting } from "../../provider/persistence/lasting.ts";
import { managerFiles } from "../../provider/persistence/manager-files.ts";
import { profileOf, profilePaths, stagedProfiles } from "../../provider/persistence/network-manager-bridge.ts";
import { hostBridgeFiles, stagedBridge } from "../../provider/persistence/networkd.ts";
import { macvtapModes } from "../../provider/schema/facts.ts";
import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";
import { type NetworkManager, networkManagers } from "../../provider/schema/network-manager.ts";
import { interfaceSpec } from "../libvirt/interface-spec-arbitrary.ts";
import { facts, link } from "../planning/facts.ts";

/** Where the host's owner has told networkd of his NIC. */
const owners = mkdtempSync(join(tmpdir(), "judge-networkd-"));
test.after.always(() => rmSync(owners, { recursive: true }));
mkdirSync(join(owners, "10-lan.network.d"));
const ownersText = `[Match]
Driver=igb

[Network]
  Address = 192.0.2.2/24
DNS=192.0.2.1#dns.example.net
Domains=~example.net "a b"
LLDP=yes
`;
writeFileSync(join(owners, "10-lan.network"), ownersText);
writeFileSync(join(owners, "theirs"), "[DHCPv4]\nUserClass=$(id) `id` \\x\n");
symlinkSync(join(owners, "theirs"), join(owners, "10-lan.network.d/10-dhcp.conf"));
writeFileSync(join(owners, "20-secret.netdev"), "[WireGuard]\nPrivateKey=secret\n");

/** And NetworkManager. */
const profiles = mkdtempSync(join(tmpdir(), "judge-profiles-"));
test.after.always(() => rmSync(profiles, { recursive: true }));
writeFileSync(
  join(profiles, "Wired connection 1.nmconnection"),
  `[connection]
id=lan
zone=trusted
permissions=user:root:;

[ethernet]
wake-on-lan-password=secret
auto-negotiate=true

[ethtool]
feature-gro=false

[802-1x]
password=secret

[ipv4]
address1=192.0.2.2/24,192.0.2.1
route1=198.51.100.0/24,192.0.2.9
route1_options=mtu=1400
 dns = 192.0.2.1;$(id);
method=manual

[vpn-secrets]
address7=secret

 [ipv4]\t
dns-search=example.net
[ipv4]\r
may-fail=false
`,
);

/** And ifupdown. */
const interfaces = join(owners, "interfaces");
writeFileSync(
  interfaces,
  `auto eth1
iface eth1 inet static
\taddress 192.0.2.2/24
  up ip route add 198.51.100.0/24 via 192.0.2.9
  pre-up echo a \\
  dns-nameservers\t192.0.2.1
  wpa-psk secret
  mtu 1400
  # up reboot
`,
);

/** The script as it is, but for what it does with a step that it lets through; a VF is whatever could be one. */
const judging = hostScript
  .replace(/\nserve\n$/, '\ndo_step() { :; }\njudge_vf() { judge_pci "$1"; }\nserve\n')
  .replace(/^networkd_folders=.*$/m, `networkd_folders='/none ${owners}'`)
  .replace(/^interfaces_files\(\) .*$/m, `interfaces_files() { echo '${interfaces}'; }`)
  .replace(/^profile_folders=.*$/m, `profile_folders='/none ${profiles}'`);

/** The same as a transaction's change. */
const judgingGuarded = judging.replace("guard= ", "guard=/ ");

/** What is said of each request: nothing, or which step is refused. */
const refusals = (sh: string, requests: readonly Request["steps"][], script = judging): (string | undefined)[] => {
  const [program = "", ...options] = sh.split(" ");
  const input = `nonce\n${requests.map((steps, index) => encodeRequest("hv1", index + 1, { steps })).join("")}`;
  const { stdout } = spawnSync(program, [...options, "-c", script, "sh", ""], {
    input,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  const answers = stdout.split(/^nonce \d+ ?(.*)\n/m).slice(0, -1);
  const said = requests.map((_, index) =>
    answers[2 * index + 1] === "refused" ? answers[2 * index]?.replace(/^nonce hello .*\n/, "") : undefined,
  );
  return answers.length === 2 * requests.length ? said : requests.map(() => `no answer: ${stdout.slice(-200)}`);
};

const shells = ["dash", "bash --posix", "busybox sh"] as const;

const nic = link("eth1", { mtu: 1500, mac: "52:54:00:00:00:01", ipv6Disabled: false });
const mark = "pulumi-kvm-network:acme/net/prod:web-1@0a1b2c";
const wanted = { name: "br-lan", alias: mark, stp: true, vlanFiltering: true, port: { hairpin: true, isolated: true } };
const vlanned = { ...wanted, port: { vlan: { pvid: 10, tagged: [11, "20-30" as const] } } };
const macvtap = { name: "ep0", lower: "eth1.100", mode: "private", mac: nic.mac, alias: mark, mtu: 1400 } as const;
const endpoint = { uplink: "eth1.100", name: "ep0", mac: nic.mac, mark };
const vf = { pci: "0000:3b:10.2", driver: "iavf", driverOverride: null };
const bridgePort = { hairpin: false, isolated: false };

const nonce = "0123456789abcdef0123456789abcdef";

/** Addresses and routes with all that can be said of them. */
const onHost: HostAddresses = {
  addresses: [
    {
      family: "inet",
      local: "192.0.2.2",
      prefixlen: 24,
      broadcast: "192.0.2.255",
      scope: "global",
      label: "eth1:1",
      metric: 5,
      noprefixroute: true,
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    },
    {
      family: "inet",
      local: "192.0.2.3",
      address: "192.0.2.4",
      prefixlen: 32,
      scope: "link",
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    },
    {
      family: "inet6",
      local: "2001:db8::2",
      prefixlen: 64,
      scope: "global",
      mngtmpaddr: true,
      valid_life_time: 3600,
      preferred_life_time: 1800,
    },
  ],
  routes: [
    {
      type: "unicast",
      dst: "default",
      gateway: "192.0.2.1",
      table: "main",
      protocol: "static",
      scope: "global",
      metric: 50,
      prefsrc: "192.0.2.2",
      flags: ["onlink"],
      metrics: [{ mtu: 1400, advmss: 1360 }],
    },
    {
      type: "unicast",
      dst: "198.51.100.0/24",
      via: { family: "inet6", host: "fe80::1" },
      table: "77",
      protocol: "bgp",
      flags: [],
    },
    {
      type: "unicast",
      dst: "default",
      gateway: "fe80::1",
      table: "main",
      protocol: "ra",
      pref: "medium",
      expires: 1800,
      flags: [],
    },
  ],
  destinations: [],
  settings: ["1", "2", undefined],
};

const moving = (from: string, to: string) => ({
  settings: moveSettings(onHost, to),
  lines: moveHostAddresses(onHost, from, to),
});

const links: Readonly<Record<string, Request["steps"]>> = {
  "a Linux bridge": createBridge(wanted, nic),
  "a Linux bridge that filters VLANs": createBridge(vlanned, nic),
  "a bridge's port at boot": portAtBoot(vlanned, "eth1"),
  "a bridge that its port has made": bridgeBehindPort(vlanned, "eth1"),
  "stanzas of /run that go": interfacesPaths("br-lan").map((path) => ({ verb: "forget", path })),
  "a bridge that goes": removeBridge(wanted, { ...nic, master: "br-lan" }, { ipv6Disabled: false }),
  "VLANs of a port": changePortVlans("eth1", { pvid: 0, tagged: ["1-4094"] }, undefined),
  "ports that reflect": changeHairpin([link("tap0", { master: "br-lan", bridgePort })], ["tap0"], []),
  "a macvtap": createMacvtap({ ...macvtap, up: true, allMulticast: true }),
  "a macvtap that differs": changeMacvtap(link("ep0", { macvtapMode: "vepa", ipv6Disabled: false }), {
    ...macvtap,
    up: true,
    allMulticast: true,
    alias: 'with "quotes" and more',
  }),
  "a macvtap of libvirt's": guardMacvtap({ name: "ep0", allMulticast: false }),
  "a macvtap that is undone": undoMacvtap(macvtap),
  "a VLAN link": createVlanLink({ name: "eth1.100", alias: mark, uplink: "eth1", id: 100, mtu: 1400 }),
  "a VLAN link that goes": removeVlanLink({ name: "eth1.100", alias: mark }),
  "a NIC": changeNic(nic, { mtu: 9000, up: true }),
  "a NIC at boot": nicAtBoot(
    { name: "eth1", pci: "0000:3b:00.0" },
    { mtu: 9000, up: true, numVfs: 4, embeddedSwitch: "vepa", eswitchMode: "legacy", sourcePruning: false },
  ),
  "a NIC's modes": nicModes.map((mode) => lookAtNicMode({ name: "eth1", pci: "0000:3b:00.0" }, mode)),
  "a VF": changeVf(
    "eth1",
    3,
    {},
    {
      mac: nic.mac,
      vlan: 100,
      qos: 3,
      vlanProtocol: "802.1ad",
      spoofCheck: false,
      trust: true,
      minTxRateMbps: 10,
      maxTxRateMbps: 100,
      linkState: "enable",
    },
  ).map(({ step }) => step),
  "a VF for guests, and back": [...giveToGuests(vf), ...giveToGuestsAtBoot(vf.pci, "iavf"), ...giveToHost(vf, "iavf")],
  "a pepa filter": [addPepaFilter(endpoint), ...removePepaFilter(endpoint)],
  "lldpad's settings": [
    ...lookAtEvb("eth1"),
    ...setEvb("eth1", { adminStatus: "disabled", evbmode: "bridge", evbrrreq: "no", enableTx: "no" }, asking),
  ],
  "a probe of the switch": relayProbe("eth1"),
  "a look at the host's addresses": showHostAddresses("eth1"),
  "a look at who gives the host its addresses": [{ verb: "facts", link: "eth1", of: "network" }],
  "profiles of /run that go": profilePaths("br-lan", "eth1").map((path) => ({ verb: "forget", path })),
  "network managers told of their files": [
    { verb: "reload", manager: "NetworkManager" },
    { verb: "reload", manager: "systemd-networkd", link: "br-lan" },
    { verb: "reload", manager: "systemd-networkd" },
  ],
  "files of /run that go": hostBridgeFiles("br-lan", "eth1").netdevs.map((path) => ({ verb: "forget", path })),
  "what was there before": [
    {
      verb: "remember",
      key: nonce,
      text: '{"original":{"mtu":1500,"up":true,"evb":{"evbmode":"a (new) one"}},"pciAddress":"0000:3b:10.2"}',
    },
    { verb: "recall", key: nonce },
    { verb: "remember", key: nonce },
  ],
  "what the next boot is to prove": [
    { verb: "guard", seconds: 60, links: ["eth1", "br-lan"], made: ["br-lan"] },
    { verb: "guard", seconds: 600, links: ["eth1"], made: [] },
  ],
  "a gateway": [showNeighbour("fe80::1", "br-lan"), ...lookForNeighbour("192.0.2.1", "br-lan")],
  "what is larger than a packet": [{ verb: "read", path: "/run/pulumi-kvm-network/txn/script" }],
  "a transaction": [
    {
      verb: "transaction",
      act: "begin",
      nonce,
      seconds: 60,
      owner: mark,
      links: ["eth1"],
      made: ["br-lan"],
      request: "request 1\nend\n",
    },
    ...(["proceed", "outcome", "commit", "revert", "close"] as const).map(
      (act) => ({ verb: "transaction", act, nonce }) as const,
    ),
  ],
};

const ofOwner = {
  bridge: [
    "[IPv6AcceptRA]",
    "[Network]",
    "  Address = 192.0.2.2/24",
    "DNS=192.0.2.1#dns.example.net",
    'Domains=~example.net "a b"',
    "[DHCPv4]",
  ].concat(["UserClass=$(id) `id` \\x", "[DHCPv4]", "IAID=4294967295", "[DHCPv6]", "IAID=0"]),
  nic: { Link: ["MTUBytes=1400"], Network: ["LLDP=yes"] },
};

/** A bridge that networkd gives the host's addresses. */
const managed = {
  what: "bridge",
  name: "br-lan",
  nic: "eth1",
  mac: nic.mac,
  mtu: 1400,
  settings: settledBridge({}),
  port: { hairpin: false, isolated: false },
  vlans: { defaultPvid: 1, pvid: 1, tagged: ["2-4094"] },
  owners: ofOwner,
} as const;

/** The same of NetworkManager. */
const managedProfile = {
  ...managed,
  owners: {
    bridge: [
      "[connection]",
      "zone=trusted",
      "[ipv4]",
      "address1=192.0.2.2/24,192.0.2.1",
      " dns = 192.0.2.1;$(id);",
    ].concat(
      ["method=manual", "route1_options=mtu=1400", "[ipv4]", "dns-search=example.net", "[ipv4]", "may-fail=false"],
      ["[ipv4]", "route-metric=100", "dhcp-timeout=2147483647"],
      ["dhcp-client-id=01:52:54:00:00:00:01", "[ipv6]", "dhcp-timeout=2147483647", "ra-timeout=2147483647"],
      ["dhcp-duid=00:04:d7:66", "dhcp-iaid=2b:50:67:35", "addr-gen-mode=eui64", "token=::fc12:e921:8269:bdcf"],
    ),
    nic: { ethernet: ["auto-negotiate=true"], ethtool: ["feature-gro=false"] },
    profile: "023239ec-4a61-443f-b82d-acc63a0f78cb",
  },
} as const;

/** The same of ifupdown. */
const managedStanza = {
  ...managed,
  owners: {
    bridge: [
      "auto br-lan",
      "allow-hotplug br-lan",
      "iface br-lan inet static",
      "    address 192.0.2.2/24",
      "    up ip route add 198.51.100.0/24 via 192.0.2.9",
      "    dns-nameservers\t192.0.2.1",
      "iface br-lan inet dhcp",
      "    metric 1006",
      "iface br-lan inet6 auto",
      "iface br-lan inet6 static",
    ],
    nic: { iface: ["    mtu 1400"] },
  },
} as const;

/** What is done by a transaction alone. */
const guarded: Readonly<Record<string, Request["steps"]>> = {
  "a bridge that the host's addresses move to": createBridge(wanted, nic, moving("eth1", "br-lan")),
  "a bridge that gives them back": releaseUplink(wanted, "eth1", moving("br-lan", "eth1"), { ipv6Disabled: false }),
  "files that networkd has for a while": Object.values(stagedBridge(managed))
    .flat()
    .map((file) => ({ verb: "stage", ...file })),
  "files that networkd is to leave": hostBridgeFiles("br-lan", "eth1").networks.map((path) => ({
    verb: "aside",
    path,
  })),
  "profiles that NetworkManager has for a while": stagedProfiles(managedProfile).map((file) => ({
    verb: "stage",
    ...file,
  })),
  "profiles that NetworkManager is to leave": profilePaths("br-lan", "eth1").map((path) => ({ verb: "aside", path })),
  "a stanza that ifupdown has for a while": [{ verb: "stage", ...stagedInterfaces(managedStanza) }],
  "stanzas that ifupdown is to leave": interfacesPaths("br-lan").map((path) => ({ verb: "aside", path })),
  "links that ifupdown takes down and brings up": [
    { verb: "ifdown", link: "eth1" },
    { verb: "ifup", link: "eth1", logical: "pulumi-kvm-network-eth1" },
    { verb: "ifup", link: "br-lan", logical: "br-lan", as: "eth1" },
  ],
  "profiles that are activated": [
    { verb: "activate", link: "eth1", profile: profileOf("eth1"), bridge: "br-lan" },
    {
      verb: "activate",
      link: "eth1",
      profile: managedProfile.owners.profile,
      metrics: { inet: 100, inet6: undefined },
      mayFail: true,
    },
  ],
};

const lasting: readonly Lasting[] = [
  { what: "nic", nic: "eth1", mtu: 9000, numVfs: 4 },
  {
    what: "bridge",
    name: "br-lan",
    nic: "eth1",
    mac: nic.mac,
    mtu: 1500,
    settings: {
      stp: true,
      forwardDelaySeconds: 2,
      helloTimeSeconds: 1,
      maxAgeSeconds: 6,
      priority: 4096,
      ageingSeconds: 300,
      multicastSnooping: false,
    },
    port: { hairpin: true, isolated: false },
    vlans: { defaultPvid: 0, pvid: 10, tagged: [11, "20-30"] },
  },
  {
    what: "vf",
    nic: "eth1",
    index: 3,
    mac: nic.mac,
    vlan: 100,
    qos: 3,
    vlanProtocol: "802.1ad",
    spoofCheck: false,
    trust: true,
    linkState: "disable",
  },
  { what: "endpoint", name: "ep0", of: "web-1" },
];

/** With the host's addresses each is told in its own words. */
const lastingWith = (manager: NetworkManager): readonly Lasting[] => {
  if (manager === "systemd-networkd") return [...lasting, managed];
  if (manager === "NetworkManager") return [...lasting, managedProfile];
  return manager === "ifupdown" ? [...lasting, managedStanza] : lasting;
};

const configured = facts([
  { ...nic, configuredBy: { link: "/usr/lib/systemd/network/99-default.link" }, addresses: [] },
]);

const keep = (file: KeptFile): Request["steps"] => [{ verb: "keep", ...file }];

for (const sh of shells) {
  test(`${sh}: what the provider asks of links is let through`, (t) => {
    const said = refusals(sh, Object.values(links));
    for (const [index, name] of Object.keys(links).entries()) t.is(said[index], undefined, name);
  });

  test(`${sh}: what a transaction alone may do is let through there, and nowhere else`, (t) => {
    for (const [index, name] of Object.keys(guarded).entries()) {
      const steps = Object.values(guarded);
      t.is(refusals(sh, steps, judgingGuarded)[index], undefined, name);
      t.regex(
        refusals(sh, steps)[index] ?? "",
        /^(set \/proc\/sys\/net|run ip|ip|stage|aside|activate|ifup|ifdown) /,
        name,
      );
    }
    const nested: Request["steps"] = [{ verb: "transaction", act: "outcome", nonce }];
    const keeping: Request["steps"] = [{ verb: "keep", path: "/etc/pulumi-kvm-network/links/eth1/x", text: "set\n" }];
    const guarding: Request["steps"] = [{ verb: "guard", seconds: 60, links: ["eth1"], made: [] }];
    const clearing: Request["steps"] = [{ verb: "clear", owner: mark }];
    const noting: Request["steps"] = [{ verb: "remember", key: nonce }];
    const asked = [nested, keeping, guarding, noting, clearing];
    t.deepEqual(
      refusals(sh, asked),
      asked.map(() => undefined),
    );
    for (const said of refusals(sh, asked, judgingGuarded))
      t.regex(said ?? "", /^(transaction|keep|guard|remember|clear) /);
  });

  test(`${sh}: of a transaction's notes the script alone is read, and a carrier is waited for a few seconds`, (t) => {
    const asked: Request["steps"][] = [
      { verb: "read", path: "/run/pulumi-kvm-network/txn/owner" } as const,
      { verb: "read", path: "/run/pulumi-kvm-network/txn/../txn/script" } as const,
      ...["../x", "", "all conf"].map((link) => ({ verb: "carrier", link, seconds: 1 }) as const),
      ...[0, 10, -1, 1.5].map((seconds) => ({ verb: "carrier", link: "eth1", seconds }) as const),
    ].map((step) => [step]);
    for (const [index, said] of refusals(sh, asked).entries()) t.regex(said ?? "", /^(read|carrier) /, String(index));
  });

  test(`${sh}: what was there before is a line of JSON below a name of digits`, (t) => {
    const texts = ["x", "{}\n{}", "{\u0007}", "{\u00e9}", `{${"x".repeat(2000)}}`];
    const asked: Request["steps"][] = [
      ...["", "../../etc/shadow", nonce.slice(1), `${nonce}0`, nonce.toUpperCase().replace("0", "G")].flatMap((key) => [
        { verb: "recall", key } as const,
        { verb: "remember", key, text: "{}" } as const,
        { verb: "remember", key } as const,
      ]),
      ...texts.map((text) => ({ verb: "remember", key: nonce, text }) as const),
    ].map((step) => [step]);
    for (const [index, said] of refusals(sh, asked).entries())
      t.regex(said ?? "", /^(recall|remember) /, String(index));
  });

  test(`${sh}: every interface that the provider gives, changes or takes is let through`, (t) => {
    const specs = fc.sample(interfaceSpec, 150);
    const there = { type: "direct", mac: nic.mac, alias: "ua-kvmnet-1", address: { type: "pci", bus: "0x01" } };
    const found = { whose: "ours", interface: there } as never;
    const domain = "a <domain> with\nodd 'letters'";
    const requests = specs.flatMap((spec) => [
      attachInterface(domain, spec, { live: true, config: true }),
      updateInterface(domain, spec, { live: found, config: found }),
      detachInterface(domain, { live: found, config: found }),
    ]);
    for (const [index, said] of refusals(sh, requests).entries()) {
      t.is(said, undefined, JSON.stringify(requests[index]));
    }
  });

  test(`${sh}: every network that the provider defines is let through`, (t) => {
    const common = { name: "lan_1.x-y", mark, uuid: "5e1a8e1c-5c8a-8d5e-9a90-0e1a1f9f0001" };
    const requests = [
      redefineNetwork({ kind: "bridge", bridge: "br-lan", ...common }),
      ...macvtapModes.map((mode) => redefineNetwork({ kind: "direct", uplink: "eth1.100", mode, ...common })),
      lookAtNetwork(common.name),
      removeNetwork(common.uuid),
    ];
    t.deepEqual(
      refusals(sh, requests),
      requests.map(() => undefined),
    );
  });

  test(`${sh}: every file that the provider keeps for a network manager is let through`, (t) => {
    const files = networkManagers.flatMap((manager) => managerFiles(manager, lastingWith(manager), configured));
    t.true(files.length > 10);
    const said = refusals(sh, files.map(keep));
    for (const [index, file] of files.entries()) t.is(said[index], undefined, file.path);
  });

  test(`${sh}: networkd is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/systemd/network/04-pulumi-kvm-network-br-lan.network";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      ...["DNS=192.0.2.1", "DNS=192.0.2.1#dns.example.net ", "Address = 192.0.2.2/24", "[DHCPServer]", "Driver="],
      ...["PrivateKey=secret", ".*", "", "IAID=x", "# Made by hand", "Address=192.0.2.2/24"],
    ].filter((line) => line !== "");
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const elsewhere = [
      "/run/systemd/network/10-theirs.network",
      "/run/systemd/network/04-pulumi-kvm-network-x.network.d/x.sh",
      "/run/systemd/network/04-pulumi-kvm-network-x/../../../x",
      "/run/systemd/system/04-pulumi-kvm-network-x.service",
      "/etc/pulumi-kvm-network/links/eth1/x",
      "/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      "/usr/lib/systemd/network/04-pulumi-kvm-network-x.network",
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    // A word of the owner's is for a .network file alone.
    const netdev = "/run/systemd/network/50-pulumi-kvm-network-br-lan.netdev";
    t.regex(refusals(sh, [stage("DNS=192.0.2.1#dns.example.net", netdev)], judgingGuarded)[0] ?? "", /refused line/);
    const said: Request["steps"][] = [
      [{ verb: "run", argv: ["networkctl" as "ip", "reload"] }],
      [{ verb: "reload", manager: "systemd-networkd", link: "../x" }],
      [{ verb: "facts", link: "../x", of: "network" }],
      [{ verb: "facts", link: "eth1", of: "netdev" as "network" }],
    ];
    for (const [index, each] of refusals(sh, said).entries())
      t.regex(each ?? "", /^(networkctl|reload|facts) /, String(index));
  });

  test(`${sh}: ifupdown is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/network/interfaces.d/pulumi-kvm-network-br-lan";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      // What root has said, elsewhere or in part.
      ...["    wpa-psk secret", "    address 192.0.2.2", "address 192.0.2.2/24", "    up reboot", "    # up reboot"],
      ...["    pre-up echo a \\", "    pre-up echo a", "    up ip route add 198.51.100.0/24 via 192.0.2.9; reboot"],
      ...[
        "auto eth1 eth2",
        "source /tmp/x",
        "iface eth1 inet ppp",
        "iface a/b inet static",
        "iface eth1 inet static x",
      ],
      ...["mapping eth1 eth2", "mapping *", "    script /tmp/x", "    map eth1", "    map pulumi-kvm-network-a b"],
      ...[
        "    pre-up ifup eth1; reboot || true",
        "    pre-up ifup eth1",
        "    pre-up ip link set dev eth1 master a;reboot",
      ],
      ...[
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a;reboot address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || reboot; [ a ] || ip link add name a address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name b address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a address x;reboot address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a;b ] || ip link add name a address 52:54:00:00:00:01 type bridge",
        "    pre-up [ -e /sys/class/net/a ] || ip link add name a address $(reboot) type bridge",
        "    pre-up /bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/a;reboot || true",
      ],
      ...[
        "    address",
        "    metric x",
        "    ",
        "    .*",
        "\taddress 192.0.2.2/24",
        "rename eth1=eth2",
        "no-scripts br-lan",
      ],
    ];
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const elsewhere = [
      "/run/network/interfaces.d/lan",
      "/run/network/ifstate",
      "/run/network/interfaces.d/pulumi-kvm-network-x/y",
      "/run/network/interfaces.d/pulumi-kvm-network-x/../y",
      "/etc/network/interfaces",
      "/etc/network/if-up.d/pulumi-kvm-network-x",
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    const brought: Request["steps"][] = [
      [{ verb: "ifup", link: "eth1", logical: "eth2" }],
      [{ verb: "ifup", link: "--all", logical: "--all" }],
      [{ verb: "ifup", link: "eth1", logical: "pulumi-kvm-network-eth2" }],
      [{ verb: "ifup", link: "br-lan", logical: "br-lan", as: "../x" }],
      [{ verb: "ifdown", link: "eth1=x" }],
      [{ verb: "run", argv: ["ifup" as "ip", "eth1"] }],
    ];
    for (const [index, each] of refusals(sh, brought, judgingGuarded).entries())
      t.regex(each ?? "", /^(ifup|ifdown) /, String(index));
  });

  test(`${sh}: NetworkManager is told of the host's addresses what its owner has said, and nothing else`, (t) => {
    const path = "/run/NetworkManager/system-connections/pulumi-kvm-network-br-lan.nmconnection";
    const stage = (text: string, at = path): Request["steps"] => [{ verb: "stage", path: at, text }];
    const keepAt = (text: string): Request["steps"] => [{ verb: "keep", path: path.replace("/run/", "/etc/"), text }];
    const lines = [
      // What root has said, elsewhere or in part.
      ...[
        "[ipv4]\npassword=secret",
        "[802-1x]\npassword=secret",
        "[vpn-secrets]\naddress7=secret",
        "[ipv6]\naddress7=secret",
        "[ipv4]\naddress7=secret",
      ],
      ...[
        "[ethernet]\nwake-on-lan-password=secret",
        "[connection]\npermissions=user:root:;",
        "[ipv4]\naddress1=192.0.2.2/24",
      ],
      ...["[ipv6]\nzone=trusted", "[ipv4]\nmethod=auto", "[ipv4]\ndns = 192.0.2.1;", "[bridge]\nfeature-gro=false"],
      // What is ours to say, otherwise.
      ...["[connection]\nuuid=023239ec-4a61-443f-b82d-acc63a0f78cb", "[connection]\nuuid=6b766d6e-6574-8/../x"],
      ...[
        "[connection]\nmaster=br0",
        "[connection]\ntype=vpn",
        "[connection]\ninterface-name=*",
        "[connection]\nid=lan",
      ],
      ...[
        "[connection]\nautoconnect-priority=1000",
        "[connection]\nsecondaries=x",
        "[connection]\npermissions=user:me:;",
      ],
      ...[
        "[ipv4]\ndhcp-client-id=x",
        "[ipv4]\ndhcp-client-id=01:$(id)",
        "[ipv6]\ntoken=::1%eth0",
        "[ipv4]\ndhcp-timeout=30",
      ],
      ...["[ipv4]\nroute-metric=-1", "[ipv6]\naddr-gen-mode=default", "[bridge]\nmac-address=52:54:00:00:00:01"],
      ...["[bridge]\nstp=yes", "[bridge]\npriority=x", "[bridge-port]\nvlans=1;2", "[bridge-port]\npath-cost=1"],
      ...[
        "[ethernet]\nmtu=9000x",
        "[ethernet]\ncloned-mac-address=random",
        "[user]\nx.y=z",
        "[user]\npulumi-kvm-network.owner=x",
      ],
      // And what is nobody's.
      ...[
        "[vpn]",
        "[wifi-security]",
        "[proxy]",
        "[.nmmeta]",
        "[ipv4",
        "stp=true",
        "# Made by hand",
        "[ipv4]\n.*",
        "[ipv4]\n=",
      ],
      ...["[ethtool]\n=", "[connection]\n*", "[ipv4]\n\\x", "[hostname]\nmode=full"],
    ];
    for (const judge of [judgingGuarded, judging]) {
      const asked = lines.map((line) => (judge === judging ? keepAt(line) : stage(line)));
      for (const [index, said] of refusals(sh, asked, judge).entries())
        t.regex(said ?? "", /refused line: /, lines[index]);
    }
    const folder = "NetworkManager/system-connections";
    const elsewhere = [
      ...[
        `/run/${folder}/lan.nmconnection`,
        `/etc/${folder}/lan.nmconnection`,
        `/usr/lib/${folder}/pulumi-kvm-network-x.nmconnection`,
      ],
      ...[`/run/${folder}/pulumi-kvm-network-x`, `/run/${folder}/pulumi-kvm-network-x/../lan.nmconnection`],
      ...[
        `/run/${folder}/pulumi-kvm-network-x.d/x.nmconnection`,
        "/run/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      ],
      ...[
        "/etc/NetworkManager/dispatcher.d/pulumi-kvm-network-x",
        "/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf",
      ],
    ];
    const asides = elsewhere.map((at): Request["steps"] => [{ verb: "aside", path: at }]);
    for (const asked of [elsewhere.map((at) => stage("", at)), asides])
      for (const [index, said] of refusals(sh, asked, judgingGuarded).entries())
        t.regex(said ?? "", /^(stage|aside) /, elsewhere[index]);
    const { profile } = managedProfile.owners;
    const activated: Request["steps"][] = [
      [{ verb: "activate", link: "../x", profile }],
      [{ verb: "activate", link: "eth1", profile: "lan" }],
      [{ verb: "activate", link: "eth1", profile: `${profile}x` }],
      [{ verb: "activate", link: "eth1", profile, bridge: "x y" }],
      [{ verb: "activate", link: "eth1", profile, metrics: { inet: "1 ipv4.dns" as never, inet6: undefined } }],
      [{ verb: "reload", manager: "ifupdown" as "NetworkManager" }],
      [{ verb: "run", argv: ["nmcli" as "ip", "connection", "reload"] }],
    ];
    for (const [index, each] of refusals(sh, activated, judgingGuarded).entries())
      t.regex(each ?? "", /^(activate|reload|nmcli) /, String(index));
  });
}
