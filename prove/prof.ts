import { createLab } from "../lab/lab.ts";
import { closeHosts } from "../provider/host/open-host.ts";
import fc from "fast-check";
import { build } from "./build.ts"; import { exchange } from "./exchange.ts"; import { labSize } from "./prove.ts"; import { topologies } from "./topology.ts"; import { reach } from "../provider/planning/index.ts";
const lab = await createLab({ name: "prof", ...labSize, libvirt: false });
try { for (const topology of fc.sample(topologies, { numRuns: 3, seed: 5 })) {
  const a = performance.now(); const built = await build(lab, topology); const b = performance.now();
  const observed = await exchange(built, topology); const c = performance.now();
  for (const o of observed) reach(built.fabric, o); const d = performance.now();
  await built.remove(); const e = performance.now();
  console.error(`stations ${built.endpoints.size} build ${b-a|0} exchange ${c-b|0} reach ${d-c|0} remove ${e-d|0}`);
}} finally { closeHosts(); await lab.down(); }
