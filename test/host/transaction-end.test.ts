import test from "ava";
import { CommandFailed } from "../../provider/host/command-failed.ts";
import type { Request } from "../../provider/host/host.ts";
import { HostError } from "../../provider/host/host-error.ts";
import { noAnswer, outcomeUnknown, unreachable } from "../transactions/scripted-host.ts";
import { actOf, isRefused, made, silent, steps, takenBack, tried } from "../transactions/tried.ts";

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
