import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { probe, type Sshd, startSshd, waitUntil } from "../host/sshd.ts";

let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd();
});
test.afterEach.always(() => closeHosts());
test.after.always(() => sshd.stop());

/** Takes until the test ends it. */
const held = (name: string, deadlineSeconds: number): Request => ({
  steps: [{ ...probe(`hang-${name}`), mayFail: true }],
  deadlineSeconds,
});

const end = async (name: string): Promise<void> => {
  const file = join(sshd.folder, name);
  await waitUntil(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"), "the command");
  process.kill(Number(readFileSync(file, "utf8")));
};

const realNow = Date.now;
const step = (milliseconds: number): void => {
  Date.now = () => realNow() + milliseconds;
};
test.afterEach.always(() => {
  Date.now = realNow;
});

const hour = 3_600_000;

test.serial(
  "clock stepped: what is waited for does not end when the clock is set forward, and ends when it is set back",
  async (t) => {
    const host = openHost(sshd.connection);
    const patient = host.request(held("forward", 60));
    await waitUntil(() => existsSync(join(sshd.folder, "forward")), "the command");
    step(hour);
    t.is(
      await Promise.race([patient.then(() => "ended"), host.request({ steps: [] }).then(() => "still waited for")]),
      "still waited for",
    );
    await end("forward");
    t.is((await patient).results.length, 1);

    const impatient = host.request(held("back", 0.5));
    await waitUntil(() => existsSync(join(sshd.folder, "back")), "the command");
    step(-hour);
    await t.throwsAsync(impatient, { code: "no-answer", message: /no answer within 0.5 s/ });
    await end("back");
  },
);

test.serial("slow host: the time of a request runs from when its turn comes, however long it queued", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ steps: [probe("whoami")] });
  const names = ["first", "second", "third"];
  const deadlineSeconds = 4;
  const answers = names.map((name) => host.request(held(name, deadlineSeconds)));
  const began = performance.now();
  for (const [index, name] of names.entries()) {
    const until = began + ((index + 1) / names.length) * (deadlineSeconds + 2) * 1000;
    await waitUntil(() => performance.now() > until, "this one's part of the time");
    await end(name);
  }
  t.is((await Promise.all(answers)).length, 3, "all are answered, in more time than one is given");
});
