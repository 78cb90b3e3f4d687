import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { hostStatistics } from "../../provider/host/statistics.ts";
import { probe, type Sshd, startSshd, waitUntil } from "./sshd.ts";

test.afterEach.always(() => closeHosts());

const costs = () =>
  hostStatistics().find(({ host }) => host === "127.0.0.1") ?? { connections: 0, roundTrips: 0, requests: 0 };

const cut = (sshd: Sshd): void => {
  for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
};

/** The command's number, once it runs. */
const running = async (file: string): Promise<number> => {
  await waitUntil(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"), "the command");
  return Number(readFileSync(file, "utf8"));
};

for (const sh of ["dash", "bash", "busybox"] as const) {
  test.serial(
    `${sh}: a change that lost its connection ends with its command before the host is looked at`,
    async (t) => {
      const sshd = await startSshd({ sh });
      try {
        const host = openHost({ ...sshd.connection, dialErrorLimit: 10 });
        const [hung, second] = ["hung", "second"].map((name) => join(sshd.folder, name));
        const steps = [{ ...probe("hang-hung"), mayFail: true }, probe("once-second")];
        const change = host.request({ steps, change: "Test/x: hang" });
        const command = await running(hung ?? "");
        const before = costs();
        cut(sshd);
        await t.throwsAsync(change, { code: "outcome-unknown" });
        const look = host.request({ steps: [probe("say-look")] });
        await waitUntil(() => costs().connections > before.connections, "another connection");
        t.is(costs().roundTrips, before.roundTrips, "nothing is asked while the command runs");
        process.kill(command);
        t.is((await look).results[0]?.stdout, "look\0");
        t.false(existsSync(second ?? ""), "the request's next step was not begun");
      } finally {
        closeHosts();
        await sshd.stop();
      }
    },
  );

  test.serial(
    `${sh}: a session that waits for requests ends when it is told to, and no other process does`,
    async (t) => {
      const sshd = await startSshd({ sh });
      try {
        const [old, next] = [openHost(sshd.connection), openHost({ ...sshd.connection, sudo: true })];
        const hung = old.request({ steps: [probe("hang-hung")] });
        const command = await running(join(sshd.folder, "hung"));
        const shell = parentOf(command);
        const supersede = async (pid: number, began: string) =>
          (await next.request({ steps: [{ verb: "supersede", pid: String(pid), began }] })).results[0]?.status;

        t.is(await supersede(command, beganOf(command)), 2, "a command is no session");
        t.is(await supersede(shell, "1"), 0, "the number was another process's");
        process.kill(command);
        t.is((await hung).failed, 0, "the session is there, and answers");
        const began = beganOf(shell);
        t.is(await supersede(shell, began), 1);
        await waitUntil(async () => (await supersede(shell, began)) === 0, "the end of the session");
        // Its parent has yet to be told.
        await waitUntil(() => !existsSync(`/proc/${shell}`), "the end of its process");
      } finally {
        closeHosts();
        await sshd.stop();
      }
    },
  );
}

/** Fields of /proc/PID/stat from the third on. */
const statOf = (pid: number): string[] => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
const parentOf = (pid: number): number => Number(statOf(pid)[1]);
const beganOf = (pid: number): string => statOf(pid)[19] ?? "";
