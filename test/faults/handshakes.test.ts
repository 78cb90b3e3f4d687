import { connect, createServer, type Server, type Socket } from "node:net";
import test from "ava";
import { dial } from "../../provider/host/dial.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { resolveHop } from "../../provider/host/resolve-hop.ts";
import { probe, waitUntil, withSshd } from "../host/sshd.ts";

test.afterEach.always(() => closeHosts());

const withServer = async (take: (socket: Socket) => void, body: (port: number) => Promise<void>): Promise<void> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    take(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await body(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};

const whoami = { steps: [probe("whoami")] };

test.serial("MaxStartups: many connections at once get past a strict one", async (t) => {
  await withSshd({ sshdConfig: "MaxStartups 10" }, async (sshd) => {
    // An attempt that sshd drops all the same, because it counts a login a little longer than we do, is repeated.
    const hop = { ...resolveHop(sshd.connection), dialErrorLimit: 10 };
    const dials = await Promise.allSettled(Array.from({ length: 30 }, () => dial(hop)));
    for (const dialled of dials) if (dialled.status === "fulfilled") dialled.value.close();
    t.is(dials.filter(({ status }) => status === "fulfilled").length, 30);
    const connections = sshd.log().match(/^Connection from/gm)?.length ?? 0;
    t.true(connections <= 35, `${connections} connections for 30`);
  });
});

test.serial(
  "MaxStartups: at most 8 handshakes at a time are under way with one sshd, and the others queue",
  async (t) => {
    const open = new Set<Socket>();
    let most = 0;
    let taken = 0;
    const turnAway = (): void => {
      for (const socket of open) socket.destroy();
    };
    const take = (socket: Socket): void => {
      open.add(socket);
      taken += 1;
      most = Math.max(most, open.size);
      socket.on("close", () => open.delete(socket));
      // The first are kept waiting until all who come at once are here.
      if (taken > 8) turnAway();
    };
    await withServer(take, async (port) => {
      const hop = {
        ...resolveHop({ host: "127.0.0.1", port, privateKey: "" }),
        dialErrorLimit: 1,
        perDialTimeoutSeconds: 30,
      };
      const dials = Promise.allSettled(Array.from({ length: 30 }, () => dial({ ...hop, privateKey: undefined })));
      await waitUntil(() => taken >= 8, "eight connections");
      turnAway();
      t.true((await dials).every(({ status }) => status === "rejected"));
      t.is(taken, 30);
      t.is(most, 8);
    });
  },
);

test.serial("MaxSessions: one is enough for all that is asked of a host at the same time", async (t) => {
  await withSshd({ sshdConfig: "MaxSessions 1" }, async (sshd) => {
    const ask = async () => (await openHost(sshd.connection).request(whoami)).results[0]?.stdout;
    t.deepEqual(
      await Promise.all(Array.from({ length: 20 }, ask)),
      Array.from({ length: 20 }, () => "0\n"),
    );
    t.is(sshd.log().match(/^Starting session: command/gm)?.length, 1);
  });
});

test.serial("PerSourcePenalties: who is turned away for a while comes back, and gets in", async (t) => {
  await withSshd({}, async (sshd) => {
    // As sshd does to a source that it holds off: closed before a word is said.
    let turnedAway = 0;
    const take = (socket: Socket): void => {
      turnedAway += 1;
      if (turnedAway <= 3) socket.destroy();
      else {
        const further = connect(sshd.port, "127.0.0.1");
        socket.pipe(further).pipe(socket);
        socket.on("close", () => further.destroy());
      }
    };
    await withServer(take, async (port) => {
      const { results } = await openHost({ ...sshd.connection, port, dialErrorLimit: 10 }).request(whoami);
      t.is(results[0]?.stdout, "0\n");
      t.is(turnedAway, 4);
    });
  });
});
