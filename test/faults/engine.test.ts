import test, { type ExecutionContext } from "ava";
import { defineGuest, startGuest } from "../../lab/guest.ts";
import { isEngine, isProvider, kill, processesOf } from "../../lab/stack-processes.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { type EngineStack, useEngineLab } from "../engine/engine-lab.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { FaultHost } from "./fault-host.ts";
import { Made } from "./made.ts";

let host: FaultHost;
const lab = useEngineLab(test, "faults-engine", 3, async (on) => {
  host = new FaultHost(on.lab);
  await Promise.all([
    startGuest(on.lab, "hv1", "web-1").then((guest) => guest.close()),
    defineGuest(on.lab, "hv1", "off-1"),
  ]);
});
test.afterEach.always(() => host.restore());

/** One of each kind that a namespace can have, and each way in which a VM attaches. */
const everything = `
const hv1 = await getHost(connection);
const eth1 = new Uplink("eth1", { host: hv1, nic: "eth1", mtu: 1450 });
const eth2 = new Uplink("eth2", { host: hv1, nic: "eth2" });
const fabric = new HostBridge("fabric", { uplink: eth1, type: "ethernet" });
const lan = new HostBridge("lan", { uplink: eth2, network: "lan" });
const endpoint = new MacvtapEndpoint("endpoint", { uplink: eth1, mode: "bridge" });
new VmInterface("web", { bridge: fabric, domain: "web-1", mode: "vepa" });
new VmInterface("db", { bridge: lan, domain: "web-1" });
new VmInterface("alone", { bridge: fabric, domain: "web-1", mode: "pepa" });
new VmInterface("off", { bridge: lan, domain: "off-1" });
new VmInterface("on-endpoint", { endpoint, domain: "off-1" });
`;

/** Domains without their interfaces' MACs twice: a duplicate would show. */
const interfaces = async (): Promise<string> =>
  await lab().sh(
    "for d in web-1 off-1; do virsh domiflist $d | sort; virsh domiflist --inactive $d | sort; done; ip -o link show type macvtap | wc -l",
  );

let before: string;

/** What is otherwise than it was; but for whom a filter has heard of in the last seconds, and folders that libvirt keeps. */
const changesSince = async (then: string): Promise<string[]> =>
  changesBetween(then, await snapshotOf(lab().lab, "hv1")).filter(
    (line) => !/\bexpires \d|\/libvirt\/qemu\/networks(\/autostart)?$/.test(line),
  );

/** What is left of a stack's run that was killed is taken over by the next run, and then there is nothing to do. */
const runsAgain = async (t: ExecutionContext, stack: EngineStack, made: string | undefined): Promise<void> => {
  await stack.stack.must(["cancel", "--yes"]);
  await stack.up();
  await host.restore();
  await stack.mustBeUnchanged();
  if (made !== undefined) t.is(await interfaces(), made, "nothing twice");
  await stack.destroy();
  t.deepEqual(await changesSince(before), [], "no orphan");
};

let made: string;

test.serial(
  "adoption after a lost state: all that carries our mark is found again, of every kind, and nothing is made",
  async (t) => {
    before = await snapshotOf(lab().lab, "hv1");
    const stack = await lab().stack("faults", everything);
    await stack.up();
    made = await interfaces();
    const was = await snapshotOf(lab().lab, "hv1");
    await stack.stack.must(["stack", "rm", "--force", "--yes"]);
    await stack.stack.must(["stack", "init", "dev"]);
    t.deepEqual(await stack.stack.resources(), []);
    await stack.up();
    t.deepEqual(await changesSince(was), []);
    await stack.mustBeUnchanged();
    await stack.destroy();
    t.deepEqual(await changesSince(before), [], "what the NIC was before is not forgotten with the state");
  },
);

test.serial(
  "engine killed between create and saving the state, its provider with it: the next run adopts",
  async (t) => {
    const stack = await lab().stack("faults", everything);
    await host.stage("ip", { calls: "type macvtap mode bridge", after: "hold" });
    // One by one: an engine that is killed while it writes its state leaves half a file, which is nobody's to read.
    const running = stack.stack.pulumi(["up", "--yes", "--skip-preview", "--parallel", "1"]);
    await host.held();
    kill(processesOf(stack.stack.folder));
    t.not((await running).status, 0);
    host.release();
    t.false(
      (await stack.stack.resources()).some(({ urn }) => urn.endsWith("::endpoint")),
      "it is in no state",
    );
    await waitUntil("the endpoint", 20, async () =>
      (await lab().sh("ip -o link show type macvtap")).includes("endpoint-") ? true : undefined,
    );
    await runsAgain(t, stack, made);
  },
);

test.serial("engine killed while a NIC is changed: what that was before is given back in the end", async (t) => {
  const stack = await lab().stack("faults", everything);
  await host.stage("ip", { calls: "link set dev eth1 mtu 1450", after: "hold" });
  const running = stack.stack.pulumi(["up", "--yes", "--skip-preview", "--parallel", "1"]);
  await host.held();
  kill(processesOf(stack.stack.folder));
  t.not((await running).status, 0);
  host.release();
  await waitUntil("the change", 20, async () =>
    (await lab().sh("cat /sys/class/net/eth1/mtu")).trim() === "1450" ? true : undefined,
  );
  await runsAgain(t, stack, made);
});

test.serial("engine alone killed: its provider stops at the next write, and the next run adopts", async (t) => {
  const stack = await lab().stack("faults", everything);
  // Isolating is one change, and attaching behind it another.
  await host.stage("virsh", { calls: "attach-device" });
  await host.stage("ip", { calls: "type macvtap mode private", after: "hold" });
  const running = stack.stack.pulumi(["up", "--yes", "--skip-preview", "--parallel", "1"]);
  await host.held();
  const { folder } = stack.stack;
  const providers = () => processesOf(folder).filter(isProvider);
  t.true(providers().length > 0);
  kill(processesOf(folder).filter(isEngine));
  t.not((await running).status, 0);
  const attached = host.callsOf("virsh").length;
  host.release();
  await waitUntil("the isolated link", 20, async () =>
    (await lab().sh("ip -o link show type macvtap up")).includes("alone-") ? true : undefined,
  );
  await waitUntil("the provider's end", 20, () => (providers().length === 0 ? true : undefined));
  t.is(host.callsOf("virsh").length, attached, "nothing was attached any more");
  // The engine's language host waits for ever for an engine that is gone.
  kill(processesOf(folder));
  await runsAgain(t, stack, made);
});

test.serial(
  "two stacks on one host, at the same time: each its own, and what both want is one's, by name",
  async (t) => {
    const program = (shared: string) => `
const hv1 = await getHost(connection);
const eth1 = new Uplink("eth1", { host: hv1, nic: "eth1" });
for (let index = 0; index < 5; index += 1) new MacvtapEndpoint("own-" + index, { uplink: eth1, mode: "bridge" });
new MacvtapEndpoint("shared", { uplink: eth1, mode: "bridge", name: "${shared}" });
`;
    const stacks = [await lab().stack("team-a", program("tap-x")), await lab().stack("team-b", program("tap-x"))];
    const runs = await Promise.all(stacks.map((stack) => stack.stack.pulumi(["up", "--yes", "--skip-preview"])));
    const lost = runs.findIndex(({ status }) => status !== 0);
    t.deepEqual(runs.map(({ status }) => status === 0).sort(), [false, true]);
    const winner = lost === 0 ? "team-b" : "team-a";
    t.regex(
      runs[lost]?.stdout ?? "",
      new RegExp(
        `the link tap-x is there on \\S+ already and belongs to pulumi-kvm-network:organization/${winner}/dev:shared@`,
      ),
    );
    await stacks[1 - lost]?.mustBeUnchanged();
    await stacks[lost]?.edit(program("tap-y"));
    await stacks[lost]?.up();
    t.is((await lab().sh("ip -o link show type macvtap")).trim().split("\n").length, 12);
    await Promise.all(stacks.map((stack) => stack.destroy()));
    t.deepEqual(await changesSince(before), []);
  },
);

test.serial(
  "a host that is gone for good is forgotten: nothing is blocked, and its resources leave the state with a warning",
  async (t) => {
    const { host: address } = lab().connection;
    const stack = await lab().stack(
      "forgetting",
      `
const hv1 = await getHost(connection);
new MacvtapEndpoint("endpoint", { uplink: new Uplink("eth1", { host: hv1, nic: "eth1" }), mode: "bridge", name: "tap-f" });
`,
    );
    await stack.up();
    const forgetting = { environment: { PULUMI_KVM_NETWORK_FORGET_HOSTS: `other.example.net, ${address}` } };
    await host.stopSshd();
    try {
      const refreshed = await stack.stack.pulumi(["refresh", "--yes", "--skip-preview"], forgetting);
      t.is(refreshed.status, 0, refreshed.stdout);
      t.regex(refreshed.stdout, /warning: MacvtapEndpoint\/endpoint: left in the state as it was, .* gone for good/);
      t.is((await stack.stack.resources()).length, 2);

      // By the configuration, which a program that goes on without that host hands to the provider.
      await stack.stack.must(["config", "set", "kvm-network:forgetHosts", JSON.stringify([address])]);
      const onlyXml = (on: string) => {
        const uplink = new Made({ host: on }, "Uplink", "u").checked({ nic: "eth1" }).ref;
        const { ref } = new Made({ host: on }, "HostBridge", "b").checked({ uplink, type: "ethernet" });
        return `new VmInterface("xml", { host: { host: "${on}" }, bridge: ${JSON.stringify(ref)}, mode: "vepa" });`;
      };
      await stack.edit(onlyXml(address));
      const refused = await stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
      t.regex(refused.stdout, /nothing is made or changed there, for forgetHosts says that this host is gone for good/);
      await stack.edit(onlyXml("hv2.example.net"));
      t.regex(await stack.up(), /warning: MacvtapEndpoint\/endpoint: removed from the state alone, .* gone for good/);
      await stack.destroy();
      t.deepEqual(await stack.stack.resources(), []);
    } finally {
      await host.startSshd();
    }
    await lab().sh("ip link del tap-f");
  },
);
