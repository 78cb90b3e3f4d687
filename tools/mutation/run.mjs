// `npm run mutation [-- FILE…]`: changes the pure layers, and what decides about transactions, in small ways, and tells which changes
// no test notices. Minutes for functions; what is done at import (tables, schemas) takes a process a change, and all together about an
// hour on two processors. Ends with 1 below the score that stryker.json asks for.
import { Stryker } from "@stryker-mutator/core";

const files = process.argv.slice(2);
await new Stryker({
  configFile: "tools/mutation/stryker.json",
  ...(files.length === 0 ? {} : { mutate: files }),
}).runMutationTest();
