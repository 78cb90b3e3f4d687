import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { attempt, type CommandResult } from "../../lab/command.ts";
import { labFolder } from "../../lab/folder.ts";
import { defineGuest } from "../../lab/guest.ts";
import { createLab, type Lab, type LabConnection } from "../../lab/lab.ts";
import { clientKey } from "../../lab/ssh-daemon.ts";
import type { Host } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { labName } from "../lab/lab-test.ts";
import { snapshotOf } from "../resources/host-snapshot.ts";

/** A hypervisor with a domain, and the account that sudo allows the installed host script alone. */
export interface OrdinaryUser {
  readonly lab: Lab;
  readonly connection: LabConnection;
  /** As the provider reaches it. */
  readonly host: Host;
  /** What the account itself runs, by SSH, with these bytes on standard input. */
  sh(command: string, input?: string | Buffer): Promise<CommandResult>;
  /** As root. */
  asRoot(script: string): Promise<string>;
  /** Whether anything that an escape would have done is there. */
  escaped(): boolean;
  /** All that is on the host, by its text or digest. */
  snapshot(): Promise<string>;
}

const ownFiles = "find /etc /root /usr/local /var/lib/libvirt -xdev -type f -exec sha256sum {} + | sort -k2";

export const useOrdinaryUser = (): (() => OrdinaryUser) => {
  let made: OrdinaryUser | undefined;
  test.before(async () => {
    const lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 1, ordinaryUser: true });
    made = await ordinaryUserOf(lab);
  });
  test.after.always(async () => {
    closeHosts();
    await made?.lab.down();
  });
  return () => {
    if (made === undefined) throw new Error("the lab did not start");
    return made;
  };
};

const ordinaryUserOf = async (lab: Lab): Promise<OrdinaryUser> => {
  const [hypervisor] = lab.hypervisors;
  if (hypervisor === undefined) throw new Error("a lab without hypervisors");
  const { connection } = hypervisor;
  const ssh = sshTo(lab, connection);
  const { folder } = lab.namespace("hv1");
  const asRoot = async (script: string): Promise<string> => {
    const { status, stdout, stderr } = await lab.exec("hv1", ["sh", "-ec", script]);
    if (status !== 0) throw new Error(`${script}: ${stderr}`);
    return stdout;
  };
  await defineGuest(lab, "hv1", "victim");
  await asRoot("ip link add br0 up type bridge");
  return {
    lab,
    connection,
    host: openHost(connection),
    sh: (command, input = "") => attempt([...ssh, command], { input, timeout: 20_000 }),
    asRoot,
    escaped: () => existsSync(join(folder, "root/escaped")),
    snapshot: async () => (await snapshotOf(lab, "hv1")) + (await asRoot(ownFiles)),
  };
};

/** OpenSSH's own client, with nothing of this user's configuration. */
const sshTo = (lab: Lab, { user, host, hostKey }: LabConnection): readonly string[] => {
  const folder = labFolder(lab.name);
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `${host} ${hostKey}\n`);
  const options = ["BatchMode=yes", `UserKnownHostsFile=${knownHosts}`, "LogLevel=ERROR"];
  return [
    "ssh",
    "-F",
    "none",
    "-i",
    clientKey(folder),
    ...options.flatMap((option) => ["-o", option]),
    `${user}@${host}`,
  ];
};
