import test, { type ExecutionContext } from "ava";
import type { Step } from "../../provider/host/host.ts";
import { HostError } from "../../provider/host/host-error.ts";
import { changeCarrier, changeNetwork, isCarrier } from "../../provider/resources/change-carrier.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";
import { batchText, type ShownLink } from "../transactions/facts-text.ts";
import { inNoTime } from "../transactions/in-no-time.ts";
import { ScriptedHost } from "../transactions/scripted-host.ts";

const nic = link("eth0", { addresses: ["192.0.2.2/24"] });
const vlan = link("eth0.7", { kind: "vlan", lower: "eth0", nic: null });
const route = (gateway: string | null, device = "eth0") => ({ destination: "default", device, gateway });
const seen = {
  ...facts([nic, vlan, link("eth1")]),
  routes: [route("192.0.2.1"), route(null), route("192.0.2.9", "eth1")],
};
const steps = [{ verb: "run", argv: ["ip", "link", "set", "dev", "eth0", "mtu", "9000"] }] as const;
const mark = "pulumi-kvm-network:acme/shop/dev:mgmt@abcdef";

interface Seen {
  /** What the kernel says of a neighbour that it was told to look for: the state. Default: REACHABLE. */
  readonly neighbour?: (address: string, link: string, host: ScriptedHost) => string;
  /** Of one that nobody has looked for yet. Default: it knows nothing. */
  readonly stale?: string;
  readonly links?: (host: ScriptedHost) => readonly ShownLink[];
}

const hostOf = ({
  neighbour = () => "REACHABLE",
  stale,
  links = () => [{ name: "eth0" }, { name: "eth0.7" }],
}: Seen) => {
  const asked = new Set<string>();
  const shown = (state: string) => (state === "" ? "" : `192.0.2.1 lladdr 52:54:00:00:00:01 ${state} \n`);
  const answer = (step: Step, host: ScriptedHost) => {
    if (step.verb === "run" && step.argv.includes("-batch"))
      return { stdout: batchText(step.input ?? "", links(host)) };
    if (step.verb !== "run" || step.argv[1] !== "neigh") return undefined;
    const [, , act, ...words] = step.argv;
    const address = (act === "replace" ? words[0] : words[1]) ?? "";
    const device = words[words.indexOf("dev") + 1] ?? "";
    if (act === "replace") asked.add(`${address} ${device}`);
    if (act !== "show") return undefined;
    const isKnown = asked.has(`${address} ${device}`);
    return {
      stdout: shown(isKnown || stale === undefined ? (isKnown ? neighbour(address, device, host) : "") : stale),
    };
  };
  return new ScriptedHost({ answer });
};

const changed = (of: Seen, different: object = {}, rollbackSeconds?: number) =>
  inNoTime(async () => {
    const host = hostOf(of);
    const change = { facts: seen, nic, steps, ...different };
    const error = await changeCarrier(host, { mark, rollbackSeconds }, "Uplink", "set eth0", change).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { host, error };
  });

const isTakenBack = (t: ExecutionContext, { error, host }: { error: unknown; host: ScriptedHost }, why: string) => {
  if (!(error instanceof HostError)) throw new Error(`not taken back: ${error}`);
  t.is(error.code, "taken-back");
  t.is(error.message, `hv1: Uplink/mgmt: set eth0: ${why}. The host has taken it back: its network is as before.`);
  t.false(host.acts.includes("commit"));
};

/** Neighbours that were looked for, each with the moment. */
const lookedFor = (host: ScriptedHost) =>
  host.asked.flatMap(({ request: { steps: all } }) =>
    all.flatMap((step) =>
      step.verb === "run" && step.argv[2] === "replace" ? [`${step.argv[3]} ${step.argv[5]}`] : [],
    ),
  );

const beganAt = (host: ScriptedHost) => host.only("begin+proceed").at;

test("a NIC is a carrier when it, or what stands on it, has an address of the host's", (t) => {
  t.true(isCarrier(seen, nic));
  t.true(isCarrier(facts([link("eth0"), { ...vlan, addresses: ["192.0.2.2/24"] }]), link("eth0")));
  t.false(isCarrier(facts([link("eth0"), vlan]), link("eth0")));
});

test.serial(
  "a change behind which the gateway answers is confirmed; it brings back the NIC and all that stands on it",
  async (t) => {
    const { host, error } = await changed({});
    t.is(error, undefined);
    const [begin] = host.only("begin+proceed").request.steps;
    t.like(begin, { seconds: 60, owner: mark, links: ["eth0", "eth0.7"] });
    t.deepEqual(begin?.verb === "transaction" && begin.act === "begin" && begin.made, []);
    t.deepEqual(
      lookedFor(host),
      ["192.0.2.1 eth0", "192.0.2.1 eth0"],
      "before it and behind it; no other link's gateway",
    );
  },
);

test.serial("the time until it is taken back, and the links that it makes, are those that are asked for", async (t) => {
  const { host } = await changed({}, { made: ["br0"] }, 90);
  t.like(host.only("begin+proceed").request.steps[0], { seconds: 90, made: ["br0"] });
});

test.serial("never confirmed while a gateway is silent that answered before", async (t) => {
  const neighbour = (_address: string, _link: string, host: ScriptedHost) =>
    host.acts.length === 0 ? "REACHABLE" : "INCOMPLETE";
  isTakenBack(t, await changed({ neighbour }), "the gateway 192.0.2.1 does not answer on eth0");
});

test.serial("what the kernel knows from before the change is no answer: it is to look anew", async (t) => {
  const { host, error } = await changed({
    stale: "REACHABLE",
    neighbour: (_a, _l, on) => (on.acts.length === 0 ? "REACHABLE" : "FAILED"),
  });
  isTakenBack(t, { host, error }, "the gateway 192.0.2.1 does not answer on eth0");
  t.true(lookedFor(host).length > 10, "and again whenever the kernel has given it up");
});

test.serial(
  "a gateway that did not answer before the change is waited for three seconds, and not expected behind it",
  async (t) => {
    const { host, error } = await changed({ neighbour: () => "INCOMPLETE" });
    t.is(error, undefined);
    t.true(beganAt(host) >= 3 && beganAt(host) < 3.5, `${beganAt(host)} s`);
    t.is(lookedFor(host).length, 1, "the kernel goes on asking by itself");
  },
);

test.serial("a gateway that answers late, before the change or behind it, is one that answers", async (t) => {
  const late = (_a: string, _l: string, host: ScriptedHost) =>
    host.seconds < 2 || (host.seconds > 4 && host.seconds < 20) ? "INCOMPLETE" : "REACHABLE";
  const { host, error } = await changed({ neighbour: late });
  t.is(error, undefined);
  t.true(beganAt(host) >= 2 && beganAt(host) < 2.5);
  t.true(host.only("commit").at > (beganAt(host) < 3 ? 3 : 0));
});

test.serial(
  "one that must answer is waited for though it did not before; where it does not, the change is taken back",
  async (t) => {
    const mustAnswer = { address: "192.0.2.77", link: "br0" };
    const neighbour = (address: string) => (address === "192.0.2.77" ? "FAILED" : "REACHABLE");
    isTakenBack(t, await changed({ neighbour }, { mustAnswer }), "the gateway 192.0.2.77 does not answer on br0");
  },
);

test.serial("behind a move the gateways are looked for on the link that they are behind by then", async (t) => {
  const gateways = [
    { address: "192.0.2.1", link: "br0" },
    { address: "192.0.2.50", link: "br0" },
  ];
  const { host, error } = await changed({}, { gateways });
  t.is(error, undefined);
  t.deepEqual(lookedFor(host), ["192.0.2.1 eth0", "192.0.2.1 br0"], "and only those that answered before");
});

test.serial("a neighbour that is static is not looked for: that would overwrite it", async (t) => {
  const { host, error } = await changed({ stale: "PERMANENT" });
  t.is(error, undefined);
  t.deepEqual(lookedFor(host), []);
});

test.serial("never confirmed while a link has lost its carrier, or is gone", async (t) => {
  const dark = () => [{ name: "eth0" }, { name: "eth0.7", carrier: false }];
  isTakenBack(t, await changed({ links: dark }), "eth0.7 has no carrier any more");
  isTakenBack(t, await changed({ links: () => [{ name: "eth0" }] }), "eth0.7 has no carrier any more");
});

test.serial("a carrier that comes back within the time is one: the change is confirmed", async (t) => {
  const links = (host: ScriptedHost) => [{ name: "eth0", carrier: host.seconds > 30 }, { name: "eth0.7" }];
  const { host, error } = await changed({ links });
  t.is(error, undefined);
  t.true(host.only("commit").at > 30);
});

test.serial(
  "what is probed is these links and gateways, and each answer is waited for no longer than there is time",
  async (t) => {
    const neighbour = (_a: string, _l: string, on: ScriptedHost) => (on.acts.length === 0 ? "REACHABLE" : "FAILED");
    const { host } = await changed({ neighbour }, {}, 15);
    const began = host.asked.findIndex(({ what }) => what === "begin+proceed");
    const within = host.asked.slice(began + 1).filter(({ what }) => what === "run" || what === "run+run");
    t.true(within.length > 10);
    for (const { at, request } of within) {
      const seconds = request.deadlineSeconds ?? 30;
      t.true(seconds >= 1 && seconds <= 5 && at + seconds <= beganAt(host) + 15, `${seconds} s from ${at} s on`);
    }
    t.false(host.asked.some(({ what }) => what === "facts"));
  },
);

test.serial("no carrier is asked of a link that had none before, nor of the bridge that is emptied", async (t) => {
  const bridged = link("eth0", { master: "br0" });
  const before = facts([bridged, { ...bridgeLink("br0"), addresses: ["192.0.2.2/24"] }, { ...vlan, carrier: false }]);
  const links = () => [{ name: "eth0" }, { name: "br0", carrier: false }, { name: "eth0.7", carrier: false }];
  const different = { facts: before, nic: bridged };
  t.is((await changed({ links }, { ...different, emptied: "br0" })).error, undefined);
  isTakenBack(t, await changed({ links }, different), "br0 has no carrier any more");
});

test.serial("a gateway of several routes is looked for once", async (t) => {
  const { host } = await changed({}, { facts: { ...seen, routes: [route("192.0.2.1"), route("192.0.2.1")] } });
  t.is(lookedFor(host).length, 2);
  const both = { ...seen, routes: [route("192.0.2.1"), route("192.0.2.1", "eth0.7"), route("192.0.2.8")] };
  t.is(new Set(lookedFor((await changed({}, { facts: both })).host)).size, 3);
});

test.serial("what the host is not reached by is changed in one request, without a transaction", async (t) => {
  await inNoTime(async () => {
    const free = link("eth1");
    const host = hostOf({});
    await changeNetwork(
      host,
      { mark },
      "Uplink",
      "set eth1",
      { facts: facts([free]), nic: free, steps },
      { deadlineSeconds: 7 },
    );
    t.deepEqual(
      host.asked.map(({ request }) => request),
      [{ steps, change: "Uplink/mgmt: set eth1", deadlineSeconds: 7 }],
    );
    const carrying = hostOf({});
    await changeNetwork(carrying, { mark }, "Uplink", "set eth0", { facts: seen, nic, steps });
    t.true(carrying.acts.includes("commit"));
  });
});

test.serial("each gateway is looked for: that one was is no answer of another's", async (t) => {
  const neighbour = (address: string, _link: string, host: ScriptedHost) =>
    address === "192.0.2.8" && host.acts.length > 0 ? "FAILED" : "REACHABLE";
  const both = { facts: { ...seen, routes: [route("192.0.2.1"), route("192.0.2.8")] } };
  isTakenBack(
    t,
    await changed({ stale: "REACHABLE", neighbour }, both),
    "the gateway 192.0.2.8 does not answer on eth0",
  );
});

test.serial("a neighbour that the kernel has forgotten, as when its link goes down, is looked for again", async (t) => {
  const neighbour = (_address: string, _link: string, host: ScriptedHost) =>
    host.acts.length === 0 || host.seconds > 10 ? "REACHABLE" : "";
  const { host, error } = await changed({ neighbour });
  t.is(error, undefined);
  t.true(lookedFor(host).length > 10);
});

test.serial(
  "a neighbour that the kernel knows by its own question is looked for again, until it answers",
  async (t) => {
    const neighbour = (_address: string, _link: string, host: ScriptedHost) =>
      host.acts.length === 0 || lookedFor(host).length > 2 ? "REACHABLE" : "STALE";
    const { host, error } = await changed({ neighbour });
    t.is(error, undefined);
    t.is(lookedFor(host).length, 3);
  },
);
