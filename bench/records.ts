import { z } from "zod";
import type { Stack } from "../lab/stack.ts";

/** What this provider kept of a resource, for another provider to repeat. */
const recordSchema = z.object({
  id: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  outputs: z.record(z.string(), z.unknown()),
});
export type Records = Record<string, z.output<typeof recordSchema>>;

const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(recordSchema.partial().extend({ urn: z.string(), type: z.string() })),
  }),
});

const shownSecretSchema = z.object({ plaintext: z.string() });

/** A state shows a secret as an object that holds its JSON. */
const plain = (value: unknown): unknown => {
  const secret = shownSecretSchema.safeParse(value);
  if (secret.success) return JSON.parse(secret.data.plaintext);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
};

const properties = (value: unknown): Record<string, unknown> => {
  const { __provider, ...rest } = z.record(z.string(), z.unknown()).parse(plain(value));
  return rest;
};

/** What a stack keeps of each of its resources of this provider, by the name in the program. */
export const recordsOf = async (stack: Stack): Promise<Records> => {
  const state = stateSchema.parse(JSON.parse(await stack.must(["stack", "export", "--show-secrets"])));
  return Object.fromEntries(
    state.deployment.resources
      .filter(({ type }) => type.includes("kvm-network:"))
      .map(({ urn, id = "", inputs, outputs }) => [
        urn.slice(urn.lastIndexOf("::") + 2),
        { id, inputs: properties(inputs), outputs: properties(outputs) },
      ]),
  );
};
