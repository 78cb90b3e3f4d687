import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";

/** A schema's fields as a program gives them: each may be another resource's output. */
export type FieldArgs<Schema extends z.ZodType> =
  z.input<Schema> extends infer Fields ? { [Field in keyof Fields]: pulumi.Input<Fields[Field]> } : never;
