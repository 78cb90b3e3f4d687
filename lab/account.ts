import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { helperPath } from "../provider/host/script/helper-path.ts";
import { installedHelper, sudoersFor } from "../provider/host/script/installed-helper.ts";
import { run } from "./command.ts";
import { enter, type Namespace } from "./namespace.ts";

/** Who may do no more than the provider. */
export const ordinaryUser = "operator";

interface Account {
  /** Lines of sudoers. */
  readonly sudoers?: string;
  readonly shell?: string;
}

/** An account of a hypervisor, in its own copy of /etc, nowhere else. */
export async function makeAccount(namespace: Namespace, user: string, { sudoers, shell = "/bin/sh" }: Account) {
  // A password of * matches none but, unlike !, does not lock the account, which sshd would refuse.
  await run(
    enter(namespace, ["useradd", "--create-home", "--no-user-group", "--shell", shell, "--password", "*", user]),
  );
  if (sudoers !== undefined) writeFileSync(join(namespace.folder, "etc/sudoers.d", user), sudoers, { mode: 0o440 });
}

/** Makes that account, and installs the host script for it as an administrator would (`pulumi-kvm-network helper`). */
export async function makeOrdinaryUser(namespace: Namespace): Promise<void> {
  writeFileSync(join(namespace.folder, helperPath), installedHelper, { mode: 0o755 });
  await makeAccount(namespace, ordinaryUser, { sudoers: sudoersFor(ordinaryUser) });
}
