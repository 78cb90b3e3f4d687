import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { Connection, ProxyConnection } from "../../provider/schema/connection.ts";
import { probe, type Sshd, startSshd } from "./sshd.ts";

let servers: Sshd[];
let home: string;

test.before(async () => {
  servers = await Promise.all([startSshd(), startSshd(), startSshd()]);
  home = mkdtempSync(join(tmpdir(), "kvmnet-home-"));
  mkdirSync(join(home, ".ssh"));
  process.env.HOME = home;
});
test.afterEach.always(() => closeHosts());
test.after.always(async () => {
  for (const server of servers) await server.stop();
  rmSync(home, { recursive: true });
});

const at = (index: number): Sshd => {
  const server = servers[index];
  if (server === undefined) throw new Error(`no server ${index}`);
  return server;
};

const ask = async (connection: Connection): Promise<string | undefined> =>
  (await openHost(connection).request({ steps: [probe("whoami")] })).results[0]?.stdout;

const asBastion = ({ sudo: _sudo, proxy: _proxy, ...rest }: Connection): ProxyConnection => rest;

/** The host behind a bastion behind a bastion. */
const chain = (innerKey = at(1).hostKey): Connection => ({
  ...at(0).connection,
  proxy: { ...asBastion(at(1).connection), hostKey: innerKey, proxy: asBastion(at(2).connection) },
});

test.serial("a host behind two bastions is reached through both", async (t) => {
  const logins = () =>
    [0, 1, 2].map(
      (index) =>
        at(index)
          .log()
          .match(/^Accepted publickey/gm)?.length ?? 0,
    );
  const before = logins();
  t.is(await ask(chain()), "0\n");
  t.deepEqual(
    logins().map((count, index) => count - (before[index] ?? 0)),
    [1, 1, 1],
  );
});

test.serial("each bastion's key is checked", async (t) => {
  const wrong = chain(at(0).hostKey);
  await t.throwsAsync(ask(wrong), { code: "host-key-mismatch", message: new RegExp(`127.0.0.1:${at(1).port} shows`) });
});

test.serial("a host that its bastion does not reach is named with its bastion", async (t) => {
  const nobody = { ...at(0).connection, port: 1, proxy: asBastion(at(1).connection) };
  await t.throwsAsync(ask(nobody), {
    code: "host-unreachable",
    message: new RegExp(
      `no SSH at 127.0.0.1:1 through 127.0.0.1:${at(1).port} after 1 attempt: the bastion says: .*refused`,
    ),
  });
});

test.serial("~/.ssh/config: an alias with port, user, key file, known hosts and ProxyJump", async (t) => {
  const ssh = join(home, ".ssh");
  mkdirSync(join(ssh, "conf.d"));
  writeFileSync(join(ssh, "key"), at(0).privateKey, { mode: 0o600 });
  writeFileSync(join(ssh, "key1"), at(1).privateKey, { mode: 0o600 });
  writeFileSync(
    join(ssh, "known"),
    [0, 1].map((index) => `[127.0.0.1]:${at(index).port} ${at(index).hostKey}\n`).join(""),
  );
  writeFileSync(
    join(ssh, "config"),
    `# fleet\nInclude conf.d/*\nHost hv* !hv2\n  HostName=127.0.0.1\n  Port ${at(0).port}\n  User root\n  IdentityFile "~/.ssh/key"\n` +
      `  ProxyJump root@jump\nHost hv*\n  Port 1\nMatch host hv1\n  Port 2\nHost *\n  UserKnownHostsFile ~/.ssh/known\n`,
  );
  writeFileSync(
    join(ssh, "conf.d/jump"),
    `Host jump\n  HostName 127.0.0.1\n  Port ${at(1).port}\n  IdentityFile ${ssh}/key1\n`,
  );
  const before =
    at(1)
      .log()
      .match(/^Accepted publickey/gm)?.length ?? 0;
  t.is(await ask({ host: "hv1", dialErrorLimit: 1 }), "0\n");
  t.is(
    (at(1)
      .log()
      .match(/^Accepted publickey/gm)?.length ?? 0) - before,
    1,
  );
  rmSync(join(ssh, "config"));
});

test.serial("a chain of bastions that leads back to itself is told", (t) => {
  writeFileSync(join(home, ".ssh/config"), "Host a\n ProxyJump b\nHost b\n ProxyJump a\n");
  t.throws(() => openHost({ host: "a" }), { code: "host-unreachable", message: /lead back to themselves/ });
  rmSync(join(home, ".ssh/config"));
});

test.serial("a ProxyCommand is said not to be supported, instead of going around it", (t) => {
  writeFileSync(join(home, ".ssh/config"), "Host a\n ProxyCommand nc %h %p\nHost b\n ProxyCommand none\n");
  t.throws(() => openHost({ host: "a" }), { code: "host-unreachable", message: /ProxyCommand .*not supported/ });
  t.notThrows(() => openHost({ host: "b" }));
  rmSync(join(home, ".ssh/config"));
});

test.serial("a refused connection names address and attempts", async (t) => {
  const started = performance.now();
  await t.throwsAsync(ask({ ...at(0).connection, port: 1, dialErrorLimit: 3 }), {
    code: "host-unreachable",
    message: /no SSH at 127\.0\.0\.1:1 after 3 attempts: .*ECONNREFUSED/,
  });
  t.true(performance.now() - started < 5000);
});

/** A server that takes connections and never says anything. */
const silentServer = async (): Promise<{ port: number; taken: Socket[]; server: Server }> => {
  const taken: Socket[] = [];
  const server = createServer((socket) => taken.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, taken, server };
};

test.serial("a host that never answers is given up after its attempts", async (t) => {
  const { port, taken, server } = await silentServer();
  try {
    const started = performance.now();
    await t.throwsAsync(ask({ ...at(0).connection, port, perDialTimeout: 1, dialErrorLimit: 2 }), {
      code: "host-unreachable",
      message: /after 2 attempts: Timed out/,
    });
    t.true(performance.now() - started < 4000);
    t.is(taken.length, 2);
  } finally {
    for (const socket of taken) socket.destroy();
    server.close();
  }
});

test.serial("a name that does not exist is named", async (t) => {
  await t.throwsAsync(ask({ ...at(0).connection, host: "nowhere.invalid" }), {
    code: "host-unreachable",
    message: /nowhere\.invalid.*(ENOTFOUND|EAI_AGAIN)/,
  });
});
