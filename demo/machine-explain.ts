import { fileURLToPath } from "node:url";
import { run } from "../lab/command.ts";
import { labFolder } from "../lab/folder.ts";
import type { Lab } from "../lab/lab.ts";
import { clientKey } from "../lab/ssh-daemon.ts";
import { claim } from "./demo-failed.ts";
import { command, line, note } from "./screen.ts";

const cli = fileURLToPath(new URL("../cli/main.ts", import.meta.url));

/** Shows what `explain` says of one NIC: its table, and the notes to the row of its own switch. */
export async function explainNic(lab: Lab, nic: string): Promise<string> {
  const [machine] = lab.hypervisors;
  claim(machine !== undefined, "the lab should have a machine");
  const { host, user, hostKey } = machine.connection;
  command("$", `npx pulumi-kvm-network explain ${user}@${host}`);
  const key = ["--identity", clientKey(labFolder(lab.name)), "--host-key", hostKey];
  const said = await run([process.execPath, cli, "explain", `${user}@${host}`, ...key]);
  const table = said.split("\n\n").find((part) => part.startsWith(`${nic} `));
  claim(table !== undefined, `explain should tell of ${nic}:\n${said}`);
  const embedded = /^ {2}embedded .*$/m.exec(table)?.[0] ?? "";
  const numbers = [...embedded.matchAll(/\((\d+)\)/g)].map((each) => each[1]);
  const notes = numbers.flatMap((number) => {
    const text = new RegExp(`^\\(${number}\\) .*(?:\\n {5}.*)*`, "m").exec(said)?.[0];
    return text === undefined ? [] : [text];
  });
  line(table);
  line();
  for (const each of notes) line(each);
  note("Shortened: of one NIC, and of the notes those to its own switch, in the row embedded.");
  return [table, ...notes].join("\n");
}
