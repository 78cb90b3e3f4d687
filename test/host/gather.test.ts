import { setTimeout as sleep } from "node:timers/promises";
import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { hostStatistics } from "../../provider/host/statistics.ts";
import { type Sshd, startSshd } from "./sshd.ts";

let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd();
});
test.after.always(async () => {
  closeHosts();
  await sshd.stop();
});

const roundTrips = () => hostStatistics().reduce((sum, each) => sum + each.roundTrips, 0);

const look: Request = { steps: [{ verb: "read", path: "/proc/sys/kernel/ostype" }] };

test.serial("requests that may gather share round trips though each comes by itself", async (t) => {
  const host = openHost(sshd.connection);
  await host.request(look);
  const before = roundTrips();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      // As the engine's do: one behind the other, faster than a tenth of a second.
      await sleep(index * 10);
      return await host.request({ ...look, mayGather: true });
    }),
  );
  t.true(answers.every(({ results }) => results[0]?.stdout === "Linux\n"));
  // Some 50 ms of requests that come 10 ms apart travel together; half of that leaves room for a busy machine.
  t.true(roundTrips() - before <= 10, `${roundTrips() - before} round trips`);
});

test.serial("a request that may not gather takes those that wait along, at once", async (t) => {
  const host = openHost(sshd.connection);
  await host.request({ ...look, mayGather: true });
  const before = roundTrips();
  const answers = await Promise.all([
    host.request({ ...look, mayGather: true }),
    host.request({ ...look, mayGather: true }),
    host.request(look),
  ]);
  t.is(answers.length, 3);
  t.is(roundTrips() - before, 1);
});
