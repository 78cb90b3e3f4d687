import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { type EngineStack, useEngineLab } from "../engine/engine-lab.ts";
import { labTest } from "../lab/lab-test.ts";
import { Carrier } from "./carrier.ts";

const lab = useEngineLab(test, "txn-engine", 1);

/** The processes that work in a folder, by the name of their program. */
const processesIn = (folder: string): { readonly pid: number; readonly name: string }[] =>
  readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      if (!readlinkSync(`/proc/${entry}/cwd`).startsWith(folder)) return [];
      return [{ pid: Number(entry), name: readFileSync(`/proc/${entry}/comm`, "utf8").trim() }];
    } catch {
      return [];
    }
  });

const program = `
const hv1 = await getHost(connection);
const mgmt = new Uplink("mgmt", { host: hv1, nic: "mgmt" });
new HostBridge("br", { uplink: mgmt, name: "br0", moveAddresses: true, rollbackSeconds: 15 });
`;

/** An update that is killed when its transaction has begun; what it leaves; and what comes of the next ones. */
const killed = async (t: ExecutionContext, name: string, isVictim: (process: string) => boolean): Promise<void> => {
  const on = new Carrier(lab().lab);
  await on.ownCommands();
  const before = await on.picture();
  const stack: EngineStack = await lab().stack(name, program);
  await on.faultBefore("master br0", "sleep 3");
  const up = stack.stack.pulumi(["up", "--yes", "--skip-preview"]);
  await on.until("[ -e /run/pulumi-kvm-network/txn/armed ]");
  for (const { pid, name: process } of processesIn(stack.stack.folder))
    if (isVictim(process)) globalThis.process.kill(pid, "SIGKILL");
  t.not((await up).status, 0);
  await on.until("[ ! -e /run/pulumi-kvm-network/txn/armed ] && [ ! -e /run/pulumi-kvm-network/txn/reverting ]");
  t.is((await on.picture()).replace(/\ntxn$/, ""), before);

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
  await killed(t, "engine-alone", (name) => name === "pulumi");
});

labTest(
  "engine and provider are killed in the middle of a transaction: the host takes it back by itself",
  async (t) => {
    await killed(t, "both", () => true);
  },
);
