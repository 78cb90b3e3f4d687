import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { mustNotBeShown } from "../../lab/leaks.ts";
import { useConfiguredCredentials } from "../../provider/host/credentials.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import { probe, type Sshd, startSshd, waitUntil } from "./sshd.ts";

let sshd: Sshd;
let home: string;
/** The connection without anything that authenticates. */
let bare: Connection;

test.before(async () => {
  sshd = await startSshd();
  home = mkdtempSync(join(tmpdir(), "kvmnet-home-"));
  mkdirSync(join(home, ".ssh"));
  process.env.HOME = home;
  delete process.env.SSH_AUTH_SOCK;
  const { privateKey: _key, ...rest } = sshd.connection;
  bare = { ...rest, dialErrorLimit: 10 };
});
test.afterEach.always(() => {
  closeHosts();
  useConfiguredCredentials({});
  for (const name of ["", "_PASSWORD"]) delete process.env[`PULUMI_KVM_NETWORK_PRIVATE_KEY${name}`];
  rmSync(join(home, ".ssh"), { recursive: true });
  mkdirSync(join(home, ".ssh"));
});
test.after.always(async () => {
  await sshd.stop();
  rmSync(home, { recursive: true });
});

const ask = async (connection: Connection): Promise<string | undefined> =>
  (await openHost(connection).request({ steps: [probe("whoami")] })).results[0]?.stdout;

const connectionsIn = (log: string): number => log.match(/^Connection from/gm)?.length ?? 0;

const newKey = (name: string, ...options: string[]): string => {
  const path = join(sshd.folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-C", "test", "-f", path, ...options]);
  return mustNotBeShown(readFileSync(path, "utf8"));
};

const encrypted = (name: string, passphrase: string): string => {
  const path = join(sshd.folder, name);
  writeFileSync(path, sshd.privateKey, { mode: 0o600 });
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", mustNotBeShown(passphrase), "-f", path]);
  return mustNotBeShown(readFileSync(path, "utf8"));
};

test.serial(
  "failed authentication: a key that is not accepted is tried once, and not again by those who ask later",
  async (t) => {
    const before = connectionsIn(sshd.log());
    const connection = { ...bare, privateKey: newKey("stranger", "-N", "") };
    const error = await t.throwsAsync(ask(connection), { code: "authentication-failed" });
    await t.throwsAsync(ask(connection), { code: "authentication-failed" });
    t.is(connectionsIn(sshd.log()) - before, 1);
    t.regex(error?.message ?? "", /root@127.0.0.1:\d+ .*tried once.*accepts publickey.*ssh-ed25519 SHA256:/s);
    t.false(error?.message.includes("PRIVATE KEY---"));
    t.is(await ask(sshd.connection), "0\n", "a right key given later is tried");
  },
);

test.serial("nothing to offer is an error that says where keys are looked for", async (t) => {
  await t.throwsAsync(ask(bare), {
    code: "authentication-failed",
    message: /there was to offer: nothing.*PULUMI_KVM_NETWORK_PRIVATE_KEY/s,
  });
});

test.serial("the environment's key is used", async (t) => {
  process.env.PULUMI_KVM_NETWORK_PRIVATE_KEY = encrypted("environment", "open sesame, says one");
  await t.throwsAsync(ask(bare), {
    code: "authentication-failed",
    message: /PULUMI_KVM_NETWORK_PRIVATE_KEY.*encrypted and no passphrase/,
  });
  process.env.PULUMI_KVM_NETWORK_PRIVATE_KEY_PASSWORD = "open sesame, says one";
  t.is(await ask({ ...bare, dialErrorLimit: 9 }), "0\n");
});

test.serial("the Pulumi configuration's key and user are used last", async (t) => {
  const { user: _user, ...rest } = bare;
  useConfiguredCredentials({ privateKey: sshd.privateKey, user: sshd.user });
  t.is(await ask({ ...rest, sudo: false }), "65533\n");
});

test.serial("a key file of the default names is used", async (t) => {
  writeFileSync(join(home, ".ssh/id_ed25519"), sshd.privateKey, { mode: 0o600 });
  t.is(await ask(bare), "0\n");
});

test.serial("an encrypted key file is named when nothing else opens the host", async (t) => {
  writeFileSync(join(home, ".ssh/id_ed25519"), encrypted("file", "secret words"), { mode: 0o600 });
  const error = await t.throwsAsync(ask(bare), { code: "authentication-failed" });
  t.regex(error?.message ?? "", /Not usable: the key file id_ed25519 \(it is encrypted and no passphrase is given\)/);
});

test.serial("a wrong passphrase is told from a missing one, and is not shown", async (t) => {
  const privateKey = encrypted("passphrase", "right as no other");
  const before = connectionsIn(sshd.log());
  const error = await t.throwsAsync(
    ask({ ...bare, privateKey, privateKeyPassword: mustNotBeShown("very wrong indeed") }),
    {
      code: "authentication-failed",
      message: /its passphrase is wrong/,
    },
  );
  t.false(error?.message.includes("very wrong indeed"));
  t.is(connectionsIn(sshd.log()), before);
  t.is(await ask({ ...bare, privateKey, privateKeyPassword: "right as no other" }), "0\n");
});

test.serial("a private key that is none says so", async (t) => {
  await t.throwsAsync(ask({ ...bare, privateKey: "/root/.ssh/id_ed25519" }), {
    code: "authentication-failed",
    message: /not a private key in PEM or OpenSSH format/,
  });
});

test.serial("an agent's keys are used, and a wrong key before them does no harm", async (t) => {
  const socket = join(sshd.folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  try {
    const environment = { ...process.env, SSH_AUTH_SOCK: socket };
    await waitUntil(() => {
      try {
        execFileSync("ssh-add", ["-q", join(sshd.folder, "client")], { env: environment, stdio: "ignore" });
        return true;
      } catch {
        return false;
      }
    }, "ssh-agent");
    t.is(await ask({ ...bare, agentSocketPath: socket }), "0\n");
    closeHosts();
    process.env.SSH_AUTH_SOCK = socket;
    writeFileSync(join(home, ".ssh/id_rsa"), newKey("other", "-N", ""), { mode: 0o600 });
    const before = connectionsIn(sshd.log());
    t.is(await ask({ ...bare, privateKey: newKey("wrong", "-N", "") }), "0\n");
    t.is(connectionsIn(sshd.log()) - before, 1);
  } finally {
    delete process.env.SSH_AUTH_SOCK;
    agent.kill();
  }
});

test.serial("an agent that is not there is named", async (t) => {
  await t.throwsAsync(ask({ ...bare, agentSocketPath: "/nowhere/agent" }), {
    code: "authentication-failed",
    message: /Not usable: the agent at \/nowhere\/agent \(no such socket\)/,
  });
});
