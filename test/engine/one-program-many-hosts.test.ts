import test, { type ExecutionContext } from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import { createStack, type Stack } from "../../lab/stack.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";

/*
 * Three hosts that differ in what no program says: on hv1 the switch reflects and nobody speaks LLDP, on hv2 it offers by LLDP
 * to reflect and does not, on hv3 somebody's bridge has the NIC.
 */
const hosts = ["hv1", "hv2", "hv3"];

/** The part that chooses the bridge by the host's facts, and says how the uplink learns whether the switch reflects. */
const onEachHost = (relay: string, body: string): string => `import { readFileSync } from "node:fs";
import { getHost, HostBridge, Uplink, VmInterface } from "pulumi-kvm-network";

export const relay = {}, realization = {}, explanation = {};
for (const { name, connection } of JSON.parse(readFileSync("hosts.json", "utf8"))) {
  const host = await getHost(connection);
  const { master } = host.facts.links.find((link) => link.name === "eth1");
  const uplink = master === null ? new Uplink(name + "-eth1", { host, nic: "eth1", ${relay} }) : undefined;
  const bridge =
    uplink === undefined
      ? HostBridge.existing(name + "-" + master, { host, bridge: master })
      : new HostBridge(name + "-fabric", { uplink, type: "ethernet" });
${body}
}
`;

/** Needs, and no mode: what the switch is able to see, it shall see. */
const fleet = onEachHost(
  'reflectiveRelay: "probe"',
  `
  const both = ["vm-to-vm", "switch-visible"];
  const needs = uplink?.relay.apply(({ state }) => (state === "active" ? both : ["vm-to-vm"])) ?? ["vm-to-vm"];
  const web = new VmInterface(name + "-web", { bridge, needs });
  const ci = new VmInterface(name + "-ci", { bridge, needs: ["isolation"], isolated: uplink === undefined });
  relay[name] = uplink?.relay ?? null;
  realization[name] = [web.realization.kind, ci.realization.kind];
  explanation[name] = { web: web.explanation, ci: ci.explanation };`,
);

/** What nothing serves, as long as nobody says that the switch reflects. */
const impossible = onEachHost(
  "",
  'new VmInterface(name + "-audit", { bridge, needs: ["vm-to-vm", "switch-visible"] });',
);

const byAnotherBridge = /\[bridge-type\]; a bridge of type (ethernet|hypervisor or existing) would give it/;
const dropIt = /\[need-served\]; drop the need, or use a bridge of another type/;

/** Every line that a refusal must have, by host: what is rejected, why, and what would change it. */
const refusals: Readonly<Record<string, readonly (readonly RegExp[])[]>> = {
  hv1: [
    [/rejected: veb by a macvtap in bridge mode: it does not give switch-visible/, dropIt],
    [
      /rejected: vepa by a macvtap in vepa mode: it gives vm-to-vm only if the adjacent switch reflects/,
      /which nobody has said \[need-served\]; enable reflective relay on the switch's port and let the Uplink look/,
    ],
    [/rejected: pepa by a macvtap in private mode behind a filter: it does not give vm-to-vm/, dropIt],
    [/rejected: veb by a tap on the Linux bridge: the bridge is of type ethernet/, byAnotherBridge],
  ],
  hv3: [
    [/rejected: veb by a tap on the Linux bridge: it does not give switch-visible/, dropIt],
    [/rejected: veb by a macvtap in bridge mode: the bridge is of type existing/, byAnotherBridge],
    [/rejected: vepa by a macvtap in vepa mode: the bridge is of type existing/, byAnotherBridge],
    [/rejected: pepa by a macvtap in private mode behind a filter: the bridge is of type existing/, byAnotherBridge],
  ],
};

/** Of each host's web: the line on what is taken, and that on what would have been otherwise. */
const explanations: Readonly<Record<string, readonly RegExp[]>> = {
  hv1: [
    /^taken: vepa by a macvtap in vepa mode/,
    /^rejected: veb by a macvtap in bridge mode: it does not give switch-visible/,
  ],
  hv2: [
    /^taken: veb by a macvtap in bridge mode/,
    /^rejected: vepa by a macvtap in vepa mode: it gives vm-to-vm only if the adjacent switch reflects .*, which is not so \[need-served\]; enable reflective relay on the switch's port/,
  ],
  hv3: [
    /^taken: veb by a tap on the Linux bridge/,
    /^rejected: vepa by a macvtap in vepa mode: the bridge is of type existing \[bridge-type\]; a bridge of type ethernet would give it/,
  ],
};

interface Outputs {
  readonly relay: Readonly<Record<string, unknown>>;
  readonly realization: Readonly<Record<string, readonly string[]>>;
  readonly explanation: Readonly<Record<string, Readonly<Record<"web" | "ci", readonly string[]>>>>;
}

let lab: Lab;
const stacks: Stack[] = [];
let before: readonly string[];

const sh = async (name: string, script: string): Promise<void> => {
  const { status, stderr } = await lab.exec(name, ["sh", "-euc", script]);
  if (status !== 0) throw new Error(`${name}: ${script}: ${stderr}`);
};

const now = (): Promise<readonly string[]> => Promise.all(hosts.map((name) => snapshotOf(lab, name)));

const asBefore = async (t: ExecutionContext): Promise<void> => {
  for (const [index, after] of (await now()).entries())
    t.deepEqual(changesBetween(before[index] ?? "", after), [], hosts[index]);
};

const stackOf = async (project: string, program: string, only: readonly string[]): Promise<Stack> => {
  const some = lab.hypervisors.filter(({ name }) => only.includes(name));
  const stack = await createStack({ project, program, files: { "hosts.json": JSON.stringify(some) } });
  stacks.push(stack);
  return stack;
};

test.after.always(async () => {
  closeHosts();
  for (const stack of stacks) await stack.remove();
  await lab?.down();
});

labTest("a request that nothing serves fails in the preview, with every candidate, and touches no host", async (t) => {
  lab = await createLab({ name: labName(), hypervisors: 3, uplinks: 1, libvirt: false, lldp: true });
  await lab.hairpin("hv1", "eth1", true);
  await sh("hv1", "until test -s /run/lldpad.pid; do sleep 0.1; done; kill $(cat /run/lldpad.pid)");
  await sh(
    "hv3",
    `ip link add br0 type bridge forward_delay 0
    echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6
    ip link set eth1 master br0
    ip link set br0 up
    until grep -q up /sys/class/net/br0/operstate; do sleep 0.1; done`,
  );
  before = await now();
  await Promise.all(
    Object.entries(refusals).map(async ([name, candidates]) => {
      const { status, stdout } = await (await stackOf("impossible", impossible, [name])).pulumi(["preview"]);
      t.not(status, 0, name);
      const lines = stdout.split("\n");
      for (const [candidate = /^/, ...rest] of candidates) {
        const told = lines.find((line) => candidate.test(line)) ?? stdout;
        for (const words of [candidate, ...rest]) t.regex(told, words, name);
      }
    }),
  );
  await asBefore(t);
});

labTest("one program is realized as each host and its switch allow, and says why", async (t) => {
  await waitUntil("hv2 to hear the switch", 40, async () => {
    const [, hv2] = lab.hypervisors;
    closeHosts();
    const facts = hv2 && (await observe(openHost(hv2.connection)));
    return facts?.lldp.eth1?.reflectiveRelayAdvertised ? true : undefined;
  });
  const stack = await stackOf("fleet", fleet, hosts);
  await stack.must(["up", "--yes", "--skip-preview"]);
  const { relay, realization, explanation }: Outputs = JSON.parse(await stack.must(["stack", "output", "--json"]));
  t.like(relay, {
    hv1: { state: "active", evidence: "probe" },
    hv2: { state: "absent", evidence: "probe" },
    hv3: null,
  });
  t.regex(JSON.stringify(relay.hv2), /by LLDP .* the switch offers reflective relay, but frames do not come back/);
  t.deepEqual(realization, {
    hv1: ["macvtap-vepa", "macvtap-private"],
    hv2: ["macvtap-bridge", "macvtap-private"],
    hv3: ["linux-bridge", "linux-bridge"],
  });
  for (const [name, words] of Object.entries(explanations))
    for (const each of words) {
      const lines = explanation[name]?.web ?? [];
      t.true(
        lines.some((line) => each.test(line)),
        `${name}: ${each.source} in\n${lines.join("\n")}`,
      );
    }
  t.regex(explanation.hv1?.ci[0] ?? "", /^taken: pepa by a macvtap in private mode behind a filter/);
  t.regex(explanation.hv3?.ci[0] ?? "", /^taken: veb by a tap on the Linux bridge/);
  await stack.must(["preview", "--refresh", "--diff", "--expect-no-changes"]);
  await stack.must(["destroy", "--yes", "--skip-preview"]);
  await asBefore(t);
});
