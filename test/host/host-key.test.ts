import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import { type Sshd, startSshd } from "./sshd.ts";

let sshd: Sshd;
let home: string;
let unpinned: Connection;
/** The server has two keys; ssh2 would ask for the ed25519 one first. */
let ecdsa: string;

test.before(async () => {
  home = mkdtempSync(join(tmpdir(), "kvmnet-home-"));
  execFileSync("ssh-keygen", ["-q", "-t", "ecdsa", "-N", "", "-C", "", "-f", join(home, "ecdsa")]);
  sshd = await startSshd({ sshdConfig: `HostKey ${home}/ecdsa` });
  ecdsa = readFileSync(join(home, "ecdsa.pub"), "utf8").trim();
  mkdirSync(join(home, ".ssh"));
  process.env.HOME = home;
  const { hostKey: _key, ...rest } = sshd.connection;
  unpinned = { ...rest, dialErrorLimit: 10 };
});
test.beforeEach(() => writeKnown(""));
test.afterEach.always(() => closeHosts());
test.after.always(async () => {
  await sshd.stop();
  rmSync(home, { recursive: true });
});

const writeKnown = (text: string): void => writeFileSync(join(home, ".ssh/known_hosts"), `${text}\n`);

const ask = async (connection: Connection): Promise<number | undefined> =>
  (await openHost(connection).request({ steps: [{ verb: "run", argv: ["ip", "addr", "show", "dev", "lo"] }] }))
    .results[0]?.status;

const connectionsIn = (log: string): number => log.match(/^Connection from/gm)?.length ?? 0;
const authenticationsIn = (log: string): number => log.match(/^(Accepted|Failed|Postponed)/gm)?.length ?? 0;
const fingerprint = (key: string): string => {
  const line = execFileSync("ssh-keygen", ["-lf", "-"], { input: key, encoding: "utf8" });
  return line.split(" ")[1] ?? "";
};
const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const name = () => `[127.0.0.1]:${sshd.port}`;

test.serial("a pinned key is taken with and without a comment, and as a fingerprint", async (t) => {
  const [type, blob] = sshd.hostKey.split(" ");
  for (const hostKey of [
    sshd.hostKey,
    `${type} ${blob}`,
    `${type} ${blob} root@hv1 with words`,
    fingerprint(sshd.hostKey),
  ]) {
    t.is(await ask({ ...unpinned, hostKey }), 0, hostKey);
    closeHosts();
  }
});

test.serial("a server with several keys shows the one that is pinned or known", async (t) => {
  t.is(await ask({ ...unpinned, hostKey: ecdsa }), 0);
  closeHosts();
  writeKnown(`${name()} ${ecdsa}`);
  t.is(await ask(unpinned), 0);
});

test.serial("wrong host key: refused once, with both fingerprints, before anything is sent", async (t) => {
  const [before, authenticated] = [connectionsIn(sshd.log()), authenticationsIn(sshd.log())];
  const error = await t.throwsAsync(ask({ ...unpinned, hostKey: otherKey }), { code: "host-key-mismatch" });
  t.true(error?.message.includes(fingerprint(otherKey)));
  t.true(error?.message.includes(fingerprint(sshd.hostKey)));
  t.is(connectionsIn(sshd.log()) - before, 1);
  t.is(authenticationsIn(sshd.log()), authenticated);
});

test.serial("a pinned key of a type that the server does not have is refused once", async (t) => {
  execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", join(home, "rsa")]);
  const before = connectionsIn(sshd.log());
  await t.throwsAsync(ask({ ...unpinned, hostKey: readFileSync(join(home, "rsa.pub"), "utf8") }), {
    code: "host-key-mismatch",
    message: /shows no key of that type/,
  });
  t.is(connectionsIn(sshd.log()) - before, 1);
});

test.serial("a pinned key that is none is refused before connecting", async (t) => {
  const before = connectionsIn(sshd.log());
  await t.throwsAsync(ask({ ...unpinned, hostKey: "my key" }), { code: "host-key-mismatch", message: /neither/ });
  t.is(connectionsIn(sshd.log()), before);
});

test.serial("an unknown key is refused once, with what to pin", async (t) => {
  const before = connectionsIn(sshd.log());
  const error = await t.throwsAsync(ask(unpinned), { code: "host-key-unknown" });
  t.true(error?.message.includes(fingerprint(sshd.hostKey)));
  t.true(error?.message.includes(sshd.hostKey.split(" ").slice(0, 2).join(" ")));
  t.regex(error?.message ?? "", /ssh-keyscan -p \d+ 127\.0\.0\.1/);
  t.is(connectionsIn(sshd.log()) - before, 1);
});

test.serial("known_hosts is read: plain, hashed, with wildcards, several names", async (t) => {
  for (const names of [name(), `other,${name()}`, `[127.*]:${sshd.port}`, `[127.0.0.?]:${sshd.port}`, "*"]) {
    writeKnown(`# comment\n\nhost.example ${otherKey}\n${names} ${sshd.hostKey}`);
    t.is(await ask(unpinned), 0, names);
    closeHosts();
  }
  writeKnown(`${name()} ${sshd.hostKey}`);
  execFileSync("ssh-keygen", ["-q", "-H", "-f", join(home, ".ssh/known_hosts")], { stdio: "ignore" });
  t.regex(readFileSync(join(home, ".ssh/known_hosts"), "utf8"), /^\|1\|/);
  t.is(await ask(unpinned), 0);
});

test.serial("known_hosts: negated names, other ports and plain names are not it", async (t) => {
  for (const names of [`*,!${name()}`, "127.0.0.1", `[127.0.0.1]:${sshd.port + 1}`]) {
    writeKnown(`${names} ${sshd.hostKey}`);
    await t.throwsAsync(ask(unpinned), { code: "host-key-unknown" }, names);
    closeHosts();
  }
});

test.serial("known_hosts with another key, or with this one revoked, refuses", async (t) => {
  writeKnown(`${name()} ${otherKey}`);
  const error = await t.throwsAsync(ask(unpinned), { code: "host-key-mismatch" });
  t.true(error?.message.includes(fingerprint(otherKey)));
  closeHosts();
  writeKnown(`${name()} ${sshd.hostKey}\n@revoked * ${sshd.hostKey}`);
  await t.throwsAsync(ask(unpinned), { code: "host-key-mismatch", message: /revoked/ });
});

test.serial(
  "@cert-authority: a host certificate is no help, which is said, with the key to pin in its place",
  async (t) => {
    writeKnown(`@cert-authority * ${otherKey}`);
    await t.throwsAsync(ask(unpinned), {
      code: "host-key-unknown",
      message: /certificate authority .*not supported.*set `hostKey: "ssh-ed25519 AAAA/s,
    });
  },
);
