import type { MachineFleet } from "./machine-fleet.ts";
import { machineVms } from "./machine-fleet.ts";
import type { Trace } from "./traces.ts";

const looks: readonly { readonly command: string; readonly brief: string }[] = [
  { command: "cat /sys/class/net/enp1s0/device/sriov_numvfs", brief: "no VF" },
  { command: "ip -br link | grep -o '^enp1s0[^ ]*'", brief: "the NIC alone" },
  { command: "find /etc /run/systemd -name '*pulumi*'", brief: "no file of ours" },
  ...machineVms.map((name) => ({ command: `virsh -q domiflist ${name}`, brief: "no NIC" })),
];

/** What the provider could leave on the machine. */
export async function machineTraces({ sh }: MachineFleet): Promise<Trace[]> {
  const all: Trace[] = [];
  for (const { command, brief } of looks) all.push({ command: `m1# ${command}`, output: await sh(command), brief });
  return all;
}
