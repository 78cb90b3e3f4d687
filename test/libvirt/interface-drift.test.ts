import test from "ava";
import fc from "fast-check";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";
import { interfaceDrift } from "../../provider/libvirt/interface-drift.ts";
import { buildInterfaceXml, type InterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import type { DomainInterfaceFacts } from "../../provider/schema/facts.ts";
import { interfaceSpec } from "./interface-spec-arbitrary.ts";
import { domainWith } from "./libvirt-schema.ts";

const observe = (spec: InterfaceSpec): DomainInterfaceFacts => {
  const [found] = parseDomainXml(domainWith(buildInterfaceXml(spec))).interfaces;
  if (!found) throw new Error("no interface in the domain");
  return found;
};

const spec: InterfaceSpec = { kind: "bridge", bridge: "br0", mac: "52:54:00:00:00:01", alias: "ua-web-1" };

test("what was asked for, when it is there, is no drift", (t) => {
  fc.assert(
    fc.property(interfaceSpec, (wanted) => {
      t.deepEqual(interfaceDrift(wanted, observe(wanted)), []);
    }),
  );
});

test("what libvirt chooses is no drift", (t) => {
  const observed = { ...observe(spec), target: "vnet7", driver: "vhost", address: { type: "pci" } };
  t.deepEqual(interfaceDrift(spec, observed), []);
  t.deepEqual(interfaceDrift({ ...spec, target: "vnet1" }, observed), []);
});

test("defaults written out and left out are the same", (t) => {
  const explicit: InterfaceSpec = {
    ...spec,
    model: "virtio",
    linkState: "up",
    isolated: false,
    trustGuestRxFilters: false,
  };
  t.deepEqual(interfaceDrift(explicit, observe(spec)), []);
  t.deepEqual(interfaceDrift(spec, observe(explicit)), []);
});

test("drift is told property by property", (t) => {
  const byHand = observe({
    ...spec,
    bridge: "br1",
    linkState: "down",
    isolated: true,
    filter: "clean-traffic",
    mtu: 1400,
  });
  t.deepEqual(interfaceDrift({ ...spec, queues: 4, target: "web1" }, byHand), [
    { property: "bridge", wanted: "br0", observed: "br1" },
    { property: "isolated", wanted: false, observed: true },
    { property: "queues", wanted: 4, observed: null },
    { property: "mtu", wanted: null, observed: 1400 },
    { property: "linkState", wanted: "up", observed: "down" },
    { property: "filter", wanted: null, observed: "clean-traffic" },
    { property: "target", wanted: "web1", observed: null },
  ]);
});

test("another kind, another mode, a managed endpoint", (t) => {
  const direct: InterfaceSpec = { kind: "direct", uplink: "eth1", mode: "vepa", mac: spec.mac };
  t.deepEqual(interfaceDrift(direct, observe({ kind: "bridge", bridge: "br0", mac: spec.mac })), [
    { property: "kind", wanted: "direct", observed: "bridge" },
  ]);
  t.deepEqual(interfaceDrift(direct, observe({ ...direct, mode: "private" })), [
    { property: "mode", wanted: "vepa", observed: "private" },
  ]);
  const endpoint: InterfaceSpec = { kind: "ethernet", target: "web1", mac: spec.mac };
  t.deepEqual(interfaceDrift(endpoint, { ...observe(endpoint), targetManaged: true }), [
    { property: "target", wanted: "web1", observed: "web1 (managed)" },
  ]);
});

test("another VF, and another partner", (t) => {
  const teaming = { type: "transient", persistent: "ua-standby" } as const;
  const vf: InterfaceSpec = { kind: "hostdev", pci: "0000:01:10.0", mac: spec.mac, teaming };
  t.deepEqual(interfaceDrift(vf, observe({ ...vf, pci: "0000:01:10.2", vlan: 7 })), [
    { property: "pci", wanted: "0000:01:10.0", observed: "0000:01:10.2" },
    { property: "vlan", wanted: null, observed: 7 },
  ]);
  const { teaming: _none, ...alone } = vf;
  t.deepEqual(interfaceDrift(vf, observe(alone)), [{ property: "teaming", wanted: teaming, observed: null }]);
});
