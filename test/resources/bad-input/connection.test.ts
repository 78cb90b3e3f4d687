import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { mustNotBeShown } from "../../../lab/leaks.ts";
import { addUser } from "../../../lab/user.ts";
import { observe } from "../../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../../provider/host/open-host.ts";
import { lifecycle } from "../../../provider/resources/lifecycle.ts";
import type { Properties } from "../../../provider/resources/resource-kind.ts";
import { UNKNOWN } from "../../../provider/resources/unknown.ts";
import type { Connection } from "../../../provider/schema/connection.ts";
import { useBusyHost } from "./busy-host.ts";
import { ethernet, news, only, uplink } from "./given.ts";

// Accounts are what it is about: it makes its own.
const host = useBusyHost({ ordinaryUser: false });

/** One resource of each kind, which a host that can't be worked with refuses before anything is touched. */
const everyKind = (connection: Connection): readonly (readonly [string, Properties])[] => {
  const of = (title: string, inputs: Properties) => news(title, { ...inputs, connection });
  return [
    ["Uplink", of("any-uplink", { nic: "eth1", mtu: 1400 })],
    ["HostBridge", of("any-bridge", { uplink: uplink("eth1") })],
    ["MacvtapEndpoint", of("any-endpoint", { uplink: uplink("eth1"), mode: "vepa" })],
    ["VmInterface", of("any-vm", { bridge: ethernet("eth1"), domain: "off-1" })],
  ];
};

const refusedByHost = async (
  t: ExecutionContext,
  connection: Connection,
  code: string,
  says: RegExp,
  kinds = everyKind(connection),
): Promise<void> => {
  closeHosts();
  for (const [kind, given] of kinds) {
    const { inputs, failures } = lifecycle(kind).check({}, given);
    t.deepEqual(failures, []);
    const error = await t.throwsAsync(lifecycle(kind).create(inputs), { code }, kind);
    t.regex(error?.message ?? "", says, kind);
    t.false(error?.message.includes("PRIVATE KEY---"));
  }
  closeHosts();
};

const newKey = (): { privateKey: string; publicKey: string } => {
  const folder = mkdtempSync(join(tmpdir(), "kvmnet-key-"));
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
    const [privateKey, publicKey] = ["key", "key.pub"].map((file) => readFileSync(join(folder, file), "utf8"));
    return { privateKey: mustNotBeShown(privateKey ?? ""), publicKey: publicKey ?? "" };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test.serial("at the update: a host that shows another key", async (t) => {
  const hostKey = newKey().publicKey.split(" ").slice(0, 2).join(" ");
  await refusedByHost(t, { ...host().connection, hostKey }, "host-key-mismatch", /SHA256:.*SHA256:/s);
});

test.serial("at the update: a key that the host does not accept", async (t) => {
  await refusedByHost(
    t,
    { ...host().connection, privateKey: newKey().privateKey },
    "authentication-failed",
    /root@198\.\d+\.\d+\.\d+.*the connection's privateKey.*SHA256:/s,
  );
});

test.serial("at the update: a host where nothing listens", async (t) => {
  const nowhere = { ...host().connection, host: "127.0.0.1", port: 1, dialErrorLimit: 2, perDialTimeout: 1 };
  await refusedByHost(t, nowhere, "host-unreachable", /no SSH at .*127\.0\.0\.1.* after 2 attempts.*Is the host up/);
});

test.serial("at the update: a host that takes connections and never answers, in bounded time", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const silent = { ...host().connection, host: "127.0.0.1", port, dialErrorLimit: 1, perDialTimeout: 1 };
    const [first] = everyKind(silent);
    const start = performance.now();
    await refusedByHost(t, silent, "host-unreachable", /after 1 attempt: .*Is the host up/, first && [first]);
    t.true(performance.now() - start < 5000);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test.serial("at the update: an account that sudo refuses", async (t) => {
  const ordinary = await addUser(host().lab, "hv1", "ordinary");
  await refusedByHost(
    t,
    ordinary,
    "sudo-refused",
    /ordinary may not run `sudo -n \/bin\/sh` .*visudo -f .*ordinary ALL=\(root\) NOPASSWD: \/bin\/sh/s,
  );
});

/** The host without a command, in its own mount namespace: the folders of commands are overlaid by one that lacks it. */
const without = async (command: string, body: () => Promise<void>): Promise<void> => {
  const folders = (
    await host().run(`ls /usr/local/sbin/${command} /usr/local/bin/${command} /usr/sbin/${command} \
    /usr/bin/${command} 2>/dev/null | xargs -n1 dirname | sort -u || true`)
  )
    .split("\n")
    .filter((folder) => folder !== "");
  const hide = folders.map(
    (folder, index) => `
      mkdir -p /run/hidden/${index}
      mount -t tmpfs tmpfs /run/hidden/${index}
      mkdir /run/hidden/${index}/upper /run/hidden/${index}/work
      mknod /run/hidden/${index}/upper/${command} c 0 0
      mount -t overlay overlay -o lowerdir=${folder},upperdir=/run/hidden/${index}/upper,workdir=/run/hidden/${index}/work ${folder}`,
  );
  const show = folders.map((folder, index) => `umount -l ${folder}; umount -l /run/hidden/${index}`);
  await host().run(hide.join("\n"));
  try {
    await body();
  } finally {
    await host().run(`${show.join("\n")}\nrm -r /run/hidden`);
  }
};

const createsFail = async (t: ExecutionContext, kinds: readonly string[], says: RegExp): Promise<void> => {
  for (const [kind, given] of everyKind(host().connection).filter(([kind]) => kinds.includes(kind))) {
    const error = await t.throwsAsync(lifecycle(kind).create(lifecycle(kind).check({}, given).inputs));
    t.regex(error?.message ?? "", says, kind);
  }
};

test.serial("command missing: without ip nothing is begun, and what to install is said", async (t) => {
  closeHosts();
  await without("ip", async () => {
    t.not((await host().lab.exec("hv1", ["sh", "-c", "command -v ip"])).status, 0);
    const kinds = ["Uplink", "HostBridge", "MacvtapEndpoint", "VmInterface"];
    await createsFail(t, kinds, /`ip` ended with status 127.*Install iproute2 on the host/s);
  });
});

test.serial("command missing: without virsh nothing is begun, and what to install is said", async (t) => {
  closeHosts();
  await without("virsh", async () => {
    await createsFail(t, ["VmInterface"], /there is no virsh on .*: install libvirt there/);
    const [, , , vm] = everyKind(host().connection);
    const { failures } = lifecycle("VmInterface").check(
      {},
      { ...vm?.[1], hostFacts: await observe(openHost(host().connection)) },
    );
    only(t, failures, "domain", /there is no virsh on hv1: install libvirt there, or leave domain out/);
  });
  closeHosts();
});

test("a connection of which some is not known yet, where it should be text", (t) => {
  const given = { ...news("part-known", { nic: "eth1" }), connection: { host: { length: [UNKNOWN] } } };
  t.deepEqual(lifecycle("Uplink").check({}, given).failures, []);
});
