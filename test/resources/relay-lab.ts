import type { ExecutionContext, TestFn } from "ava";
import { createLab, type Lab, type LabHypervisor } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { type Relay, withRelay } from "../../provider/planning/index.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { uplinkRefSchema } from "../../provider/schema/ref.ts";
import { labName } from "../lab/lab-test.ts";

let started: Lab | undefined;

/** Two hypervisors that hear by lldpad what their switch says, for the tests of one file. */
export const useRelayLab = (test: TestFn): void => {
  test.before(async () => {
    started = await createLab({ name: labName(), hypervisors: 2, uplinks: 3, libvirt: false, lldp: true });
    await waitUntil("lldpad", 20, async () => ((await factsNow()).lldp.mgmt === undefined ? undefined : true));
  });
  test.after.always(async () => {
    closeHosts();
    await started?.down();
  });
};

export const lab = (): Lab => {
  if (started === undefined) throw new Error("the lab did not start");
  return started;
};

export const hypervisor = (): LabHypervisor => {
  const [first] = lab().hypervisors;
  if (first === undefined) throw new Error("a lab without hypervisors");
  return first;
};

export const sh = async (script: string, where = "hv1"): Promise<string> => {
  const { status, stdout, stderr } = await lab().exec(where, ["sh", "-euc", script]);
  if (status !== 0) throw new Error(`${script}: ${status}: ${stderr}${stdout}`);
  return stdout;
};

export const given = (kind: string, inputs: Properties): Properties => {
  const { connection } = hypervisor();
  const seed = `acme/urn:pulumi:dev::relay::Kind::${kind}-${String(inputs.nic ?? "")}`;
  return { host: connection.host, connection, seed, ...inputs };
};

export const kind = lifecycle("Uplink");

/** Each test's is a resource of its own: of one that is made again the host knows what was there before. */
export const checked = (t: ExecutionContext, inputs: Properties, olds: Properties = {}): Properties => {
  const seed = `acme/urn:pulumi:dev::relay::Uplink::${t.title.slice(0, 20)}-${inputs.nic}`;
  const { inputs: news, failures } = kind.check(olds, given("Uplink", { seed, ...inputs }));
  t.deepEqual(failures, []);
  return news;
};

export const create = async (t: ExecutionContext, inputs: Properties): Promise<Properties> =>
  (await kind.create(checked(t, inputs))).state;

export const relayOf = (state: Properties): Relay => state.relay as Relay;

/** What a test did by hand makes no observation old. */
export const factsNow = async () => {
  const host = openHost(hypervisor().connection);
  await host.request({ steps: [{ verb: "read", path: "/proc/uptime" }], change: "a test's change" });
  return await observe(host);
};

/** What others get of an Uplink, as the sdk gives it to them. */
export const refOf = (state: Properties) => withRelay(uplinkRefSchema.parse(state.ref), relayOf(state));

export const both = (state: Properties) => {
  const bridge = lifecycle("HostBridge").check({}, given("HostBridge", { uplink: refOf(state), type: "ethernet" }));
  const wanted = { bridge: bridge.inputs.ref, needs: ["vm-to-vm", "switch-visible"] };
  return lifecycle("VmInterface").check({}, given("VmInterface", wanted));
};
