import test, { type ExecutionContext } from "ava";
import { isEngine, isProvider, kill, processesOf } from "../../lab/stack-processes.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { type EngineStack, useEngineLab } from "../engine/engine-lab.ts";
import { labTest } from "../lab/lab-test.ts";
import { Carrier } from "./carrier.ts";

const lab = useEngineLab(test, "txn-engine", 1);

const program = (rollbackSeconds: number) => `
const hv1 = await getHost(connection);
const mgmt = new Uplink("mgmt", { host: hv1, nic: "mgmt" });
new HostBridge("br", { uplink: mgmt, name: "br0", moveAddresses: true, rollbackSeconds: ${rollbackSeconds} });
`;

const isOver = "[ ! -e /run/pulumi-kvm-network/txn/armed ] && [ ! -e /run/pulumi-kvm-network/txn/reverting ]";

/** An update that is killed when its transaction has begun; what it leaves; and what comes of the next ones. */
const killed = async (t: ExecutionContext, name: string, isVictim: typeof isEngine): Promise<void> => {
  const on = new Carrier(lab().lab);
  await on.ownCommands();
  const before = await on.picture();
  const stack: EngineStack = await lab().stack(name, program(15));
  await on.faultBefore("master br0", "sleep 3");
  const up = stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
  await on.until("[ -e /run/pulumi-kvm-network/txn/armed ]");
  kill(processesOf(stack.stack.folder).filter(isVictim));
  t.not((await up).status, 0);
  await on.until(isOver);
  t.is((await on.picture()).replace(/\ntxn$/, ""), before);

  await waitUntil("the provider is gone as well", 30, () =>
    processesOf(stack.stack.folder).some(isProvider) ? undefined : true,
  );
  await on.healed();
  await stack.stack.must(["cancel", "--yes"]);
  t.regex(await stack.up(), /created/);
  await stack.mustBeUnchanged();
  t.regex(await on.sh("ip -o addr show dev br0"), new RegExp(`${on.address}/30`));
  await stack.destroy();
  t.is(await on.picture(), before);
  await on.sh("umount /usr/local/sbin; rm -r /run/sbin");
};

labTest("the engine alone is killed in the middle of a transaction: its provider does not confirm it", async (t) => {
  await killed(t, "engine-alone", isEngine);
});

labTest(
  "engine and provider are killed in the middle of a transaction: the host takes it back by itself",
  async (t) => {
    await killed(t, "both", () => true);
  },
);

labTest("an update that comes at once behind one that was killed waits until its change is taken back", async (t) => {
  const on = new Carrier(lab().lab);
  await on.ownCommands();
  const before = await on.picture();
  const stack = await lab().stack("at-once", program(40));
  await on.faultBefore("master br0", "sleep 3");
  const up = stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
  await on.until("[ -e /run/pulumi-kvm-network/txn/armed ]");
  kill(processesOf(stack.stack.folder));
  t.not((await up).status, 0);
  await on.healed();
  await on.until("[ -e /run/pulumi-kvm-network/txn/done ]");

  await stack.stack.must(["cancel", "--yes"]);
  const next = await stack.up();
  t.regex(next, /waits, pulumi-kvm-network.* changes this host's network by a transaction/);
  t.regex(next, /created/);
  await on.until(isOver);
  t.regex(await on.sh("ip -o addr show dev br0"), new RegExp(`${on.address}/30`));
  await stack.mustBeUnchanged();
  await stack.destroy();
  t.is(await on.picture(), before);
  await on.sh("umount /usr/local/sbin; rm -r /run/sbin");
});
