import type { ExecutionContext } from "ava";
import fc from "fast-check";
import type { z } from "zod";
import { parseDomainXml } from "../../provider/discovery/domain-xml.ts";
import { fromEngine } from "../../provider/dynamic/translate-unknown.ts";
import { interfaceDrift } from "../../provider/libvirt/interface-drift.ts";
import { buildInterfaceXml, type InterfaceSpec, parseInterfaceXml } from "../../provider/libvirt/interface-xml.ts";
import { buildNetworkXml, networkSpecOf } from "../../provider/libvirt/network-xml.ts";
import { specOf as networkOf } from "../../provider/resources/bridge-network.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import { specOf } from "../../provider/resources/vm-interface-spec.ts";
import { type HostBridgeInputs, hostBridgeInputsSchema } from "../../provider/schema/host-bridge.ts";
import { vmInterfaceInputsSchema } from "../../provider/schema/vm-interface.ts";
import { interfaceSpec } from "../libvirt/interface-spec-arbitrary.ts";
import { domainWith, schemaErrors, schemaTest } from "../libvirt/libvirt-schema.ts";
import { inputsOf } from "./hold.ts";
import { mutated } from "./hostile.ts";
import { type KindName, newsOf, withSeed } from "./kinds.ts";

type Tried = ReturnType<typeof inputsOf>;

/** Of the inputs that check takes as many as are to be tried, as the state has them. */
function* accepted<Inputs>(
  kind: KindName,
  schema: z.ZodType<Inputs>,
  isMeant: (inputs: Inputs) => boolean,
  tried: Tried,
) {
  let found = 0;
  for (let round = 0; found < tried.numRuns; round += 1) {
    for (const news of fc.sample(mutated(newsOf(kind)), { numRuns: 500, seed: tried.seed + round })) {
      const { inputs, failures } = lifecycle(kind).check({}, fromEngine(withSeed(news)));
      // What is not known yet is no state.
      const state = failures.length === 0 ? schema.safeParse(inputs).data : undefined;
      if (state === undefined || !isMeant(state)) continue;
      yield state;
      found += 1;
      if (found === tried.numRuns) return;
    }
  }
}

const perSchemaRun = 500;

/** One run of xmllint for many, and one for each where they are not all valid: which one it is. */
const valid = (
  t: ExecutionContext,
  schema: "domain" | "network",
  texts: readonly string[],
  document: (of: string) => string,
) => {
  for (let at = 0; at < texts.length; at += perSchemaRun) {
    const some = texts.slice(at, at + perSchemaRun);
    if (schemaErrors(schema, document(some.join(""))) === "") continue;
    for (const text of some) t.is(schemaErrors(schema, document(text)), "", text);
  }
};

schemaTest(
  "each interface that check takes is XML that libvirt's schema takes, reads back as it was built, and shows no drift",
  (t) => {
    const tried = inputsOf(t, "interface XML");
    const xmls: string[] = [];
    const isDone = (spec: InterfaceSpec) => {
      const xml = buildInterfaceXml(spec);
      t.deepEqual(parseInterfaceXml(xml), spec.kind === "hostdev" ? spec : { model: "virtio", ...spec });
      const [nic] = parseDomainXml(domainWith(xml)).interfaces;
      t.deepEqual(nic && interfaceDrift(spec, nic), []);
      xmls.push(xml);
    };
    const half = { ...tried, numRuns: Math.ceil(tried.numRuns / 2) };
    for (const inputs of accepted("VmInterface", vmInterfaceInputsSchema, () => true, half)) {
      isDone(specOf(inputs, { index: 0, pci: "0000:3b:10.0", device: "eth2v0" }));
    }
    for (const spec of fc.sample(interfaceSpec, half)) isDone(spec);
    t.is(xmls.length, 2 * half.numRuns);
    valid(t, "domain", xmls, domainWith);
  },
);

schemaTest(
  "each network of a bridge that check takes is XML that libvirt's schema takes, and reads back as it was built",
  (t) => {
    const xmls: string[] = [];
    const tried = inputsOf(t, "network XML");
    const hasNetwork = ({ network }: HostBridgeInputs) => network !== undefined;
    for (const inputs of accepted("HostBridge", hostBridgeInputsSchema, hasNetwork, tried)) {
      const spec = networkOf(inputs, inputs.network ?? "");
      const xml = buildNetworkXml(spec);
      t.deepEqual(networkSpecOf(xml), spec);
      xmls.push(xml);
    }
    for (const xml of xmls) t.is(schemaErrors("network", xml), "", xml);
  },
);
