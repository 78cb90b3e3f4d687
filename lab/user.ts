import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import type { Lab, LabConnection } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { enter } from "./namespace.ts";

/**
 * Adds an ordinary user to a hypervisor (to its own copy of /etc, nowhere else), who logs in with the lab's key. `sudo`: what
 * sudoers says of this user, like `ALL=(root) NOPASSWD: ALL`; nothing when left out. Returns how to connect.
 */
export async function addUser(
  lab: Lab,
  hypervisor: string,
  user: string,
  options: { readonly sudo?: string; readonly shell?: string } = {},
): Promise<LabConnection> {
  const found = lab.hypervisors.find(({ name }) => name === hypervisor);
  if (found === undefined) throw new LabError("lab_user", `${hypervisor} is no hypervisor of the lab ${lab.name}`);
  const namespace = lab.namespace(hypervisor);
  // A password of * matches none but, unlike !, does not lock the account, which sshd would refuse.
  const shell = options.shell ?? "/bin/sh";
  await run(
    enter(namespace, ["useradd", "--create-home", "--no-user-group", "--shell", shell, "--password", "*", user]),
  );
  if (options.sudo !== undefined)
    writeFileSync(join(namespace.folder, "etc/sudoers.d", user), `${user} ${options.sudo}\n`, { mode: 0o440 });
  return { ...found.connection, user };
}
