import { parseArgs } from "node:util";
import { helperPath } from "../provider/host/script/helper-path.ts";
import { helperDigest, installedHelper, sudoersFor } from "../provider/host/script/installed-helper.ts";
import { UsageError } from "./usage-error.ts";

const sudoersPath = "/etc/sudoers.d/pulumi-kvm-network";

/** Whole or not at all, and sudoers(5) reads no file with a dot in its name. */
const install = (path: string, mode: string, check = ""): string =>
  `'umask 077; cat >${path}.new && chmod ${mode} ${path}.new &&${check} mv ${path}.new ${path}'`;

const usage = `usage: pulumi-kvm-network helper [--script | --digest | --sudoers USER]

The script that the provider runs on a hypervisor, for an account that is to do
no more than that: installed as a file of root's, it is all that sudo allows.
Without an option it tells how.

  --script         print the script, for
                   ${helperPath}
  --digest         print its SHA-256, in hexadecimal
  --sudoers USER   print the lines of sudoers that let USER (or %GROUP) run it
  --help
`;

const instructions = `An account that is not root can be let do what this provider does on a
hypervisor, and no more: docs/least-privilege.md of the project says what.

1. Install the script that the provider runs there, as a file of root's
   (sha256 ${helperDigest}):

   npx pulumi-kvm-network helper --script | ssh root@HOST \\
     ${install(helperPath, "0755")}

2. Let sudo allow the account just that file, by its digest:

   npx pulumi-kvm-network helper --sudoers USER | ssh root@HOST \\
     ${install(sudoersPath, "0440", ` visudo -cf ${sudoersPath}.new &&`)}

3. Name the account in the program's connection: { host: "HOST", user: "USER" }.
   The provider finds the script by itself. Look: \`npx pulumi-kvm-network explain
   USER@HOST --sudo\`

Another version of this package may need another script: it tells so, and both
steps are done again.
`;

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        script: { type: "boolean" },
        digest: { type: "boolean" },
        sudoers: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
};

/** Anything else would say something else in sudoers. */
const userName = (text: string): string => {
  if (/^%?[A-Za-z_][A-Za-z0-9_.-]{0,63}$/.test(text)) return text;
  throw new UsageError(
    `--sudoers ${JSON.stringify(text)}: the name of a user, or % and the name of a group, is wanted`,
  );
};

const asked = ({ script, digest, sudoers, help }: ReturnType<typeof parsed>): string => {
  if (help) return usage;
  const parts = [
    ...(script ? [installedHelper] : []),
    ...(digest ? [`${helperDigest}\n`] : []),
    ...(sudoers === undefined ? [] : [sudoersFor(userName(sudoers))]),
  ];
  if (parts.length > 1) throw new UsageError("one of --script, --digest and --sudoers at a time");
  return parts[0] ?? instructions;
};

/** The verb `helper`. */
export const helper = async (args: readonly string[]): Promise<void> => {
  process.stdout.write(asked(parsed(args)));
};
