import test, { type ExecutionContext } from "ava";
import { CommandFailed } from "../../provider/host/command-failed.ts";
import type { Answer, Request } from "../../provider/host/host.ts";
import { HostError, type HostErrorCode } from "../../provider/host/host-error.ts";
import { type Transaction, transact } from "../../provider/host/transaction.ts";
import { inNoTime } from "../transactions/in-no-time.ts";
import { noAnswer, outcomeUnknown, type Script, ScriptedHost, unreachable } from "../transactions/scripted-host.ts";

const steps = [{ verb: "run", argv: ["ip", "link", "set", "dev", "eth0", "mtu", "9000"] }] as const;
const made = { status: 0, stdout: "made", stderr: "" };
const silent = "the gateway 192.0.2.1 does not answer on br0";

interface Tried {
  readonly host: ScriptedHost;
  /** When each question was asked what keeps it from being confirmed. */
  readonly probed: readonly number[];
  readonly seconds: number;
  readonly answer?: Answer;
  readonly error?: unknown;
}

/** A change by a transaction of a minute, with a host of that script; `problem` as it is at a moment. */
const tried = (
  script: Script = {},
  problem: (seconds: number) => string | undefined = () => undefined,
  different: Partial<Transaction> = {},
): Promise<Tried> =>
  inNoTime(async () => {
    const host = new ScriptedHost(script);
    const probed: number[] = [];
    const transaction: Transaction = {
      owner: "pulumi-kvm-network:acme/shop/dev:br@abcdef",
      change: "HostBridge/br: create the bridge br0 on eth0",
      steps,
      links: ["eth0", "eth0.7"],
      made: ["br0"],
      rollbackSeconds: 60,
      problem: async () => {
        probed.push(host.seconds);
        return problem(host.seconds);
      },
      ...different,
    };
    const ended = await transact(host, transaction).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    return { host, probed, seconds: host.seconds, ...ended };
  });

const isRefused = (t: ExecutionContext, { error }: Tried, code: HostErrorCode, says: string | RegExp): HostError => {
  if (!(error instanceof HostError)) throw new Error(`no error of the host's: ${error}`);
  t.is(error.code, code, error.message);
  t.is(error.host, "hv1");
  if (typeof says === "string") t.is(error.message, says);
  else t.regex(error.message, says);
  return error;
};

/** Each act once, whoever asked for the outcome as often as it took. */
const actsOf = ({ host }: Tried): string[] => host.acts.filter((act, index, all) => act !== all[index - 1]);

const actOf = ({ steps: [first] }: Request) => (first?.verb === "transaction" ? first.act : undefined);

const takenBack = (why: string): string =>
  `hv1: HostBridge/br: create the bridge br0 on eth0: ${why}. The host has taken it back: its network is as before.`;

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

test.serial("a step that fails: the host has taken it back by then, and the error is that step's", async (t) => {
  const it = await tried({
    fails: true,
    results: [{ status: 2, stdout: "", stderr: "RTNETLINK answers: File exists\n" }],
  });
  const command = "`ip link set dev eth0 mtu 9000` ended with status 2: RTNETLINK answers: File exists";
  const { cause } = isRefused(t, it, "taken-back", takenBack(`hv1: ${command}`));
  t.true(cause instanceof CommandFailed);
  t.deepEqual(it.probed, []);
  t.true(it.seconds < 4, `${it.seconds} s`);
});

test.serial("a step that may fail is not what a change was taken back for", async (t) => {
  const it = await tried({ results: [made, { status: 1, stdout: "", stderr: "no such file" }] }, () => silent, {
    steps: [...steps, { verb: "set", path: "/proc/sys/net/ipv6/conf/br0/disable_ipv6", value: "1", mayFail: true }],
  });
  t.is(isRefused(t, it, "taken-back", takenBack(silent)).cause, undefined);
});

test.serial("what could not be taken back is another error: it says what differs, and what to do first", async (t) => {
  const it = await tried({ differs: "eth0: mtu 9000 instead of 1500" }, () => silent);
  isRefused(
    t,
    it,
    "not-taken-back",
    `hv1: HostBridge/br: create the bridge br0 on eth0: ${silent}. What was begun could not be taken back (revert_failed): ` +
      "eth0: mtu 9000 instead of 1500. See to the host's network before anything else; " +
      "/run/pulumi-kvm-network/txn there has what it was.",
  );
});

test.serial("taking back is waited for as long as it takes, to 45 s behind the deadline", async (t) => {
  const it = await tried({ takingBackSeconds: 40 }, () => silent);
  isRefused(t, it, "taken-back", takenBack(silent));
  t.true(it.seconds > 95 && it.seconds < 100, `${it.seconds} s`);
});

test.serial("who is still at it then has not taken it back", async (t) => {
  const it = await tried({ takingBackSeconds: 1000 }, () => silent);
  isRefused(t, it, "not-taken-back", /What was begun could not be taken back \(reverting\): \. See to the host/);
  t.true(it.seconds > 105 && it.seconds < 106, `${it.seconds} s`);
  t.is(it.host.acts.at(-1), "close");
});

test.serial(
  "a host that was restarted knows nothing of it: the outcome is unknown, and how to see it is said",
  async (t) => {
    const it = await tried({ restartsAt: 10 }, () => silent);
    isRefused(
      t,
      it,
      "outcome-unknown",
      `hv1: HostBridge/br: create the bridge br0 on eth0: ${silent}. The host knows nothing of it: it was not begun, or the host ` +
        "was restarted meanwhile. Its network is as before, or as after a start: `pulumi refresh` shows it.",
    );
    t.true(it.seconds < 12, "at once");
  },
);

test.serial(
  "a beginning that is refused is the error: there is nothing to look at, to take back or to close",
  async (t) => {
    for (const code of ["host-busy", "host-unreachable", "engine-gone"] as const) {
      const refusal = new HostError(code, "hv1", "as the lane says");
      const it = await tried({
        before: () => {
          throw refusal;
        },
      });
      t.is(it.error, refusal);
      t.deepEqual(it.host.acts, ["begin+proceed"]);
    }
  },
);

test.serial("a fault of one's own while it is begun is not taken for an answer that was lost", async (t) => {
  const fault = new TypeError("outcome-unknown");
  const it = await tried({
    behind: () => {
      throw fault;
    },
  });
  t.is(it.error, fault);
});

test.serial("without a watchdog the error is what the host said of it", async (t) => {
  const refused = await tried({ refuses: "sh: setsid: not found\nno watchdog, no change\n" });
  isRefused(t, refused, "command-failed", /^hv1: `begin a transaction` ended with status 1: sh: setsid.*no change$/s);
  t.deepEqual(refused.host.acts, ["begin+proceed"]);
});

/** The first request of an act, or what asked for it, meets with this. */
const once = (act: string, fault: () => Error) => {
  let isOver = false;
  return (request: Request) => {
    if (isOver || actOf(request) !== act) return;
    isOver = true;
    throw fault();
  };
};

test.serial("the answer to the beginning is lost: the change goes on, and is confirmed", async (t) => {
  const it = await tried({ behind: once("begin", outcomeUnknown) });
  t.deepEqual(it.answer, { results: [made] });
});

test.serial("the beginning is lost on its way: the host knows nothing of it", async (t) => {
  const it = await tried({ before: once("begin", outcomeUnknown) });
  isRefused(t, it, "outcome-unknown", /: it was not done in time\. The host knows nothing of it/);
});

test.serial("every question without an answer is asked again over another connection", async (t) => {
  const it = await tried({
    changeSeconds: 5,
    before: (request, host) => {
      if (actOf(request) === "outcome" && host.seconds < 5) throw noAnswer();
    },
  });
  t.deepEqual(it.answer, { results: [made] });
  const looks = it.host.asked.filter(({ what, at }) => what === "outcome" && at < 5);
  t.true(looks.length > 5);
  t.deepEqual(
    looks.map(({ connection }) => connection),
    looks.map((_, index) => index + 2),
  );
});

test.serial("a probe without an answer is another connection's to make again", async (t) => {
  let probes = 0;
  const it = await tried({}, () => {
    probes += 1;
    if (probes < 3) throw noAnswer();
    return undefined;
  });
  t.deepEqual(it.answer, { results: [made] });
  t.is(it.host.only("commit").connection, 4);
});

test.serial(
  "nobody gets in any more behind the change: what the host did by itself is found out when it lets in again",
  async (t) => {
    const it = await tried({
      before: (_, host) => {
        if (host.seconds > 0.5 && host.seconds < 63) throw unreachable();
      },
    });
    isRefused(t, it, "taken-back", takenBack("hv1: nothing answers on port 22"));
    t.true(it.seconds > 63 && it.seconds < 64, `${it.seconds} s`);
    const late = it.host.asked.filter(({ what, at }) => what === "outcome" && at > 57 && at < 63);
    t.is(new Set(late.map(({ connection }) => connection)).size, late.length, "over another connection each time");
  },
);

test.serial("a host that nobody reaches again is given up 45 s behind the deadline", async (t) => {
  const it = await tried({
    before: (_, host) => {
      if (host.seconds > 0.5) throw unreachable();
    },
  });
  isRefused(t, it, "host-unreachable", "hv1: nothing answers on port 22.");
  t.true(it.seconds > 105 && it.seconds < 106, `${it.seconds} s`);
});

test.serial("the answer to the confirmation is lost: the host says that it has it, and it is kept", async (t) => {
  const it = await tried({ behind: once("commit", outcomeUnknown) });
  t.deepEqual(it.answer, { results: [made] });
});

test.serial("a confirmation that comes too late by a moment is none: the error says so", async (t) => {
  // The host's clock is ahead of this one.
  const it = await tried({ before: (request, host) => (actOf(request) === "commit" ? host.pass(60) : undefined) });
  isRefused(t, it, "taken-back", takenBack("too late: reverted"));
});

test.serial("for an engine that is gone nothing is confirmed, and all is taken back at once", async (t) => {
  const gone = () => new HostError("engine-gone", "hv1", "hv1: not done, for nobody reads our output any more.");
  const it = await tried({
    before: ({ change = "" }) => {
      if (change.endsWith(": confirmed")) throw gone();
    },
  });
  isRefused(t, it, "taken-back", takenBack("hv1: not done, for nobody reads our output any more"));
  t.is(it.host.acts.filter((act) => act === "commit").length, 1);
  t.true(it.seconds < 4, `${it.seconds} s`);
});

test.serial("that the host does not hear of being taken back or closed changes nothing of what is told", async (t) => {
  const deaf = (request: Request) => {
    if (["revert", "close"].includes(actOf(request) ?? "")) throw unreachable();
  };
  const it = await tried({ before: deaf }, () => silent);
  isRefused(t, it, "taken-back", takenBack(silent));
  t.true(it.seconds > 60, "by its own deadline");
  t.deepEqual((await tried({ before: deaf })).answer, { results: [made] });
});

test.serial("what is no error at all ends a transaction as it is: nobody is to wait for it", async (t) => {
  const it = await tried({}, () => {
    throw "a string";
  });
  t.is(it.error, "a string");
});

test.serial(
  "a change that is not made in time is taken back by the host, which is waited for though it was not told",
  async (t) => {
    const deaf = (request: Request) => {
      if (actOf(request) === "revert") throw unreachable();
    };
    const it = await tried({ changeSeconds: 1000, before: deaf });
    isRefused(t, it, "taken-back", takenBack("it was not done in time"));
    t.deepEqual(it.probed, []);
  },
);
