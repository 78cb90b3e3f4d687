import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SetUpError } from "./error.mjs";
import { output } from "./output.mjs";
import { progress } from "./progress.mjs";

/** What the lab runs, by Debian's names (the same in Debian 12, 13 and Ubuntu 24.04), and the commands to look for elsewhere. */
const packages = {
  "openssh-server": ["sshd"],
  "openssh-client": ["ssh", "ssh-keygen"],
  "libvirt-daemon": ["libvirtd", "virtlogd"],
  "libvirt-daemon-driver-qemu": [],
  "libvirt-daemon-system": [],
  "libvirt-clients": ["virsh", "virt-xml-validate"],
  "qemu-system-x86": ["qemu-system-x86_64"],
  lldpad: ["lldpad", "lldptool"],
  lldpd: ["lldpd", "lldpcli"],
  systemd: ["networkctl"],
  "dbus-daemon": ["dbus-daemon"],
  nftables: ["nft"],
  iproute2: ["ip", "bridge", "tc"],
  tcpdump: ["tcpdump"],
  "busybox-static": ["busybox"],
  cpio: ["cpio"],
  mmdebstrap: ["mmdebstrap"],
  e2fsprogs: ["mke2fs"],
  "libxml2-utils": ["xmllint"],
  sudo: ["sudo"],
  kmod: ["modprobe"],
  procps: ["ps", "sysctl"],
};

const leftover = "/usr/sbin/policy-rc.d";

function isCommand(name) {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The packages that dpkg does not have; its status file is read because dpkg-query fails when it knows none of the names. */
function missingPackages() {
  const stanzas = readFileSync("/var/lib/dpkg/status", "utf8").split("\n\n");
  const installed = new Set();
  for (const stanza of stanzas) {
    if (/^Status: .* installed$/m.test(stanza)) installed.add(/^Package: (.*)$/m.exec(stanza)?.[1]);
  }
  return Object.keys(packages).filter((name) => !installed.has(name));
}

const hasLeftover = () => existsSync(leftover) && readFileSync(leftover, "utf8").includes("pulumi-kvm-network");

/** What is missing for the lab, and how to get it; undefined when it can run. Installs what it can. */
export async function labProblem(root) {
  if (process.platform !== "linux") return "The lab is made of Linux network namespaces: run this on Linux.";
  const isRoot = process.getuid?.() === 0;
  const script = join(root, "tools", "setup", "install-quietly.sh");
  const asRoot = "The lab makes network namespaces, which needs root";
  if (!existsSync("/var/lib/dpkg/status") || !isCommand("apt-get")) {
    const missing = Object.values(packages)
      .flat()
      .filter((name) => !isCommand(name));
    if (missing.length > 0)
      return `The lab needs commands that this machine does not have: ${missing.join(", ")}. Install them and try again.`;
    return isRoot ? undefined : `${asRoot}: run the same command as root.`;
  }
  const missing = missingPackages();
  if (!isRoot) {
    const first =
      missing.length > 0
        ? `\nTo install only its packages, without starting their services:\n  sudo sh ${script} ${missing.join(" ")}`
        : "";
    return `${asRoot}: run the same command as root (sudo -E env "PATH=$PATH" npm …).${first}`;
  }
  if (missing.length > 0 || hasLeftover()) {
    await progress(`installing the lab's packages, nothing of them started (${missing.join(", ")})`, () =>
      output("The lab's packages", "sh", [script, ...missing]),
    );
    const still = missingPackages();
    if (still.length > 0) throw new SetUpError(`apt-get installed no ${still.join(", ")}, which the lab needs.`);
  }
  return undefined;
}
