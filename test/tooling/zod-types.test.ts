import test from "ava";
import { z } from "zod";
import type * as published from "../../tools/build/zod-types.d.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const schema = z.strictObject({
  text: z.string(),
  number: z.number().optional(),
  flag: z.boolean().default(false),
  word: z.enum(["veb", "vepa"]),
  list: z.array(z.literal("all")).nullable(),
  either: z.union([z.string(), z.number()]),
  record: z.record(z.string(), z.unknown()),
  mac: z.string().transform((text) => text.length),
});

type Published = published.ZodObject<{
  text: published.ZodString;
  number: published.ZodOptional<published.ZodNumber>;
  flag: published.ZodDefault<published.ZodBoolean>;
  word: published.ZodEnum<{ veb: "veb"; vepa: "vepa" }>;
  list: published.ZodNullable<published.ZodArray<published.ZodLiteral<"all">>>;
  either: published.ZodUnion<readonly [published.ZodString, published.ZodNumber]>;
  record: published.ZodRecord<published.ZodString, published.ZodUnknown>;
  mac: published.ZodPipe<published.ZodString, published.ZodTransform<number, string>>;
}>;

test("the published declarations give a schema the types that zod gives it", (t) => {
  // Checked by the compiler: another type than zod's makes these lines not compile.
  const output: Same<z.output<typeof schema>, published.output<Published>> = true;
  const input: Same<z.input<typeof schema>, published.input<Published>> = true;
  t.true(output && input);
  t.deepEqual(Object.keys(schema.shape).length, 8);
});
