import type { Step, StepResult } from "../host/host.ts";

type Run = Extract<Step, { verb: "run" }>;

/** A virsh command on the system's QEMU driver, whatever the user's default is. */
export function virsh(...words: string[]): Run {
  return { verb: "run", argv: ["virsh", "-q", "-c", "qemu:///system", ...words] };
}

/** The same with XML on standard input, for the commands that read a file. */
export function virshWithXml(xml: string, ...words: string[]): Run {
  return { ...virsh(...words, "--file", "/dev/stdin"), input: xml };
}

/**
 * What a failed virsh command means, by libvirt's messages (the host script runs it in the C locale):
 * the domain or network is not there; the device is not; it is being unplugged already, or the guest holds on to it;
 * the daemon does not answer.
 */
export type VirshProblem = "no-domain" | "no-network" | "no-device" | "unplugging" | "no-daemon";

const problems: readonly (readonly [RegExp, VirshProblem])[] = [
  [/failed to get domain|Domain not found/, "no-domain"],
  [/failed to get network|Network not found/, "no-network"],
  [/device not found|no device (matching|found)/, "no-device"],
  [/already in the process of unplug|Unable to detach device .* timed out/i, "unplugging"],
  [
    /failed to connect to the hypervisor|End of file while reading data|Cannot recv data|connection closed/i,
    "no-daemon",
  ],
];

/** Null: it succeeded, or failed on something else. */
export function virshProblem({ status, stderr }: Pick<StepResult, "status" | "stderr">): VirshProblem | null {
  if (status === 0) return null;
  return problems.find(([pattern]) => pattern.test(stderr))?.[1] ?? null;
}
