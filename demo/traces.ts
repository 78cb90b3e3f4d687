import type { Lab } from "../lab/lab.ts";
import { mustRun } from "./must-run.ts";

export interface Trace {
  readonly command: string;
  readonly output: string;
  /** The few words of it that a person wants. */
  readonly brief: string;
}

/** What the provider could leave on a hypervisor: links with all their properties, ports of bridges, filters, NICs of VMs. */
export async function traces(lab: Lab, vms: Readonly<Record<string, readonly string[]>>): Promise<Trace[]> {
  const look = async (where: string, command: string, brief: (output: string) => string): Promise<Trace> => {
    const output = await mustRun(lab, where, command.split(" "));
    return { command: `${where}# ${command}`, output, brief: brief(output) };
  };
  const all = await Promise.all(
    Object.entries(vms).map(async ([name, domains]) => [
      await look(name, "ip -d -o link", (output) =>
        [...output.matchAll(/^\d+: ([^:@]+)/gm)].map((each) => each[1]).join(" "),
      ),
      await look(name, "bridge link", (output) => (output === "" ? "no port of any bridge" : output)),
      await look(name, "nft list ruleset", (output) => (output === "" ? "no rule" : output)),
      ...(await Promise.all(
        domains.map((domain) =>
          look(name, `virsh domiflist ${domain}`, (output) =>
            /\n -+\n*$|-\s*$/.test(output) ? "no NIC" : output.trim(),
          ),
        ),
      )),
    ]),
  );
  return all.flat();
}
