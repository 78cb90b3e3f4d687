import test from "ava";
import fc from "fast-check";
import {
  buildNetworkXml,
  type NetworkSpec,
  networkSpecOf,
  parseNetworkXml,
} from "../../provider/libvirt/network-xml.ts";
import { macvtapModes } from "../../provider/schema/facts.ts";
import { schemaErrors, schemaTest } from "./libvirt-schema.ts";

const link = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/);
const name = fc.stringMatching(/^[a-zA-Z0-9 &<>'"é_-]{1,30}$/);
const mark = fc.stringMatching(/^pulumi-kvm-network:[a-zA-Z0-9/&<>"'_-]{1,30}$/);

const networkSpec: fc.Arbitrary<NetworkSpec> = fc.oneof(
  fc.record({ kind: fc.constant("bridge" as const), name, mark, bridge: link, uuid: fc.uuid() }),
  fc.record({ kind: fc.constant("bridge" as const), name, mark, bridge: link }),
  fc.record({
    kind: fc.constant("direct" as const),
    name,
    mark,
    uplink: link,
    mode: fc.constantFrom(...macvtapModes),
  }),
);

test("what is built reads back as it was", (t) => {
  fc.assert(
    fc.property(networkSpec, (spec) => {
      t.deepEqual(networkSpecOf(buildNetworkXml(spec)), spec);
    }),
  );
});

schemaTest("what is built is valid by libvirt's schema", (t) => {
  for (const spec of fc.sample(networkSpec, 20)) t.is(schemaErrors("network", buildNetworkXml(spec)), "");
});

test("a network of someone else's has no mark", (t) => {
  const foreign = parseNetworkXml(`<network connections='1'>
  <name>default</name>
  <uuid>5e1a8e1c-5c8a-4d5e-9a90-0e1a1f9f0001</uuid>
  <metadata><owner mark='x'/><o:owner xmlns:o='http://example.org' mark='x'/></metadata>
  <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'/>
</network>`);
  t.deepEqual(foreign, {
    name: "default",
    uuid: "5e1a8e1c-5c8a-4d5e-9a90-0e1a1f9f0001",
    mark: null,
    forward: "nat",
    bridge: "virbr0",
    uplinks: [],
  });
});

test("our mark is told by its namespace, whatever the prefix", (t) => {
  const xml = buildNetworkXml({
    kind: "direct",
    name: "fabric",
    mark: "pulumi-kvm-network:a",
    uplink: "eth1",
    mode: "vepa",
  });
  t.is(parseNetworkXml(xml.replaceAll("kvmnet", "renamed")).mark, "pulumi-kvm-network:a");
  t.is(parseNetworkXml(xml.replaceAll("kvmnet:", "").replace("xmlns:kvmnet", "xmlns")).mark, "pulumi-kvm-network:a");
  t.is(parseNetworkXml(xml.replace("urn:x-pulumi", "urn:x-other")).mark, null);
});

test("a network of a kind that we do not define is no spec of ours", (t) => {
  for (const inside of [
    "<forward mode='nat'/><bridge name='virbr0'/>",
    "<forward mode='vepa'><interface dev='a'/><interface dev='b'/></forward>",
    "",
  ]) {
    t.like(
      t.throws(() => networkSpecOf(`<network><name>n</name>${inside}</network>`)),
      { code: "libvirt-xml" },
    );
  }
});
