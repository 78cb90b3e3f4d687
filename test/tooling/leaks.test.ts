import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { leakCheck } from "../../tools/test/leaks.mjs";

const root = process.cwd();
const password = 'p"ss/word+& with blanks';

const lab = mkdtempSync(join(tmpdir(), "kvm-network-leak-lab-"));
const first = leakCheck();
test.after.always(() => {
  first.remove();
  rmSync(lab, { recursive: true });
});

/** What a test does in such a run. */
const inRun = (program: string, { environment } = first) =>
  execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, ...environment, PASSWORD: password, LAB: lab, ROOT: root },
    encoding: "utf8",
  });

inRun(`
  const { makeClientKey } = await import(process.env.ROOT + "/lab/ssh-daemon.ts");
  const { mustNotBeShown, wasShown } = await import(process.env.ROOT + "/lab/leaks.ts");
  await makeClientKey(process.env.LAB);
  mustNotBeShown(process.env.PASSWORD);
  wasShown("pulumi preview", "+ 7 to create");`);
const [key, publicKey] = ["client-key", "client-key.pub"].map((file) => readFileSync(join(lab, file), "utf8"));

/** A run with a key that a lab made in it, and a password. */
const run = (t: { teardown(end: () => void): void }) => {
  const check = leakCheck();
  t.teardown(check.remove);
  cpSync(first.folder, check.folder, { recursive: true });
  return check;
};

const encodings: Readonly<Record<string, (secret: string) => string>> = {
  "in clear": (secret) => secret,
  "indented, as YAML has it": (secret) => secret.replaceAll(/^/gm, "    "),
  "JSON-escaped": (secret) => JSON.stringify({ outputs: { connection: secret } }),
  "JSON-escaped twice": (secret) => JSON.stringify(JSON.stringify([secret])),
  "URL-encoded": (secret) => `https://hv1/?key=${encodeURIComponent(secret)}`,
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64 of a longer text": (secret) => Buffer.from(`{"k":"${secret}"}`).toString("base64"),
  "in base64 of a text one longer than that": (secret) => Buffer.from(`{ "k":"${secret}"}`).toString("base64"),
  "in base64, in lines of 76": (secret) =>
    (
      Buffer.from(`x ${secret}`)
        .toString("base64")
        .match(/.{1,76}/g) ?? []
    ).join("\n"),
  "in base64 for URLs": (secret) => Buffer.from(secret).toString("base64url"),
  "in hexadecimal": (secret) => Buffer.from(secret).toString("hex"),
};

test("what the tests show without their secrets is no leak, public keys and fingerprints are none", (t) => {
  const check = run(t);
  check.hear(`ok 1 - a key is used\n${publicKey}\nroot@198.18.0.2 SHA256:k3y\n-----BEGIN OPENSSH PRIVATE KEY-----\n`);
  t.deepEqual(check.leaks(), []);
});

for (const [how, encode] of Object.entries(encodings)) {
  test(`a lab's key ${how} in the output of a test is found`, (t) => {
    const check = run(t);
    check.hear(`ok 1 - some test\n# ${encode(key ?? "")}\n`);
    const leaks = check.leaks();
    t.true(leaks.length > 0);
    for (const leak of leaks) t.false(leak.includes(key?.slice(140, 160) ?? ""), "and not shown once more");
  });
}

for (const how of Object.keys(encodings).filter((each) => each !== "JSON-escaped twice")) {
  test(`a password ${how} in the output of a test is found`, (t) => {
    const check = run(t);
    check.hear(`ok 1 - some test\n${encodings[how]?.(password)}\n`);
    t.true(check.leaks().length > 0);
  });
}

test("a leak in what an engine printed, or in a state, says where", (t) => {
  const check = run(t);
  inRun(
    `
    const { wasShown } = await import(process.env.ROOT + "/lab/leaks.ts");
    wasShown("pulumi up", "fine");
    wasShown("the state shop/dev.json", JSON.stringify({ password: process.env.PASSWORD }));
    wasShown("pulumi destroy", "fine");`,
    check,
  );
  t.regex(check.leaks().join("\n"), /^the state shop\/dev\.json shows a secret/m);
});
