import { addMacvtap } from "../../lab/endpoint.ts";
import type { Lab } from "../../lab/lab.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import { labTest } from "../lab/lab-test.ts";
import { useMade } from "./made.ts";

const made = useMade();

let lab: Lab | undefined;
const hosts = async (): Promise<Lab> => {
  lab ??= await made.startLab({ hypervisors: 2, uplinks: 1 });
  return lab;
};

labTest("a macvtap in passthrough mode has its uplink for itself, whichever was there first", async (t) => {
  const on = await hosts();
  const add = async (name: string, mode: string) => {
    const macvtap = ["ip", "link", "add", "link", "eth1", "name", name, "type", "macvtap", "mode", mode];
    return await on.exec("hv1", macvtap);
  };
  for (const [first, second] of [
    ["passthru", "bridge"],
    ["vepa", "passthru"],
    ["passthru", "passthru"],
  ] as const) {
    t.is((await add("first", first)).status, 0);
    const refused = await add("second", second);
    t.not(refused.status, 0, `${second} beside ${first}`);
    t.regex(refused.stderr, /Invalid argument/);
    await on.exec("hv1", ["ip", "link", "del", "dev", "first"]);
  }
});

labTest("what is sent to the host on an uplink that a macvtap has in passthrough mode goes to the VM", async (t) => {
  const on = await hosts();
  const address = (host: string, what: string, cidr: string) =>
    on.exec(host, ["ip", "addr", what, cidr, "dev", "eth1"]);
  await address("hv1", "add", "192.0.2.1/24");
  await address("hv2", "add", "192.0.2.2/24");
  // Of a port that nobody listens on it says so, if the segment reaches it; broadcasts, and so ARP, it hears all the same.
  const connect = ["timeout", "2", "bash", "-c", ": </dev/tcp/192.0.2.1/9"];
  const answers = async () => /refused/.test((await on.exec("hv2", connect)).stderr);
  t.true(await answers());
  const vm = await addMacvtap(on, "hv1", { link: "vm", uplink: "eth1", mode: "passthru" });
  t.false(await answers());
  await vm.close();
  t.true(await answers());
  await address("hv1", "del", "192.0.2.1/24");
  await address("hv2", "del", "192.0.2.2/24");
});

labTest(
  "in passthrough mode a guest has the uplink's address and any others it likes, and all passes the switch",
  async (t) => {
    const on = await hosts();
    const vm = await addMacvtap(on, "hv1", { link: "vm", uplink: "eth1", mode: "passthru", mac: "52:54:00:00:0c:01" });
    const far = await addMacvtap(on, "hv2", { link: "far", uplink: "eth1", mode: "vepa" });
    made.open.push(vm, far);
    const [uplink] = JSON.parse((await on.exec("hv1", ["ip", "-d", "-j", "link", "show", "dev", "eth1"])).stdout);
    t.is(vm.mac, uplink.address, "the address that was asked for is not taken");
    t.true(uplink.promiscuity > 0, "the NIC filters nothing");
    await on.exec("hv1", ["ip", "link", "set", "dev", "vm", "allmulticast", "on"]);
    await untilQuiet([vm, far]);
    const second = "52:54:00:00:0c:02";
    vm.send({ to: far.mac, from: second, payload: "from the second" });
    far.send({ to: second, payload: "to the second" });
    far.send({ to: vm.mac, payload: "to the first" });
    far.send({ to: "01:00:5e:00:01:07", payload: "to a group" });
    const arrived = await untilQuiet([vm, far]);
    t.deepEqual(
      arrived.get(far)?.map(({ payload }) => payload),
      ["from the second"],
    );
    t.deepEqual(
      arrived.get(vm)?.map(({ payload }) => payload),
      ["to the second", "to the first", "to a group"],
    );
  },
);
