import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { run } from "./command.ts";
import { LabError } from "./lab-error.ts";
import { enter, type Namespace } from "./namespace.ts";

const libvirtdConfig = `
# There is no polkit inside. Whoever may open the socket is root here: that is root alone.
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_rw_perms = "0700"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;

/** Guests run as root and unconfined: the namespaces are what keeps them in. */
const qemuConfig = `
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
cgroup_controllers = []
namespaces = []
`;

/**
 * Starts virtlogd and libvirtd with QEMU's driver. The machine's own domains and networks stay out: only its packet filters
 * (those that libvirt ships) are taken over. Returns when virsh is answered, QEMU's capabilities included.
 */
export async function startLibvirtDaemon(hypervisor: Namespace): Promise<void> {
  const configuration = join(hypervisor.folder, "etc/libvirt");
  rmSync(configuration, { recursive: true, force: true });
  mkdirSync(join(configuration, "qemu"), { recursive: true });
  mkdirSync(join(hypervisor.folder, "var/log/libvirt"), { recursive: true });
  if (existsSync("/etc/libvirt/nwfilter"))
    cpSync("/etc/libvirt/nwfilter", join(configuration, "nwfilter"), { recursive: true });
  writeFileSync(join(configuration, "libvirtd.conf"), libvirtdConfig);
  writeFileSync(join(configuration, "qemu.conf"), qemuConfig);
  copyCapabilities(capabilitiesCache(), join(hypervisor.folder, capabilities));
  try {
    await run(enter(hypervisor, ["virtlogd", "--daemon"]));
    await run(enter(hypervisor, ["libvirtd", "--daemon"]));
    await run(enter(hypervisor, ["virsh", "--connect", "qemu:///system", "version"]));
  } catch (error) {
    const hint = confined() ? ": AppArmor confines libvirtd, try aa-complain libvirtd" : "";
    throw new LabError("lab_libvirt", `libvirt did not start on ${hypervisor.name}${hint}`, { cause: error });
  }
  copyCapabilities(join(hypervisor.folder, capabilities), capabilitiesCache());
}

/** What libvirtd asked of QEMU, which takes it seconds. It asks again by itself when QEMU, libvirt or the kernel are others. */
const capabilities = "var/cache/libvirt/qemu/capabilities";

const capabilitiesCache = () => join(cacheFolder(), "libvirt-capabilities");

function copyCapabilities(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => name.endsWith(".xml"))) {
    const content = readFileSync(join(from, file));
    if (existsSync(join(to, file)) && readFileSync(join(to, file)).equals(content)) continue;
    const making = join(to, `${file}.${process.pid}`);
    writeFileSync(making, content);
    renameSync(making, join(to, file));
  }
}

function confined(): boolean {
  const profiles = "/sys/kernel/security/apparmor/profiles";
  return existsSync(profiles) && /libvirtd \(enforce\)/.test(readFileSync(profiles, "utf8"));
}
