import test from "ava";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";

const domain = (devices: string, rest = "") =>
  `<domain type='qemu' id='1'>
  <name>web &amp; &quot;one&quot; &apos;q&apos;</name>
  <uuid>49ab1bea-d0ae-4123-898c-7e81a3a461fb</uuid>
  ${rest}
  <devices>${devices}</devices>
</domain>
`;

const running = domain(`
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='bridge' trustGuestRxFilters='yes'>
      <mac address='52:54:00:00:00:0A'/>
      <source bridge='br0'/>
      <port isolated='yes'/>
      <target dev='vnet0'/>
      <model type='virtio'/>
      <driver name='vhost' queues='4' rx_queue_size='512' tx_queue_size='1024'/>
      <filterref filter='clean-traffic'><parameter name='IP' value='198.18.0.1'/></filterref>
      <link state='down'/>
      <mtu size='1400'/>
      <boot order='2'/>
      <alias name='ua-web-1'/>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </interface>
    <interface type='direct'>
      <mac address='52:54:00:00:00:0b'/>
      <source network='fabric' dev='eth1' mode='passthrough'/>
      <target dev='macvtap0'/>
    </interface>
    <interface type='ethernet'>
      <mac address='52:54:00:00:00:0c'/>
      <target dev='web1-eth1' managed='no'/>
    </interface>`);

const absent = {
  source: null,
  mode: null,
  target: null,
  targetManaged: true,
  alias: null,
  model: null,
  driver: null,
  queues: null,
  rxQueueSize: null,
  txQueueSize: null,
  mtu: null,
  linkState: "up",
  isolated: false,
  trustGuestRxFilters: false,
  filter: null,
  bootOrder: null,
  vlan: null,
  teaming: null,
  vsi: null,
  bandwidth: null,
  address: null,
} as const;

test("name, UUID and everything that an interface says", (t) => {
  const { name, uuid, interfaces } = parseDomainXml(running);
  t.is(name, `web & "one" 'q'`);
  t.is(uuid, "49ab1bea-d0ae-4123-898c-7e81a3a461fb");
  t.deepEqual(interfaces, [
    {
      mac: "52:54:00:00:00:0a",
      type: "bridge",
      source: "br0",
      mode: null,
      target: "vnet0",
      targetManaged: true,
      alias: "ua-web-1",
      model: "virtio",
      driver: "vhost",
      queues: 4,
      rxQueueSize: 512,
      txQueueSize: 1024,
      mtu: 1400,
      linkState: "down",
      isolated: true,
      trustGuestRxFilters: true,
      filter: "clean-traffic",
      bootOrder: 2,
      vlan: null,
      teaming: null,
      vsi: null,
      bandwidth: null,
      address: { type: "pci", domain: "0x0000", bus: "0x02", slot: "0x00", function: "0x0" },
    },
    {
      ...absent,
      mac: "52:54:00:00:00:0b",
      type: "direct",
      source: "eth1",
      mode: "passthrough",
      target: "macvtap0",
    },
    { ...absent, mac: "52:54:00:00:00:0c", type: "ethernet", target: "web1-eth1", targetManaged: false },
  ]);
});

test("only a machine that runs has an id", (t) => {
  t.true(parseDomainXml(running).running);
  t.false(parseDomainXml(running.replace(" id='1'", "")).running);
});

test("a domain without interfaces, and one with a single one", (t) => {
  t.deepEqual(parseDomainXml(domain("")).interfaces, []);
  const single = parseDomainXml(domain("<interface type='bridge'><mac address='52:54:00:00:00:0a'/></interface>"));
  t.deepEqual(single.interfaces, [{ ...absent, mac: "52:54:00:00:00:0a", type: "bridge" }]);
});

test("kinds that we never make are told by their type", (t) => {
  const { interfaces } = parseDomainXml(
    domain(`
      <interface type='network'><mac address='52:54:00:00:00:01'/><source network='default' portid='x' bridge='virbr0'/></interface>
      <interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:02'/><driver name='vfio'/>
        <source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source></interface>
      <interface type='vhostuser'><mac address='52:54:00:00:00:03'/><source type='unix' path='/tmp/x' mode='server'/></interface>
      <interface type='from-the-future'><source thing='x'/><mac address='52:54:00:00:00:04'/></interface>`),
  );
  t.deepEqual(
    interfaces.map(({ type, mac, source, mode }) => ({ type, mac, source, mode })),
    [
      { type: "network", mac: "52:54:00:00:00:01", source: "default", mode: null },
      { type: "hostdev", mac: "52:54:00:00:00:02", source: "0000:01:10.0", mode: null },
      { type: "vhostuser", mac: "52:54:00:00:00:03", source: null, mode: null },
      { type: "from-the-future", mac: "52:54:00:00:00:04", source: null, mode: null },
    ],
  );
});

test("a VF is told with its PCI address, VLAN and the NIC that it is teamed with; a device handed over as such is told", (t) => {
  const address = (tag: string, slot: string) =>
    `<${tag}><address type='pci' domain='0x0000' bus='0x3B' slot='${slot}' function='0x7'/></${tag}>`;
  const { interfaces, hostDevices } = parseDomainXml(
    domain(`
      <interface type='hostdev' managed='yes'>${address("source", "0x1f")}
        <vlan><tag id='42'/></vlan><teaming type='transient' persistent='ua-web'/>${address("x", "0x01")}</interface>
      <interface type='bridge'><source bridge='br0'/><vlan trunk='yes'><tag id='42'/></vlan>
        <teaming type='persistent'/></interface>
      <interface type='bridge'><source bridge='br0'/><vlan><tag id='42'/><tag id='43'/></vlan></interface>
      <interface type='hostdev'><source><address type='pci' bus='evil' slot='0x10' function='0x0'/></source></interface>
      <hostdev mode='subsystem' type='pci'>${address("source", "0x02")}</hostdev>
      <hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/></source></hostdev>`),
  );
  t.deepEqual(
    interfaces.map(({ source, vlan, teaming }) => ({ source, vlan, teaming })),
    [
      { source: "0000:3b:1f.7", vlan: 42, teaming: { type: "transient", persistent: "ua-web" } },
      { source: "br0", vlan: { tagged: [42] }, teaming: { type: "persistent" } },
      { source: "br0", vlan: { tagged: [42, 43] }, teaming: null },
      { source: null, vlan: null, teaming: null },
    ],
  );
  t.deepEqual(hostDevices, ["0000:3b:02.7"]);
});

test("libvirt's default mode of a direct interface is vepa; one that is unknown is not guessed", (t) => {
  const { interfaces } = parseDomainXml(
    domain(
      "<interface type='direct'><source dev='a'/></interface>" +
        "<interface type='direct'><source dev='b' mode='newest'/></interface>",
    ),
  );
  t.deepEqual(
    interfaces.map(({ mode }) => mode),
    ["vepa", null],
  );
});

test("comments, CDATA, namespaces, metadata and numeric references are read as XML means them", (t) => {
  const { name, interfaces } = parseDomainXml(`<?xml version='1.0' encoding='UTF-8'?>
<!-- WARNING: THIS IS AN AUTO-GENERATED FILE. <domain> -->
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>caf&#xe9;-&#49;</name>
  <metadata>
    <devices><interface type='bridge'><mac address='52:54:00:00:00:99'/></interface></devices>
    <x:devices xmlns:x='http://example.org'><x:interface/><![CDATA[<interface type='bridge'>]]></x:devices>
  </metadata>
  <devices>
    <!-- <interface type='bridge'/> -->
    <interface type='bridge'><mac address='52:54:00:00:00:0a'/><source bridge='br0'/><alias name='ua-a&amp;b'/></interface>
  </devices>
  <qemu:commandline><qemu:arg value='-netdev'/></qemu:commandline>
</domain>`);
  t.is(name, "café-1");
  t.deepEqual(interfaces, [{ ...absent, mac: "52:54:00:00:00:0a", type: "bridge", source: "br0", alias: "ua-a&b" }]);
});

test("many entities are no attack", (t) => {
  const { interfaces } = parseDomainXml(domain("", `<description>${"&lt;&amp;".repeat(20_000)}</description>`));
  t.deepEqual(interfaces, []);
});

test("text cut short anywhere is an error", (t) => {
  const whole = running.trimEnd();
  for (let length = 0; length < whole.length; length += 1) {
    t.like(
      t.throws(() => parseDomainXml(whole.slice(0, length))),
      { code: "libvirt-xml" },
      `cut at ${length}`,
    );
  }
});

test("foreign text is an error that shows it", (t) => {
  for (const text of [
    "error: failed to get domain 'web-1'",
    "<network><name>default</name></network>",
    "<domain/><domain/>",
    "<domain><devices></domain></devices>",
    "Welcome to hv1!\n<domain/>",
  ]) {
    const error = t.throws(() => parseDomainXml(text));
    t.like(error, { code: "libvirt-xml" });
    t.true(error?.message.includes(JSON.stringify(text)));
  }
});
