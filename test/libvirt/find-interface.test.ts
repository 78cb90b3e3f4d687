import test from "ava";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";
import { findInterface, presence } from "../../provider/libvirt/find-interface.ts";
import { buildInterfaceXml, type InterfaceSpec } from "../../provider/libvirt/interface-xml.ts";
import type { DomainFacts } from "../../provider/schema/facts.ts";
import { domainWith } from "./libvirt-schema.ts";

const identity = { alias: "ua-web-1", mac: "52:54:00:00:00:01" };
const ours: InterfaceSpec = { kind: "bridge", bridge: "br0", ...identity };
const foreign: InterfaceSpec = { kind: "bridge", bridge: "br0", mac: identity.mac };

const interfaces = (...specs: InterfaceSpec[]) =>
  parseDomainXml(domainWith(specs.map(buildInterfaceXml).join(""))).interfaces;

const domain = (facts: Partial<DomainFacts>): DomainFacts => ({
  name: "web-1",
  uuid: "9d8f4c1e-5f1b-4d7c-9a4e-0d4d4e6b1a11",
  running: true,
  persistent: true,
  live: [],
  config: [],
  ...facts,
});

test("our alias counts before the MAC, also when the MAC was changed by hand", (t) => {
  const live = interfaces(foreign, { ...ours, mac: "52:54:00:00:00:99" });
  const found = findInterface(domain({ live }), identity);
  t.like(found.live, { whose: "ours", interface: { mac: "52:54:00:00:00:99" } });
  t.is(found.config, null);
});

test("an interface that only has our MAC is foreign", (t) => {
  const found = findInterface(domain({ live: interfaces(foreign), config: interfaces(foreign) }), {
    ...identity,
    mac: identity.mac.toUpperCase(),
  });
  t.is(found.live?.whose, "foreign");
  t.is(found.config?.whose, "foreign");
  t.is(presence(domain({ live: interfaces(foreign), config: interfaces(foreign) }), identity), "absent");
});

test("a running persistent domain needs both", (t) => {
  const [live, config] = [interfaces(ours), interfaces(ours)];
  t.is(presence(domain({ live, config }), identity), "complete");
  t.is(presence(domain({ live }), identity), "live-only");
  t.is(presence(domain({ config }), identity), "persistent-only");
  t.is(presence(domain({}), identity), "absent");
});

test("a domain that is shut off, or transient, needs the one that it has", (t) => {
  t.is(presence(domain({ running: false, config: interfaces(ours) }), identity), "complete");
  t.is(presence(domain({ persistent: false, live: interfaces(ours) }), identity), "complete");
  t.is(presence(domain({ running: false }), identity), "absent");
});
