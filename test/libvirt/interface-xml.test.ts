import test from "ava";
import fc from "fast-check";
import { buildInterfaceXml, type InterfaceSpec, parseInterfaceXml } from "../../provider/libvirt/interface-xml.ts";
import { interfaceSpec } from "./interface-spec-arbitrary.ts";
import { domainWith, schemaErrors, schemaTest } from "./libvirt-schema.ts";

const mac = "52:54:00:00:00:01";

test("what is built reads back as it was", (t) => {
  fc.assert(
    fc.property(interfaceSpec, (spec) => {
      const model = spec.kind === "hostdev" ? {} : { model: "virtio" };
      t.deepEqual(parseInterfaceXml(buildInterfaceXml(spec)), { ...model, ...spec });
    }),
  );
});

schemaTest("what is built is valid by libvirt's schema", (t) => {
  const interfaces = fc.sample(interfaceSpec, 300).map(buildInterfaceXml).join("");
  t.is(schemaErrors("domain", domainWith(interfaces)), "");
});

schemaTest("the schema test can fail", (t) => {
  const wrong = buildInterfaceXml({ kind: "bridge", bridge: "br0", mac: "01:00:5e:00:00:01", model: "virtio" });
  t.regex(schemaErrors("domain", domainWith(wrong)), /fails to validate/);
});

test("a bridge interface is written in libvirt's order, indented", (t) => {
  const xml = buildInterfaceXml({
    kind: "bridge",
    bridge: "br0",
    isolated: true,
    target: "web1-lan",
    mac,
    model: "virtio",
    driver: "vhost",
    queues: 4,
    rxQueueSize: 512,
    mtu: 1400,
    linkState: "up",
    filter: "clean-traffic",
    bootOrder: 2,
    alias: "ua-web-1",
  });
  t.is(
    xml,
    `<interface type="bridge">
  <mac address="52:54:00:00:00:01"/>
  <source bridge="br0"/>
  <port isolated="yes"/>
  <target dev="web1-lan"/>
  <model type="virtio"/>
  <driver name="vhost" queues="4" rx_queue_size="512"/>
  <filterref filter="clean-traffic"/>
  <link state="up"/>
  <mtu size="1400"/>
  <boot order="2"/>
  <alias name="ua-web-1"/>
</interface>
`,
  );
});

test("a direct interface names uplink and mode", (t) => {
  const spec: InterfaceSpec = { kind: "direct", uplink: "eth1", mode: "vepa", mac, model: "virtio" };
  t.is(
    buildInterfaceXml({ ...spec, trustGuestRxFilters: true }),
    `<interface type="direct" trustGuestRxFilters="yes">
  <mac address="52:54:00:00:00:01"/>
  <source dev="eth1" mode="vepa"/>
  <model type="virtio"/>
</interface>
`,
  );
});

test("a port that the switch is told of has its profile behind the source, in libvirt's words", (t) => {
  const spec: InterfaceSpec = {
    kind: "direct",
    uplink: "eth1.100",
    mode: "vepa",
    mac,
    target: "web1",
    model: "virtio",
  };
  const instanceId = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f";
  t.is(
    buildInterfaceXml({ ...spec, vsi: { managerId: 11, typeId: 1193047, typeIdVersion: 2, instanceId } }),
    `<interface type="direct">
  <mac address="52:54:00:00:00:01"/>
  <source dev="eth1.100" mode="vepa"/>
  <virtualport type="802.1Qbg">
    <parameters managerid="11" typeid="1193047" typeidversion="2" instanceid="${instanceId}"/>
  </virtualport>
  <target dev="web1"/>
  <model type="virtio"/>
</interface>
`,
  );
});

test("an endpoint of our own is an unmanaged target", (t) => {
  const xml = buildInterfaceXml({ kind: "ethernet", target: "web1-eth1", mac, model: "virtio" });
  t.regex(xml, /<target dev="web1-eth1" managed="no"\/>/);
  t.notRegex(xml, /<source/);
});

test("a VF is taken from its driver and given back by libvirt, with its VLAN: libvirt sets none where none is written", (t) => {
  const teaming = { type: "transient", persistent: "ua-standby" } as const;
  const spec: InterfaceSpec = { kind: "hostdev", pci: "0000:01:10.2", mac, vlan: 7, alias: "ua-web-1", teaming };
  t.is(
    buildInterfaceXml(spec),
    `<interface type="hostdev" managed="yes">
  <mac address="52:54:00:00:00:01"/>
  <source>
    <address type="pci" domain="0x0000" bus="0x01" slot="0x10" function="0x2"/>
  </source>
  <vlan>
    <tag id="7"/>
  </vlan>
  <teaming type="transient" persistent="ua-standby"/>
  <alias name="ua-web-1"/>
</interface>
`,
  );
});

test("metacharacters in a value stay data", (t) => {
  const spec: InterfaceSpec = {
    kind: "bridge",
    bridge: `a"/><x y='&amp;\n\t`,
    mac,
    model: "virtio",
    alias: "ua-<!-- ]]>",
  };
  t.deepEqual(parseInterfaceXml(buildInterfaceXml(spec)), spec);
});

test("a character that XML cannot hold is refused", (t) => {
  for (const bridge of ["a\u0000b", "a\u001bb", "a\ud800b", "a\uffff"]) {
    const error = t.throws(() => buildInterfaceXml({ kind: "bridge", bridge, mac, model: "virtio" }));
    t.like(error, { code: "xml-character" });
  }
});

test("what libvirt adds while the domain runs is read too", (t) => {
  const spec = parseInterfaceXml(`<interface type='direct'>
      <mac address='52:54:00:AB:00:01'/>
      <source dev='eth1' mode='private'/>
      <target dev='macvtap0'/>
      <model type='virtio'/>
      <alias name='ua-web-1'/>
      <address type='pci' domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>
    </interface>`);
  t.deepEqual(spec, {
    kind: "direct",
    uplink: "eth1",
    mode: "private",
    target: "macvtap0",
    mac: "52:54:00:ab:00:01",
    model: "virtio",
    alias: "ua-web-1",
    address: { type: "pci", domain: "0x0000", bus: "0x02", slot: "0x00", function: "0x0" },
  });
});

test("an interface of a kind that we do not make is refused", (t) => {
  for (const xml of [
    "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>",
    "<interface type='ethernet'><mac address='52:54:00:00:00:01'/><target dev='tap0'/></interface>",
    "<interface type='direct'><source dev='eth1' mode='new'/></interface>",
    "<interface type='hostdev'><source><address type='pci' bus='0x01' slot='0x10' function='0x0'/></source></interface>",
    "<domain/>",
    "<interface type='bridge'><source bridge='br0'/>",
  ]) {
    t.like(
      t.throws(() => parseInterfaceXml(xml)),
      { code: "libvirt-xml" },
    );
  }
});
