import type { Lab } from "../lab/lab.ts";
import { claim } from "./demo-failed.ts";

/** Runs a command on a hypervisor that must succeed; gives what it printed. */
export async function mustRun(lab: Lab, hypervisor: string, argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.exec(hypervisor, argv);
  claim(status === 0, `${hypervisor}: ${argv.join(" ")} ended with ${status}: ${stderr.trim()}`);
  return stdout;
}
