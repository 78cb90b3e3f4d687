import type { TestFn } from "ava";
import type { Host, Request } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { type Sshd, startSshd } from "./sshd.ts";

export const shells = ["dash", "bash", "busybox"] as const;

/** A server with each of the shells, for the tests of one file. */
export const useShells = (test: TestFn) => {
  const running = new Map<string, Sshd>();
  test.before(async () => {
    for (const sh of shells) running.set(sh, await startSshd({ sh }));
  });
  test.after.always(async () => {
    closeHosts();
    for (const sshd of running.values()) await sshd.stop();
  });
  const hostOf = (sh: string): Host => {
    const sshd = running.get(sh);
    if (sshd === undefined) throw new Error(`no sshd with ${sh}`);
    return openHost(sshd.connection);
  };
  return { running, hostOf };
};

export const one = async (host: Host, step: Request["steps"][number]) =>
  (await host.request({ steps: [step] })).results[0];
