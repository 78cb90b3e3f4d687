import type { z } from "zod";
import { FactsUnreadableError } from "./error.ts";

/** iproute2 (lib/json_writer.c) writes what it does not know to escape as it is: a link's alias may hold any control character. */
const escapeControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for; a newline between values is JSON's own.
  text.replaceAll(/[\u0000-\u0009\u000b-\u001f]/g, (control) => JSON.stringify(control).slice(1, -1));

/** JSON that a command printed, held against the fields that are used of it. */
export function parseJson<Schema extends z.ZodType>(
  host: string,
  part: string,
  schema: Schema,
  text: string,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(escapeControls(text));
  } catch (cause) {
    throw new FactsUnreadableError(host, part, "it is not JSON", { cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FactsUnreadableError(host, part, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unexpected"}`);
}
