import type { Command, Step } from "../../provider/host/host.ts";
import { virsh, virshWithXml } from "../../provider/libvirt/virsh.ts";
import { ipBatch } from "../../provider/links/batch.ts";

/** What an account might ask of the installed host script to become root by it, or to get at what is not its own. */
export type Escape = readonly [title: string, step: Step];

const run = (command: Command, words: string, input?: string): Step => ({
  verb: "run",
  argv: [command, ...words.split(" ")],
  ...(input !== undefined && { input }),
});
const lines = (input: string): Step => ({ verb: "run", argv: ["ip", "-d", "-j", "-batch", "-"], input });
const touch = "touch /root/escaped";

export const linkEscapes: readonly Escape[] = [
  ["ip netns exec", run("ip", `netns exec x ${touch}`)],
  ["ip netns exec in a batch", lines(`addr show dev lo\nnetns exec x ${touch}\n`)],
  ["ip netns exec in a batch's last, unfinished line", lines(`addr show dev lo\nnetns exec x ${touch}`)],
  ["ip netns exec behind a continued line", lines(`addr show dev \\\nlo\nnetns exec x ${touch}\n`)],
  ["ip netns exec behind a blank", lines(` netns exec x ${touch}\n`)],
  ["ip netns exec behind a carriage return", lines(`addr show dev lo\r netns exec x ${touch}\n`)],
  ["ip -all netns exec", run("ip", `-all netns exec ${touch}`)],
  ["ip vrf exec", run("ip", `vrf exec default ${touch}`)],
  ["ip in another network namespace", run("ip", "-netns 1 link set dev lo up")],
  ["a batch from a file", run("ip", "-d -j -batch /etc/shadow")],
  ["a batch that goes on after errors", run("ip", "-d -j -force -batch -", "addr show dev lo\n")],
  ["a link moved to another namespace", ipBatch([["link", "set", "dev", "eth1", "netns", "1"]])],
  ["a link moved behind what is allowed", ipBatch([["link", "set", "dev", "eth1", "up", "netns", "1"]])],
  ["a link moved behind an alias", lines('link set dev eth1 alias "x" netns 1\n')],
  ["a link moved behind an alias's quotes", lines("link set dev eth1 alias 'x\"' netns '1\"'\n")],
  ["a link moved behind a comment sign", lines('link set dev eth1 alias "a # b"\n')],
  ["an XDP program", run("ip", "link set dev eth1 xdp obj /tmp/x.o")],
  ["an XDP program in quotes", lines('link set dev eth1 "xdp" obj /tmp/x.o\n')],
  ["an XDP program behind a tab", lines("link set dev eth1\txdp\tobj /tmp/x.o\n")],
  ["a kind of link by a path, which iproute2 loads", lines("link add name x0 type ../../../tmp/x\n")],
  ["a kind of link that nobody here makes", lines("link add name x0 type wireguard\n")],
  ["a tunnel", run("ip", "link add name x0 type gre remote 198.18.0.1")],
  ["a VF's GUID", run("ip", "link set dev eth1 vf 0 node_guid 1")],
  ["a route through a BPF program", run("ip", "route add 198.18.99.0/24 encap bpf out obj /tmp/x.o dev eth1")],
  ["a routing rule", run("ip", "rule add from all lookup 99")],
  ["an address of the host", lines("addr add 198.18.99.1/24 dev eth1\n")],
  ["an option in a link's place", run("ip", "link del dev -batch")],
  ["a link's name that is a path", ipBatch([["link", "set", "dev", "../eth1", "up"]])],
  ["ip monitor", run("ip", "monitor all")],
  ["bridge monitor", run("bridge", "monitor all")],
  ["a batch of bridge's from a file", run("bridge", "-batch /etc/shadow")],
  ["forwarding entries", run("bridge", "-batch -", "fdb add 02:00:00:00:00:01 dev eth1\n")],
  ["a rule set from a file", run("nft", "-f /etc/shadow")],
  ["a file in a rule set", run("nft", "-f -", 'include "/etc/shadow"\n')],
  ["the host's rule set gone", run("nft", "-f -", "flush ruleset\n")],
  ["a table of nft's that is somebody else's", run("nft", "-f -", "delete table inet filter\n")],
  ["a chain on another hook", nftChain("type nat hook output priority 0; policy accept;")],
  ["a chain that drops all", nftChain('type filter hook ingress device "eth1" priority 0; policy drop;')],
  [
    "a second statement in a chain",
    nftChain('type filter hook ingress device "eth1" priority 0; policy accept; } ; flush ruleset ; {'),
  ],
  ["a rule that copies frames", nftRule("dup to eth2")],
  ["a rule that logs", nftRule('log prefix "x"')],
  ["a rule behind a rule", nftRule("ether saddr @pepa drop; flush ruleset")],
  ["nft by a word", run("nft", "flush ruleset")],
  ["nft's own prompt", run("nft", "-i")],
  ["a NIC's firmware", run("ethtool", "-f eth1 x")],
  ["a NIC's EEPROM", run("ethtool", "-E eth1 magic 1 offset 0 value 0")],
  ["a NIC's speed", run("ethtool", "-s eth1 speed 10")],
  ["a firmware by devlink", run("devlink", "dev flash pci/0000:01:00.0 file x")],
  ["lldpad's other settings", run("lldptool", "-T -i eth1 -g nb -V sysName enableTx=yes")],
  ["a module that is none of ours", run("modprobe", "kvm")],
  ["a module from a file", run("modprobe", "-d /tmp vfio-pci")],
  ["a module's options", run("modprobe", "vfio-pci ids=8086:1")],
];

function nftChain(body: string): Step {
  return run("nft", "-f -", `add chain netdev pulumi-kvm-network-eth1 in { ${body} }\n`);
}

function nftRule(body: string): Step {
  return run("nft", "-f -", `add rule netdev pulumi-kvm-network-eth1 in ${body}\n`);
}

const attach = (xml: string): Step => virshWithXml(xml, "attach-device", "--domain=victim", "--config");
const inInterface = (element: string, type = "bridge"): Step =>
  attach(
    `<interface type="${type}">\n  <mac address="52:54:00:00:00:01"/>\n  <source bridge="br0"/>\n${element}\n</interface>\n`,
  );
const inNetwork = (element: string): Step =>
  virshWithXml(`<network>\n  <name>escaped</name>\n${element}\n</network>\n`, "net-define");

const disk =
  '<disk type="file" device="disk">\n  <source file="/etc/shadow"/>\n  <target dev="vdb" bus="virtio"/>\n</disk>\n';

export const libvirtEscapes: readonly Escape[] = [
  ["a domain of one's own", virshWithXml("<domain/>\n", "define")],
  ["a command of QEMU's monitor", virsh("qemu-monitor-command", "--domain=victim", "--hmp", "info")],
  ["a command in the guest", virsh("qemu-agent-command", "--domain=victim", "{}")],
  ["a guest's memory in a file", virsh("dump", "--domain=victim", "--file", "/root/escaped")],
  ["a guest's memory from a file", virsh("restore", "--file", "/tmp/x")],
  ["a disk by its own command", virsh("attach-disk", "--domain=victim", "/etc/shadow", "vdb")],
  ["an editor", virsh("edit", "--domain=victim")],
  ["XML from a file", virsh("attach-device", "--domain=victim", "--file", "/tmp/x.xml")],
  ["XML from two files", virshWithXml("<interface/>\n", "attach-device", "--domain=victim", "--file", "/tmp/x.xml")],
  ["a URI that names a program", uri("qemu+ext:///system?command=/tmp/x")],
  ["a URI of another host", uri("qemu+ssh://198.18.0.1/system")],
  ["libvirt's test driver, with a file", uri("test:///etc/shadow")],
  ["a second command in one", { verb: "run", argv: ["virsh", "-q", "-c", "qemu:///system", "list; cd /"] }],
  ["options before the command", run("virsh", "-q -c qemu:///system -l /root/escaped list")],
  ["the domain's name as an option", virsh("dumpxml", "--security-info")],
  ["secrets of a domain", virsh("dumpxml", "--domain=victim", "--security-info")],
  ["an end to a domain", virsh("destroy", "--domain=victim")],
  ["a disk", attach(disk)],
  ["a disk behind an interface", attach(`<interface type="bridge">\n  <source bridge="br0"/>\n</interface>\n${disk}`)],
  [
    "a folder of the host",
    attach('<filesystem type="mount">\n  <source dir="/"/>\n  <target dir="x"/>\n</filesystem>\n'),
  ],
  ["a USB device", attach('<hostdev mode="subsystem" type="usb">\n</hostdev>\n')],
  ["a serial line to a file", attach('<serial type="file">\n  <source path="/root/escaped"/>\n</serial>\n')],
  ["an emulator", attach("<emulator>/tmp/x</emulator>\n")],
  ["a script of an interface", inInterface('  <script path="/tmp/x"/>')],
  ["a script of an interface without a bridge", inInterface('  <script path="/tmp/x"/>', "ethernet")],
  [
    "a script on the interface's own line",
    attach('<interface type="ethernet"><script path="/tmp/x"/>\n</interface>\n'),
  ],
  ["passt with a log file", inInterface('  <backend type="passt" logFile="/root/escaped"/>', "user")],
  ["devices of a backend", inInterface('  <backend tap="/dev/sda" vhost="/dev/sda"/>')],
  ["a vhost-user socket", inInterface('  <source type="unix" path="/tmp/x" mode="server"/>', "vhostuser")],
  ["an interface that is a socket", inInterface("", "server")],
  ["a vDPA device", inInterface('  <source dev="/dev/vhost-vdpa-0"/>', "vdpa")],
  ["a source that is a path", inInterface('  <source dev="/dev/sda" mode="vepa"/>', "direct")],
  ["a target that is a path", inInterface('  <target dev="../x"/>')],
  ["a boot ROM", inInterface('  <rom file="/etc/shadow"/>')],
  ["options of a driver", inInterface('  <driver name="vhost" page_per_vq="on"/>')],
  ["a model with a path", inInterface('  <model type="x,romfile=/etc/shadow"/>')],
  ["an alias with an option of QEMU's", inInterface('  <alias name="ua-x,romfile=/etc/shadow"/>')],
  ["a PCI device that is no VF", hostdev('type="pci" domain="0x0000" bus="0x00" slot="0x00" function="0x0"')],
  ["a PCI device without a function", hostdev('type="pci" domain="0x0000" bus="0x00" slot="0x00"')],
  ["a device that is not on PCI", hostdev('type="usb" bus="1" device="2"')],
  [
    "an entity",
    attach('<!DOCTYPE x [ <!ENTITY e SYSTEM "file:///etc/shadow"> ]>\n<interface type="bridge">\n</interface>\n'),
  ],
  ["a reference to an entity", inInterface('  <alias name="&e;"/>')],
  ["a comment", inInterface('  <!-- > --><script path="/tmp/x"/>')],
  ["CDATA", inInterface("  <![CDATA[ > ]]>")],
  ["an instruction", attach('<?xml version="1.0"?>\n<interface type="bridge">\n</interface>\n')],
  ["two elements in a line", inInterface('  <mtu size="1400"/><script path="/tmp/x"/>')],
  ["an element over two lines", inInterface('  <mtu\n  size="1400"/>')],
  ["an attribute in other quotes", inInterface("  <mtu size='1400'/>")],
  ["an attribute in no known element", inInterface('  <mtu size="1400" path="/tmp/x"/>')],
  ["arguments of QEMU's", inInterface('  <qemu:commandline xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"/>')],
  ["an inclusion", inInterface('  <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/shadow"/>')],
  ["an interface that does not end", attach('<interface type="bridge">\n  <source bridge="br0"/>\n')],
  ["a network where an interface belongs", attach("<network>\n  <name>x</name>\n</network>\n")],
  ["an interface where a network belongs", virshWithXml('<interface type="bridge">\n</interface>\n', "net-define")],
  ["addresses of a network, which run dnsmasq", inNetwork('  <ip address="198.18.99.1" netmask="255.255.255.0"/>')],
  [
    "options of dnsmasq",
    inNetwork('  <dnsmasq:options xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0"/>'),
  ],
  ["a network's name that is a path", virshWithXml("<network>\n  <name>../../x</name>\n</network>\n", "net-define")],
  ["a packet filter of libvirt's", virshWithXml('<filter name="x"/>\n', "nwfilter-define")],
  ["metadata by an editor", virsh("metadata", "--domain=victim", "urn:x", "--edit")],
];

function uri(value: string): Step {
  return { verb: "run", argv: ["virsh", "-q", "-c", value, "dominfo", "--domain=victim"] };
}

function hostdev(address: string): Step {
  return attach(
    `<interface type="hostdev" managed="yes">\n  <source>\n    <address ${address}/>\n  </source>\n</interface>\n`,
  );
}

const read = (path: string): Step => ({ verb: "read", path });
const set = (path: string, value = "1"): Step => ({ verb: "set", path, value });
const keep = (path: string, text = "x\n"): Step => ({ verb: "keep", path, text });
const interfaces = (text: string): Step => keep("/etc/network/interfaces.d/pulumi-kvm-network-x", text);
const networkd = (text: string): Step => keep("/etc/systemd/network/50-pulumi-kvm-network-x.netdev", text);
const profile = (text: string): Step =>
  keep("/etc/NetworkManager/system-connections/pulumi-kvm-network-x.nmconnection", text);
const networkManager = (text: string): Step => keep("/etc/NetworkManager/conf.d/50-pulumi-kvm-network-x.conf", text);
const replay = "pre-up /bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/eth1";

export const fileEscapes: readonly Escape[] = [
  ["a file of root's", read("/etc/shadow")],
  ["a file by a way up", read("/sys/../etc/shadow")],
  ["a file by a way up from a link", read("/sys/class/net/eth1/../../../../etc/shadow")],
  ["a file by a process's root", read("/proc/self/root/etc/shadow")],
  ["a process's environment", read("/proc/1/environ")],
  ["what a link's directory leads to", read("/sys/class/net/eth1/device/config")],
  ["the host's own records", read("/etc/pulumi-kvm-network/replay")],
  ["a key that the kernel keeps", read("/proc/sys/net/ipv4/tcp_fastopen_key")],
  ["the kernel's debugging files", read("/sys/kernel/debug/x")],
  ["the program that takes cores", set("/proc/sys/kernel/core_pattern", "|/tmp/x")],
  ["the program that loads modules", set("/proc/sys/kernel/modprobe", "/tmp/x")],
  ["the program told of devices", set("/sys/kernel/uevent_helper", "/tmp/x")],
  ["another setting of the network", set("/proc/sys/net/ipv4/ip_forward")],
  ["a setting of all links", set("/proc/sys/net/ipv6/conf/all/disable_ipv6")],
  ["a setting of all links to come", set("/proc/sys/net/ipv6/conf/default/disable_ipv6")],
  ["a setting by a way up", set("/proc/sys/net/ipv6/conf/../../../kernel/sysrq/disable_ipv6")],
  ["another attribute of a link", set("/sys/class/net/eth1/ifalias", "x")],
  ["flags that are none", set("/sys/class/net/eth1/flags", "0x1\n0x2")],
  ["an attribute by a way up", set("/sys/class/net/eth1/../../../kernel/x/flags", "0x1")],
  ["a NIC taken away", set("/sys/class/net/eth1/device/remove")],
  ["a device that is no VF, probed", set("/sys/bus/pci/drivers_probe", "0000:00:00.0")],
  ["a device that is no VF, kept for another driver", set("/sys/bus/pci/devices/0000:00:00.0/driver_override", "x")],
  ["a device that is no VF, taken from its driver", set("/sys/bus/pci/drivers/nvme/unbind", "0000:00:00.0")],
  ["a driver given new devices", set("/sys/bus/pci/drivers/vfio-pci/new_id", "8086 1")],
  ["a file of cron's", keep("/etc/cron.d/x", `* * * * * root ${touch}\n`)],
  ["sudoers", keep("/etc/sudoers.d/x", "operator ALL=(ALL) NOPASSWD: ALL\n")],
  ["the script itself", keep("/usr/local/sbin/pulumi-kvm-network-helper")],
  ["the script of the records", keep("/etc/pulumi-kvm-network/replay")],
  ["a file by a way up from ours", keep("/etc/pulumi-kvm-network/links/../../cron.d/x")],
  ["a file by the account's own link", keep("/proc/self/cwd/etc/pulumi-kvm-network/links/eth1/x")],
  ["a unit of systemd's", keep("/etc/systemd/system/50-pulumi-kvm-network-x.service")],
  ["the boot guard's unit", keep("/etc/systemd/system/pulumi-kvm-network-guard.service")],
  ["a file that the boot guard is to put in place", keep("/etc/pulumi-kvm-network/guard/before/x")],
  ["where the boot guard is to put it", keep("/etc/pulumi-kvm-network/guard/paths", "/etc/cron.d/x\n")],
  ["a link of the boot guard's that is a path", { verb: "guard", seconds: 60, links: ["../eth1"], made: [] }],
  ["a pattern for the boot guard", { verb: "guard", seconds: 60, links: ["eth1"], made: ["*"] }],
  ["a boot guard that waits for ever", { verb: "guard", seconds: 9999, links: ["eth1"], made: [] }],
  ["a drop-in of another file's", keep("/etc/systemd/network/10-theirs.network.d/50-pulumi-kvm-network-x.conf")],
  ["a profile of NetworkManager's", keep("/etc/NetworkManager/system-connections/x.nmconnection")],
  ["what a profile proves itself by", profile("[802-1x]\nca-cert=/etc/shadow\n")],
  ["who may use a profile", profile("[connection]\npermissions=user:kvm:;\n")],
  ["a profile of root's, by its UUID", profile("[connection]\nuuid=023239ec-4a61-443f-b82d-acc63a0f78cb\n")],
  ["a script of NetworkManager's", keep("/etc/NetworkManager/dispatcher.d/50-pulumi-kvm-network-x.conf")],
  ["a script of ifupdown's", keep("/etc/network/if-up.d/pulumi-kvm-network-x")],
  ["a file of somebody else's removed", { verb: "forget", path: "/etc/passwd" }],
  ["a command of ifupdown's", interfaces(`auto eth1\niface eth1 inet manual\n    up ${touch}\n`)],
  ["a command behind ours", interfaces(`iface eth1 inet manual\n    ${replay}; ${touch}\n`)],
  ["a command instead of ours", interfaces(`iface eth1 inet manual\n    pre-up ${touch}\n`)],
  ["a line of ifupdown's that goes on", interfaces(`auto eth1 \\\n    pre-up ${touch}\n`)],
  ["another file for ifupdown", interfaces("source /tmp/x\n")],
  ["another method of ifupdown's", interfaces("iface eth1 inet wvdial\n")],
  ["a tunnel of networkd's, with a key of root's", networkd("[NetDev]\nName=x0\nKind=wireguard\n[WireGuard]\n")],
  ["a file for networkd to read", networkd("[NetDev]\nName=x0\nPrivateKeyFile=/etc/shadow\n")],
  ["addresses of the host's by networkd", networkd("[Network]\nDHCP=yes\n")],
  ["all links of networkd's", networkd("[Match]\nName=*\n")],
  ["a line of networkd's that goes on", networkd("[Match]\nName=x0\\\nx\n")],
  ["a plugin of NetworkManager's", networkManager("[main]\nplugins=x\n")],
  ["a section behind ours", networkManager("[keyfile]\nunmanaged-devices+=interface-name:x\n[main]\n")],
  ["another value behind ours", networkManager("unmanaged-devices+=interface-name:x,mac:1\n")],
];
