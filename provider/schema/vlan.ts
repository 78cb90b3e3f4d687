import { z } from "zod";

/** IEEE 802.1Q-2018, 9.6: 0 stands for no VLAN, 4095 is reserved. */
export const highestVlanId = 4094;

export const vlanIdSchema = z
  .number()
  .int()
  .min(1, "a VLAN has an ID of 1 to 4094")
  .max(highestVlanId, "a VLAN has an ID of 1 to 4094");

/** IEEE 802.1Q-2018, 9.6: the priority code point has three bits. */
export const vlanPrioritySchema = z.number().int().min(0).max(7, "a priority (PCP) is 0 to 7");

/** IEEE 802.1Q-2018: the tag of a customer's VLAN, and that of a provider's. */
export const vlanProtocols = ["802.1Q", "802.1ad"] as const;

const rangePattern = /^([1-9]\d{0,3})-([1-9]\d{0,3})$/;

const endsOf = (entry: number | string): readonly [number, number] => {
  if (typeof entry === "number") return [entry, entry];
  const [, first, last] = rangePattern.exec(entry) ?? [];
  return [Number(first), Number(last)];
};

const rangeSchema = z
  .string()
  .regex(rangePattern, 'a range of VLANs looks like "100-199"')
  .refine((range) => {
    const [first, last] = endsOf(range);
    return first <= last && last <= highestVlanId;
  }, "a range of VLANs goes upwards, and to 4094 at most");

export type VlanList = readonly (number | string)[];

/** Every ID of a list, ascending. */
export const vlanIdsOf = (list: VlanList): number[] => {
  const ids = list.flatMap((entry) => {
    const [first, last] = endsOf(entry);
    return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  });
  return [...new Set(ids)].sort((a, b) => a - b);
};

/** The one way to write a set of VLANs: ascending, and as a range from three in a row on. */
export const vlanListOf = (ids: Iterable<number>): (number | string)[] => {
  const runs: [number, number][] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === id - 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs.flatMap(([first, last]): (number | string)[] => {
    if (last - first >= 2) return [`${first}-${last}`];
    return first === last ? [first] : [first, last];
  });
};

/** IDs and ranges, put into the one order and form in which they can be compared. */
export const vlanListSchema = z
  .array(z.union([vlanIdSchema, rangeSchema], { error: 'a VLAN (1 to 4094), or a range of them: "100-199"' }))
  .transform((list) => vlanListOf(vlanIdsOf(list)));

const trunkSchema = z
  .strictObject({
    /** The VLAN that the guest has untagged (the port's PVID). Default: none, untagged frames are dropped. */
    native: vlanIdSchema.optional(),
    /** The VLANs that the guest has tagged: IDs, and ranges such as "100-199". */
    tagged: vlanListSchema.refine((list) => list.length > 0, "a trunk has tagged VLANs: for one VLAN give its number"),
  })
  .refine(({ native, tagged }) => native === undefined || !vlanIdsOf(tagged).includes(native), {
    message: "the native VLAN is the untagged one: leave it out of tagged",
    path: ["native"],
  });

/** A number: access, untagged in the guest. `{ native, tagged }`: a trunk. */
export const vlanSchema = z.union([vlanIdSchema, trunkSchema], {
  error: 'a VLAN (1 to 4094), or a trunk: { native: 10, tagged: [20, "100-199"] }',
});
export type Vlan = z.output<typeof vlanSchema>;

/** As an interface has it, whoever wrote that. */
export const vlanFactsSchema = z.union([
  z.number().int(),
  z.object({ native: z.number().int().optional(), tagged: z.array(z.union([z.number().int(), z.string()])) }),
]);
