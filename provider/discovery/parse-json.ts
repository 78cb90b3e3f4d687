import type { z } from "zod";
import { FactsUnreadableError } from "./error.ts";

/** JSON that a command printed, held against the fields that are used of it. */
export function parseJson<Schema extends z.ZodType>(
  host: string,
  part: string,
  schema: Schema,
  text: string,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FactsUnreadableError(host, part, "it is not JSON", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FactsUnreadableError(host, part, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unexpected"}`);
}
