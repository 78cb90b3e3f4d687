import { attempt } from "./command.ts";
import { LabError } from "./lab-error.ts";

/** What the lab runs, and the Debian and Ubuntu package that has it. */
const commands = {
  unshare: "util-linux",
  nsenter: "util-linux",
  ip: "iproute2",
  bridge: "iproute2",
  nft: "nftables",
  "ssh-keygen": "openssh-client",
  sshd: "openssh-server",
  lldpad: "lldpad",
  libvirtd: "libvirt-daemon",
  virtlogd: "libvirt-daemon",
  virsh: "libvirt-clients",
  "qemu-system-x86_64": "qemu-system-x86",
  busybox: "busybox-static",
  cpio: "cpio",
  mmdebstrap: "mmdebstrap",
  mke2fs: "e2fsprogs",
  ssh: "openssh-client",
} as const;

type LabCommand = keyof typeof commands;

const always: readonly LabCommand[] = ["unshare", "nsenter", "ip", "bridge", "nft", "ssh-keygen", "sshd"];

/**
 * What the kernel must have, tried in a namespace of the probe's own that ends with it: the names of those that fail are
 * printed. `host` is this machine's /dev, where the kernel makes the tap of a macvtap.
 */
const kernelProbe = `
ip link add name probe0 type veth peer name probe1 2>/dev/null || echo veth
ip link add name probe2 type bridge 2>/dev/null || echo bridge
ip link add link probe0 name probe3 type macvtap mode vepa 2>/dev/null || echo macvtap
[ -c /dev/net/tun ] || echo tun
mount -n -t sysfs sysfs /sys 2>/dev/null || echo sysfs
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null || echo cgroup2
`;

const kernelRemedies: Record<string, string> = {
  veth: "the kernel has no veth links: modprobe veth",
  bridge: "the kernel has no bridges: modprobe bridge",
  macvtap: "the kernel has no macvtap: modprobe macvtap",
  tun: "/dev/net/tun is missing: modprobe tun",
  sysfs: "sysfs cannot be mounted in a namespace: run outside of a container, or in a privileged one",
  cgroup2: "cgroup2 cannot be mounted: run outside of a container, or in a privileged one",
};

export interface LabParts {
  readonly libvirt: boolean;
  readonly lldp: boolean;
  readonly machines: boolean;
}

/** Why this machine cannot run the lab, a line each with what to do about it. Empty: it can. */
export async function missingRequirements(parts: Partial<LabParts>): Promise<string[]> {
  if (process.platform !== "linux") return ["the lab needs Linux: run it in a virtual machine"];
  if (process.getuid?.() !== 0) return ["the lab makes namespaces and links, which needs root: run it with sudo"];
  const wanted: LabCommand[] = [...always];
  if (parts.lldp) wanted.push("lldpad");
  if (parts.libvirt) wanted.push("libvirtd", "virtlogd", "virsh", "qemu-system-x86_64", "busybox", "cpio");
  if (parts.machines) wanted.push("mmdebstrap", "mke2fs", "ssh", "busybox", "cpio");
  const looked = await attempt([
    "sh",
    "-c",
    'for c; do command -v "$c" >/dev/null || echo "$c"; done',
    "sh",
    ...wanted,
  ]);
  const absent = looked.stdout.split("\n").filter((line): line is LabCommand => line in commands);
  const problems = absent.map((command) => `${command} is missing: apt-get install ${commands[command]}`);
  if (!absent.includes("unshare")) problems.push(...(await kernelProblems()));
  return problems;
}

async function kernelProblems(): Promise<string[]> {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--kill-child"];
  const probe = await attempt(["unshare", ...namespaces, "sh", "-c", kernelProbe]);
  if (probe.status !== 0 && probe.stdout === "")
    return [`namespaces cannot be made (${probe.stderr.trim()}): run outside of a container, or in a privileged one`];
  return probe.stdout.split("\n").flatMap((line) => kernelRemedies[line] ?? []);
}

export async function requireLab(parts: LabParts): Promise<void> {
  const problems = await missingRequirements(parts);
  if (problems.length > 0)
    throw new LabError(
      "lab_requirements",
      `this machine cannot run the lab:\n${problems.map((line) => `- ${line}`).join("\n")}`,
    );
}
