import { inspect } from "node:util";
import test from "ava";
import { PartlyMade } from "../../provider/resources/partly-made.ts";

test("what a state keeps of something partly made, credentials too, is nothing that an error shows", (t) => {
  const error = new PartlyMade({ mtu: 1450 }, new Error("the link went away"));
  const properties = { connection: { privateKey: "not to be shown" } };
  error.keep("hv1/eth1", properties);
  t.deepEqual(error.properties, properties);
  t.regex(inspect(error, { depth: 9 }), /the link went away/);
  for (const shown of [inspect(error, { depth: 9 }), JSON.stringify(error), String(error)])
    t.false(shown.includes("not to be shown"), shown);
});
