import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { review as reviewPreview } from "./review/review.ts";
import { UsageError } from "./usage-error.ts";

const usage = `usage: pulumi-kvm-network review [FILE] [--protect ONE,OTHER]…

Reads a preview (FILE, or standard input), and prints as Markdown which VMs gain or lose each other and what is realized
differently:

  pulumi preview --json --show-sames | npx pulumi-kvm-network review

  --protect ONE,OTHER   end with 1 when these two VmInterfaces would lose each other; may be repeated
`;

const pairOf = (text: string): readonly [string, string] => {
  const [one, other, ...more] = text.split(",").map((name) => name.trim());
  if (!one || !other || more.length > 0 || one === other)
    throw new UsageError(`--protect ${text}: two names are wanted, as in --protect web-1,db-1`);
  return [one, other];
};

const read = (file: string | undefined): string => {
  try {
    return readFileSync(file === undefined || file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new UsageError(`the preview can't be read: ${error instanceof Error ? error.message : error}`);
  }
};

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        protect: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
};

/** The verb `review`. */
export const review = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parsed(args);
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (positionals.length > 1) throw new UsageError(`review takes one file, not ${positionals.length}`);
  const protectedPairs = values.protect.map(pairOf);
  const { markdown, cuts } = reviewPreview(read(positionals[0]), protectedPairs);
  process.stdout.write(markdown);
  if (cuts.length > 0) process.exitCode = 1;
};
