import { makeAccount } from "./account.ts";
import type { Lab, LabConnection } from "./lab.ts";
import { LabError } from "./lab-error.ts";

/**
 * Adds an ordinary user to a hypervisor (to its own copy of /etc, nowhere else), who logs in with the lab's key. `sudo`: what
 * sudoers says of this user, like `ALL=(root) NOPASSWD: ALL`; nothing when left out. Returns how to connect.
 */
export async function addUser(
  lab: Lab,
  hypervisor: string,
  user: string,
  { sudo, ...options }: { readonly sudo?: string; readonly shell?: string } = {},
): Promise<LabConnection> {
  const found = lab.hypervisors.find(({ name }) => name === hypervisor);
  if (found === undefined) throw new LabError("lab_user", `${hypervisor} is no hypervisor of the lab ${lab.name}`);
  const sudoers = sudo === undefined ? {} : { sudoers: `${user} ${sudo}\n` };
  await makeAccount(lab.namespace(hypervisor), user, { ...options, ...sudoers });
  return { ...found.connection, user };
}
