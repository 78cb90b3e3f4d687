import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { enter, type Namespace } from "./namespace.ts";

const libvirtdConfig = `
# Whoever may open the socket is root here: there is no polkit inside.
auth_unix_ro = "none"
auth_unix_rw = "none"
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
 * (those that libvirt ships) are taken over. Returns when virsh is answered: libvirtd goes into the background only then.
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
  await run(enter(hypervisor, ["virtlogd", "--daemon"]));
  await run(enter(hypervisor, ["libvirtd", "--daemon"]));
  await run(enter(hypervisor, ["virsh", "--connect", "qemu:///system", "list"]));
}
