import { setTimeout as wait } from "node:timers/promises";
import test from "ava";
import { addBridgePort } from "../../lab/endpoint.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { routerAdvertisement } from "./router-advertisement.ts";

let lab: Lab;
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const globalAddress = async (bridge: string) =>
  (await lab.exec("hv1", ["ip", "-6", "-o", "addr", "show", "dev", bridge, "scope", "global"])).stdout.trim();

/** The advertisement is sent again and again: a stack ignores it until its link is ready. */
const advertise = async (bridge: string, port: string, until: () => Promise<boolean>, milliseconds: number) => {
  const guest = await addBridgePort(lab, "hv1", { port, bridge });
  for (const end = performance.now() + milliseconds; performance.now() < end && !(await until()); await wait(100)) {
    guest.sendBytes(routerAdvertisement(guest.mac));
  }
  await guest.close();
};

labTest(
  "a guest's router advertisement gives the host no address by a bridge of ours, as it does by one made by hand",
  async (t) => {
    lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 2, libvirt: false });
    const [hypervisor] = lab.hypervisors;
    if (hypervisor === undefined) return t.fail("no lab");
    await lab.exec("hv1", ["sh", "-c", "ip link add br0 type bridge && ip link set dev br0 up"]);
    await advertise("br0", "by-hand", async () => (await globalAddress("br0")) !== "", 10_000);
    t.regex(await globalAddress("br0"), /2001:db8:/, "the bridge made by hand takes it: the advertisement is good");

    const uplink = await provide(hypervisor, "Uplink", "eth2", { nic: "eth2" });
    const bridge = await provide(hypervisor, "HostBridge", "lan", { uplink: uplink.ref });
    const device = String(bridge.state.device);
    await advertise(device, "ours", async () => false, 2_000);
    t.is(await globalAddress(device), "");
    t.is(await globalAddress("eth2"), "");
    await bridge.remove();
  },
);
