import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { noAnswer, type ScriptedHost } from "../transactions/scripted-host.ts";
import { actOf, actsOf, isRefused, made, silent, type Tried, takenBack, tried } from "../transactions/tried.ts";

test.serial(
  "the change is begun with its watchdog in one request, looked at, confirmed and closed; nothing is taken back",
  async (t) => {
    const it = await tried();
    t.deepEqual(it.answer, { results: [made] });
    t.deepEqual(actsOf(it), ["begin+proceed", "outcome", "commit", "outcome", "close"]);
    t.true(it.seconds < 2, `${it.seconds} s`);
  },
);

test.serial(
  "the host is told whose it is, what to bring back, what to remove, how long to wait, and the steps as they are",
  async (t) => {
    const { host } = await tried();
    const [begin, proceed] = host.only("begin+proceed").request.steps;
    t.like(begin, {
      verb: "transaction",
      act: "begin",
      seconds: 60,
      owner: "pulumi-kvm-network:acme/shop/dev:br@abcdef",
      links: ["eth0", "eth0.7"],
      made: ["br0"],
      request: "request 1\nstep must\n=run\n=ip\n=link\n=set\n=dev\n=eth0\n=mtu\n=9000\nend\n",
    });
    t.like(proceed, { verb: "transaction", act: "proceed" });
  },
);

test.serial("all of a transaction goes by one nonce, which the next one does not have", async (t) => {
  const nonces = async () => {
    const { host } = await tried({}, () => silent);
    return new Set(
      host.asked.flatMap(({ request }) => [
        request.transaction,
        ...request.steps.map((step) => (step.verb === "transaction" ? step.nonce : undefined)),
      ]),
    );
  };
  const [[one, ...more], [other]] = [[...(await nonces())], [...(await nonces())]];
  t.regex(one ?? "", /^[0-9a-f]{32}$/);
  t.deepEqual(more, []);
  t.not(one, other);
});

test.serial(
  "the beginning and the confirmation are announced as changes; looking, taking back and closing are not",
  async (t) => {
    const { host } = await tried();
    const change = "HostBridge/br: create the bridge br0 on eth0";
    t.is(host.only("begin+proceed").request.change, `${change} (the host takes it back after 60 s unless confirmed)`);
    t.is(host.only("commit").request.change, `${change}: confirmed`);
    t.deepEqual(host.asked.filter(({ request }) => request.change !== undefined).length, 2);
    // An engine that is gone keeps no host from being taken back.
    t.is((await tried({}, () => silent)).host.only("revert").request.change, undefined);
  },
);

test.serial(
  "an answer is waited for as long as what is asked for takes: the change its time, taking back 45 s, a look 5 s",
  async (t) => {
    const seconds = ({ host }: Tried, act: string) =>
      host.asked.find(({ what }) => what === act)?.request.deadlineSeconds;
    const confirmed = await tried();
    t.is(seconds(confirmed, "begin+proceed"), 60);
    t.is(seconds(confirmed, "outcome"), 5);
    t.is(seconds(confirmed, "commit"), 5);
    t.is(seconds(confirmed, "close"), 5);
    t.is(seconds(confirmed, "read"), 5);
    t.is(seconds(await tried({}, () => silent), "revert"), 45);
  },
);

test.serial("a probe is told how long to wait for an answer: 5 s, and no longer than there is time", async (t) => {
  const told: number[] = [];
  const problem = async (seconds: number) => {
    told.push(seconds);
    return silent;
  };
  await tried({}, undefined, { problem });
  t.deepEqual([...new Set(told)], [5, 4, 3, 2, 1]);
});

test.serial("where an answer comes that is small and none that is large, it is not confirmed", async (t) => {
  const it = await tried({
    before: ({ steps: [first] }) => {
      if (first?.verb === "read") throw noAnswer();
    },
  });
  isRefused(t, it, "taken-back", /a short answer comes and a longer one does not: is the MTU larger than the path's\?/);
  t.false(it.host.acts.includes("commit"));
});

test.serial("who had no time to answer any more does not hide why it was not confirmed", async (t) => {
  const problem = async (seconds: number) => {
    if (seconds < 5) throw noAnswer();
    return silent;
  };
  isRefused(t, await tried({}, undefined, { problem }), "taken-back", new RegExp(silent));
});

test.serial("behind the change everything goes over a connection that was made for it", async (t) => {
  const { host } = await tried();
  t.is(host.only("begin+proceed").connection, 1);
  t.deepEqual(new Set(host.asked.slice(1).map(({ connection }) => connection)), new Set([2]));
});

test.serial("nothing is probed before the change is made", async (t) => {
  const { probed } = await tried({ changeSeconds: 20 });
  t.is(probed.length, 1);
  t.true((probed[0] ?? 0) >= 20);
});

test.serial("what keeps it from being confirmed is looked for again until there is nothing", async (t) => {
  const it = await tried({}, (seconds) => (seconds < 31 ? silent : undefined));
  t.deepEqual(it.answer, { results: [made] });
  const { at } = it.host.only("commit");
  t.true(at >= 31 && at < 32, `${at} s`);
});

test.serial("a host is looked at a few times a second, not in a loop", async (t) => {
  const { probed } = await tried({}, (seconds) => (seconds < 31 ? silent : undefined));
  t.true(probed.length > 60 && probed.length <= 150, `${probed.length} probes in 30 s`);
});

test.serial("what ends in the last moment that leaves time for a round trip is confirmed", async (t) => {
  const it = await tried({}, (seconds) => (seconds < 55.5 ? silent : undefined));
  t.deepEqual(it.answer, { results: [made] });
});

test.serial("in the last four seconds nothing is probed or confirmed any more: it is taken back", async (t) => {
  const it = await tried({}, (seconds) => (seconds < 56.5 ? silent : undefined));
  isRefused(t, it, "taken-back", takenBack(silent));
  t.true((it.probed.at(-1) ?? 0) > 55, "asked until then");
  t.true(Math.max(...it.probed) < 56.1);
  t.false(it.host.acts.includes("commit"));
  t.true(it.seconds < 60, "and not left to the host's own deadline");
});

test.serial(
  "never confirmed while there is something against it: the host is asked to take it back, and the error says what",
  async (t) => {
    const it = await tried({}, () => silent);
    isRefused(t, it, "taken-back", takenBack(silent));
    t.deepEqual(actsOf(it), ["begin+proceed", "outcome", "revert", "outcome", "close"]);
  },
);

test.serial(
  "the time runs from when the change was begun, not from when it began to wait for another's transaction",
  async (t) => {
    const waits = (request: Request, host: ScriptedHost) => (actOf(request) === "begin" ? host.pass(70) : undefined);
    const it = await tried({ before: waits }, (seconds) => (seconds < 100 ? silent : undefined));
    t.deepEqual(it.answer, { results: [made] });
  },
);
