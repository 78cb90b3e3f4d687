import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import test from "ava";
import { requestOrThrow } from "../../provider/host/command-failed.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { hostStatistics } from "../../provider/host/statistics.ts";
import { probe, type Sshd, startSshd, waitUntil } from "./sshd.ts";

let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd();
});
test.afterEach.always(() => closeHosts());
test.after.always(() => sshd.stop());

const file = (name: string): string => join(sshd.folder, name);
const costs = () =>
  hostStatistics().find(({ host }) => host === "127.0.0.1") ?? { connections: 0, roundTrips: 0, requests: 0 };

test.serial("requests that are made together travel together, and are answered on their own", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ steps: [probe("say-first")] });
  const before = costs();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => host.request({ steps: [probe(`status-${index % 3}`)] })),
  );
  t.is(costs().roundTrips - before.roundTrips, 1);
  t.is(costs().requests - before.requests, 50);
  t.deepEqual(
    answers.map(({ results, failed }) => [results[0]?.status, failed]),
    Array.from({ length: 50 }, (_, index) => [index % 3, index % 3 === 0 ? undefined : 0]),
  );
});

test.serial("who asks while a round trip is under way waits for the next one", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ steps: [probe("say-x")] });
  const before = costs().roundTrips;
  const first = host.request({ steps: [probe("flood-100000")] });
  await undefined;
  await new Promise((resolve) => setImmediate(resolve));
  const others = Array.from({ length: 20 }, () => host.request({ steps: [probe("say-x")] }));
  await Promise.all([first, ...others]);
  t.is(costs().roundTrips - before, 2);
});

test.serial("everyone in the process shares one connection to an address", async (t) => {
  const before = costs().connections;
  await Promise.all([1, 2, 3].map(() => openHost({ ...sshd.connection }).request({ steps: [probe("say-x")] })));
  t.is(costs().connections - before, 1);
  t.is(openHost(sshd.connection), openHost({ ...sshd.connection, hostKey: "SHA256:other" }));
});

test.serial("an idle connection that breaks is dialled again at the next request", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ steps: [probe("say-x")] });
  const before = costs().connections;
  for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
  await waitUntil(() => sshd.sessions().length === 0, "sessions gone");
  const { results } = await host.request({ steps: [probe("say-again")] });
  t.is(results[0]?.stdout, "again\0");
  t.is(costs().connections - before, 1);
});

test.serial("a look that loses its connection is repeated once", async (t) => {
  const host = openHost(sshd.connection);
  const { results } = await host.request({ steps: [probe("once-look")] });
  t.is(results[0]?.stdout, "again\n");
});

test.serial("a change that loses its connection is not repeated: its outcome is unknown", async (t) => {
  const host = openHost(sshd.connection);
  const change = host.request({ steps: [probe("once-change")], change: "Test/x: break" });
  const look = host.request({ steps: [probe("say-look")] });
  await t.throwsAsync(change, { code: "outcome-unknown", message: /connection broke.*Test\/x: break/s });
  t.is((await look).results[0]?.stdout, "look\0");
});

test.serial("a command that hangs is given up at its deadline, and the next request goes on", async (t) => {
  const host = openHost(sshd.connection);
  const hangs = (change?: string) =>
    host.request({
      steps: [probe("hang-hung")],
      deadlineSeconds: 0.5,
      ...(change !== undefined && { change }),
    });
  await t.throwsAsync(hangs(), { code: "no-answer", message: /no answer within 0.5 s/ });
  t.is((await host.request({ steps: [probe("say-on")] })).results[0]?.stdout, "on\0");
  await t.throwsAsync(hangs("Test/x: hang"), { code: "outcome-unknown" });
  // A change that hangs may do something yet: what is there is not told before it ends.
  const look = () => host.request({ steps: [probe("say-over")] });
  await t.throwsAsync(look(), { code: "change-under-way", message: /the process \d+ there .* Test\/x: hang/s });
  for (const pid of readFileSync(file("hung"), "utf8").split("\n").filter(Boolean)) process.kill(Number(pid));
  t.is((await look()).results[0]?.stdout, "over\0");
});

test.serial("what waits behind a hanging command in the same batch is not begun once nobody listens", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ steps: [probe("say-x")] });
  const hung = host.request({ steps: [probe("hang-hung2")], deadlineSeconds: 0.5 });
  const behind = host.request({ steps: [probe("once-begun")], change: "Test/x: behind" });
  await t.throwsAsync(hung, { code: "no-answer" });
  await t.throwsAsync(behind, { code: "outcome-unknown" });
  await waitUntil(() => sshd.sessions().length === 0, "session gone");
  const [pid = ""] = readFileSync(file("hung2"), "utf8").split("\n");
  const shell = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[3]);
  process.kill(Number(pid));
  await waitUntil(() => !existsSync(`/proc/${shell}`), "host script ends");
  t.false(existsSync(file("begun")));
});

test.serial("a change makes what was observed old, a look does not", async (t) => {
  const host = openHost(sshd.connection);
  const before = host.generation;
  await host.request({ steps: [probe("say-x")] });
  t.is(host.generation, before);
  const change = host.request({ steps: [probe("say-x")], change: "Test/x: y" });
  await change;
  t.is(host.generation, before + 2);
});

test.serial("an error names host, command, status and what it said", async (t) => {
  const host = openHost(sshd.connection);
  await t.throwsAsync(requestOrThrow(host, { steps: [probe("status-4")] }), {
    code: "command-failed",
    message: "127.0.0.1: `ethtool --show-priv-flags status-4` ended with status 4: err",
  });
  await t.throwsAsync(requestOrThrow(host, { steps: [probe("status-127")] }), { code: "command-missing" });
});

const program = (body: string): string => {
  const path = file(`program-${Math.random()}.mjs`);
  const openHostFile = resolve(import.meta.dirname, "../../provider/host/open-host.ts");
  writeFileSync(
    path,
    `const { openHost } = await import(${JSON.stringify(openHostFile)});
     const host = openHost(${JSON.stringify(sshd.connection)});
     const steps = [${JSON.stringify(probe("say-done"))}];
     ${body}`,
  );
  return path;
};

test.serial("a process ends by itself when its requests are answered", async (t) => {
  const path = program(`const { results } = await host.request({ steps }); console.log(results[0].stdout);`);
  const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 10_000 });
  t.is(stdout, "done\0\n");
});

test.serial("a change is announced on standard output in one plain line before it is done", async (t) => {
  const path = program(
    `await host.request({ steps, change: "Kind/a: one\\n\\u001b[31mline" }); console.log("answered");`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 10_000 });
  t.is(stdout, "[127.0.0.1] Kind/a: one [31mline\nanswered\n");
});

test.serial("a change does not leave when nobody reads the announcement", async (t) => {
  const path = program(`
    await host.request({ steps });
    await new Promise((resolve) => process.stdin.once("data", resolve));
    await host.request({ steps: [${JSON.stringify(probe("once-after"))}], change: "Kind/a: b" })
      .catch((error) => console.error(error.code));
    process.exit(0);`);
  const child = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  child.stdout.destroy();
  child.stdin.write("go\n");
  await new Promise((resolve) => child.once("exit", resolve));
  t.is(said, "engine-gone\n");
  t.false(existsSync(file("after")));
});
