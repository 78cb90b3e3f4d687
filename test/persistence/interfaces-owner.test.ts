import test from "ava";
import fc from "fast-check";
import { stagedInterfaces } from "../../provider/persistence/ifupdown.ts";
import { interfacesWords, interfacesWordsIn } from "../../provider/persistence/interfaces-owner.ts";
import { stanzasIn } from "../../provider/persistence/interfaces-stanzas.ts";
import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";

const path = "/etc/network/interfaces";
const sourced = "source /etc/network/interfaces.d/*\n";
const of = (text: string, more = {}) =>
  interfacesWords("eth1", "br0", { logical: "eth1", complaints: "", files: [{ path, text: sourced + text }], ...more });
const lan = "auto eth1\niface eth1 inet static\n  address 192.0.2.2/24\n";

const whole = `# By hand
auto lo
iface lo inet loopback

auto eth0 eth1
allow-hotplug eth1
iface eth1 inet static
  address 192.0.2.2
\tnetmask  255.255.255.0
  gateway 192.0.2.1
  dns-nameservers 192.0.2.1 192.0.2.9
  mtu 1400
  hwaddress 52:54:00:00:00:01
  pre-up ethtool -K $IFACE gro off
  up ip route add 198.51.100.0/24 via 192.0.2.9 dev $IFACE || true
  post-down /sbin/ip -6 rule del from 2001:db8::/64
  pre-up iptables-restore < /etc/iptables.rules
iface eth1 inet6 auto
  privext 2
  mtu 1400
iface eth1 inet6 manual
iface eth0 inet dhcp
  wpa-psk
`;

test("what is said of the host's addresses goes to the bridge as it is, and what is the NIC's stays", (t) => {
  const said = of(whole);
  t.deepEqual([said.refused, said.unfit], [undefined, undefined]);
  t.deepEqual(said.bridge, [
    ...["auto br0", "allow-hotplug br0", "iface br0 inet static", "    address 192.0.2.2"],
    ...["    netmask  255.255.255.0", "    gateway 192.0.2.1", "    dns-nameservers 192.0.2.1 192.0.2.9"],
    ...["    up ip route add 198.51.100.0/24 via 192.0.2.9 dev $IFACE || true"],
    ...["    post-down /sbin/ip -6 rule del from 2001:db8::/64", "    pre-up iptables-restore < /etc/iptables.rules"],
    ...["iface br0 inet6 auto", "    privext 2"],
  ]);
  // Twice the same word would be one value of two lines to ifupdown.
  t.deepEqual(said.nic, {
    iface: ["    mtu 1400", "    hwaddress 52:54:00:00:00:01", "    pre-up ethtool -K $IFACE gro off"],
  });
});

test("the words are found again in the file that was made of them", (t) => {
  const { bridge, nic } = of(whole);
  const { text } = stagedInterfaces({
    what: "bridge",
    name: "br0",
    nic: "eth1",
    mac: "52:54:00:00:00:01",
    mtu: 1400,
    settings: settledBridge({}),
    port: { hairpin: false, isolated: false },
    owners: { bridge, nic },
  });
  t.deepEqual(interfacesWordsIn("eth1", "br0", text), { bridge, nic });
});

test("what is not known to mean the same on a bridge is refused by name", (t) => {
  const refused: readonly (readonly [string, string])[] = [
    [`${lan}  wpa-psk`, "wpa-psk in iface eth1 inet static"],
    [`${lan}  bridge_ports eth2`, "bridge_ports eth2 in iface"],
    [`${lan}  up ip route add 192.0.2.0/24 dev eth1`, "dev eth1 in iface"],
    [`${lan}  up ip addr add 192.0.2.3/24 dev $IFACE`, "up ip addr add"],
    [`${lan}  up ip route add 192.0.2.0/24 dev eth2; reboot`, "; reboot in iface"],
    [`${lan}  up ip route add $(reboot)`, "$(reboot) in iface"],
    [`${lan}  up ip route add $IFACES`, "$IFACES in iface"],
    [`${lan}  pre-up /usr/local/bin/lan`, "pre-up /usr/local/bin/lan in iface"],
    [`${lan}  pre-up ip route \\\n  add 192.0.2.0/24 dev eth2`, "the continued line pre-up ip route"],
    [`${lan}  hwaddress random`, "hwaddress random in iface"],
    [`${lan}iface eth1 inet6 dhcp`, "iface eth1 inet6 dhcp of /etc/network/interfaces"],
    [`${lan}iface eth1 inet6 inherits lan`, "iface eth1 inet6 inherits lan of"],
    [`${lan}iface eth1 inet static inherits lan`, "iface eth1 inet static inherits lan of"],
    [`${lan}mapping eth*\n  script /x`, "mapping eth* of"],
    [`${lan}no-scripts eth1`, "no-scripts eth1 of"],
    [`${lan}no-auto-down eth0 eth1`, "no-auto-down eth0 eth1 of"],
  ];
  for (const [text, why] of refused) {
    const said = of(text);
    t.true(said.refused?.includes(why), `${text}: ${said.refused}`);
    t.deepEqual([said.bridge, said.nic], [[], {}]);
  }
  t.is(of(`${lan}mapping eth0\n  script /x\niface eth10 inet ppp\niface eth1.5 inet static\n  x y`).refused, undefined);
});

test("where there is nothing to move by it says what to do", (t) => {
  const bare = (text: string, more = {}) => of("", { files: [{ path, text }], ...more }).unfit ?? "";
  t.regex(bare(lan), /nothing there has ifupdown read .*Write `source \/etc\/network\/interfaces\.d\/\*`/);
  for (const line of [
    "source interfaces.d/*",
    "source-directory /etc/network/interfaces.d",
    "source /x/* ./interfaces.d/*",
  ])
    t.is(bare(`${line}\n${lan}`), "", line);
  t.regex(bare(`source interfaces.d/lan\n${lan}`), /Write `source/);
  t.regex(of(lan.replace("auto eth1\n", "")).unfit ?? "", /not bring it up when the host boots. Write `auto eth1`/);
  t.regex(of("auto eth1\niface eth1 inet manual").unfit ?? "", /gives it no address/);
  t.regex(of(lan, { logical: "home" }).unfit ?? "", /it is up as home/);
  t.regex(
    of(lan, { complaints: "ifquery: x:1: misplaced option\nmore" }).unfit ?? "",
    /\(ifquery: x:1: misplaced option\)/,
  );
});

test("the routes of a lease keep the metric that they have, unless the owner says one", (t) => {
  const leased = "auto eth1\niface eth1 inet dhcp\n";
  t.deepEqual(of(leased, { metric: 1006 }).bridge, ["auto br0", "iface br0 inet dhcp", "    metric 1006"]);
  t.deepEqual(of(`${leased}metric 7\n`, { metric: 7 }).bridge, ["auto br0", "iface br0 inet dhcp", "    metric 7"]);
  t.deepEqual(of(lan, { metric: 1006 }).bridge, ["auto br0", "iface br0 inet static", "    address 192.0.2.2/24"]);
});

test("files of ours about the NIC itself are none of the owner's words", (t) => {
  const ours = "auto eth1\niface eth1 inet manual\n    pre-up /bin/sh /etc/pulumi-kvm-network/replay\n";
  const files = [
    { path, text: sourced + lan },
    { path: "/etc/network/interfaces.d/pulumi-kvm-network-eth1", text: ours },
  ];
  t.deepEqual(of("", { files }).bridge, ["auto br0", "iface br0 inet static", "    address 192.0.2.2/24"]);
});

test("a comment is a whole line, and joins nothing", (t) => {
  const [stanza] = stanzasIn(path, "iface eth1 inet static\n # x \\\n address 1\\\n  # y\nauto eth1");
  t.deepEqual(
    stanza?.lines.map(({ line, continued }) => [line, continued]),
    [["address 1  # y", true]],
  );
});

test("whatever is written there, no line but the owner's gets to the bridge", (t) => {
  const word = fc.constantFrom(
    "iface",
    "eth1",
    "inet",
    "static",
    "up",
    "ip route add",
    "auto",
    "\\",
    "\n",
    " ",
    "#",
    ";",
    "$(x)",
    "address",
    "mtu",
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), (each) => {
      const text = lan + each.join(" ");
      const { bridge, nic } = of(text);
      const lines = text.split("\n").map((line) => line.trim());
      for (const line of [...bridge, ...(nic.iface ?? [])].filter((said) => said.startsWith("    ")))
        if (!lines.includes(line.trim())) throw new Error(line);
    }),
  );
  t.pass();
});
