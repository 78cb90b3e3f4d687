import { availableParallelism } from "node:os";
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

const look: Request = { steps: [{ verb: "read", path: "/sys/class/net/lo/address" }] };

test.serial(
  "requests that may gather share round trips where more are under way than an engine has by default",
  async (t) => {
    const host = openHost(sshd.connection);
    await host.request(look);
    const before = roundTrips();
    const many = 8 * availableParallelism();
    const answers = await Promise.all(
      Array.from({ length: many }, async (_, index) => {
        // As the engine's do: one behind the other, and all within the time that the first are held back.
        await sleep((index * 60) / many);
        return await host.request({ ...look, mayGather: true });
      }),
    );
    t.true(answers.every(({ results }) => results[0]?.stdout === "00:00:00:00:00:00\n"));
    t.true(roundTrips() - before <= many / 2, `${roundTrips() - before} round trips`);
  },
);

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
