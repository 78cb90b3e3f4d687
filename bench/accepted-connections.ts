import { readFileSync } from "node:fs";
import type { Lab } from "../lab/lab.ts";
import { sshLog } from "../lab/ssh-daemon.ts";

/** How many connections each hypervisor's sshd has let in so far. */
export const acceptedConnections = (lab: Lab): number[] =>
  lab.hypervisors.map(
    ({ name }) => readFileSync(sshLog(lab.namespace(name)), "utf8").match(/^Accepted publickey/gm)?.length ?? 0,
  );
