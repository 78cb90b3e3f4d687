#!/usr/bin/env node
import { KvmNetworkError } from "../provider/schema/error.ts";
import { explain } from "./explain.ts";
import { helper } from "./helper.ts";
import { review } from "./review.ts";
import { UsageError } from "./usage-error.ts";

const usage = `usage: pulumi-kvm-network VERB …

  explain [USER@]HOST   what a hypervisor and its adjacent switch can do
  review [FILE]         what a preview changes: realizations, and who reaches whom
  helper                the script for accounts that are to do no more than the provider

pulumi-kvm-network VERB --help tells more.
`;

const verbs = new Map([
  ["explain", explain],
  ["review", review],
  ["helper", helper],
]);

const main = async ([verb, ...args]: readonly string[]): Promise<void> => {
  if (verb === "--help" || verb === "-h") {
    process.stdout.write(usage);
    return;
  }
  const run = verbs.get(verb ?? "");
  if (run === undefined) {
    const there = [...verbs.keys()].join(", ");
    throw new UsageError(verb === undefined ? `say what to do: ${there}` : `there is no verb ${verb}, but ${there}`);
  }
  await run(args);
};

// Whoever reads a part of it (`| head`) has what they wanted.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof KvmNetworkError)) throw error;
  const isUsage = error instanceof UsageError;
  process.stderr.write(`pulumi-kvm-network: ${error.message}${isUsage ? " (see --help)" : ""}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
