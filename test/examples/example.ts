import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createStack, type Stack } from "../../lab/stack.ts";

const examples = join(import.meta.dirname, "../../examples");

export interface ExampleOptions {
  /** Values by path (`hypervisor.host`). */
  readonly config: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Shared with another stack. */
  readonly backend?: string;
}

/** A stack of an example: its files as they are in examples/, and nothing but configuration. */
export async function exampleStack(name: string, options: ExampleOptions): Promise<Stack> {
  const folder = join(examples, name);
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  const { backend, environment } = options;
  const stack = await createStack({
    project: name,
    program: files["index.ts"] ?? "",
    files,
    ...(backend === undefined ? {} : { backend }),
    ...(environment === undefined ? {} : { environment }),
  });
  const values = (flag: string, of: Readonly<Record<string, string>> = {}) =>
    Object.entries(of).flatMap(([path, value]) => [flag, `${path}=${value}`]);
  await stack.must([
    "config",
    "set-all",
    "--path",
    ...values("--plaintext", options.config),
    ...values("--secret", options.secrets),
  ]);
  return stack;
}

/** The values that tell an example how a host is reached; `at` is where it looks. What authenticates is given apart. */
export function addressConfig(
  at: string,
  { host, user, hostKey }: { readonly host: string; readonly user: string; readonly hostKey: string },
): Record<string, string> {
  return { [`${at}.host`]: host, [`${at}.user`]: user, [`${at}.hostKey`]: hostKey };
}
