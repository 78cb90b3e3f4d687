import test from "ava";
import fc from "fast-check";
import { type Vlan, vlanIdsOf, vlanListOf, vlanListSchema, vlanSchema } from "../../provider/schema/vlan.ts";

const messages = (value: unknown): string[] => vlanSchema.safeParse(value).error?.issues.map((i) => i.message) ?? [];

test("a VLAN is a number, or a trunk with a native VLAN and tagged ones", (t) => {
  const given: Vlan[] = [1, 4094, { tagged: [20] }, { native: 10, tagged: [20, "100-199"] }];
  for (const vlan of given) t.deepEqual(vlanSchema.parse(vlan), vlan);
  for (const vlan of [0, 4095, 1.5, "100", {}, { native: 10 }, { tagged: [] }, { tagged: [4095] }, { tagged: ["9-3"] }])
    t.not(messages(vlan).length, 0, JSON.stringify(vlan));
  t.deepEqual(messages({ native: 10, tagged: ["9-11"] }), [
    "the native VLAN is the untagged one: leave it out of tagged",
  ]);
});

test("a list of VLANs is written in one way, whatever the order and the overlaps", (t) => {
  t.deepEqual(vlanListSchema.parse([30, "12-14", 11, 10, 20, 14]), ["10-14", 20, 30]);
  t.deepEqual(vlanListSchema.parse([2, 1]), [1, 2]);
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 4094 })), (ids) => {
      const list = vlanListOf(ids);
      t.deepEqual(
        vlanIdsOf(list),
        ids.toSorted((a, b) => a - b),
      );
      t.deepEqual(vlanListSchema.parse(list), list);
    }),
    { numRuns: 50 },
  );
});
