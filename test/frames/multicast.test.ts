import { type Endpoint, openMacvtap } from "../../lab/endpoint.ts";
import { provide } from "../../prove/provide.ts";
import { untilQuiet } from "../../prove/quiet.ts";
import { labTest } from "../lab/lab-test.ts";
import { useMade } from "./made.ts";

const made = useMade();

/** IPv4 groups enough that some miss the macvtap's hash of the groups that the host itself has joined. */
const groups = Array.from({ length: 64 }, (_, index) => `01:00:5e:00:01:${index.toString(16).padStart(2, "0")}`);

labTest("every group reaches a macvtap with allMulticast, and without it what passes is left to a hash", async (t) => {
  const lab = await made.startLab({ hypervisors: 2, uplinks: 1 });
  const [near, far] = lab.hypervisors;
  if (near === undefined || far === undefined) return t.fail("no lab");
  const make = async (hypervisor: typeof near, name: string, allMulticast: boolean): Promise<Endpoint> => {
    const uplink = await provide(hypervisor, "Uplink", `up-${name}`, { nic: "eth1" });
    const macvtap = await provide(hypervisor, "MacvtapEndpoint", name, {
      uplink: uplink.ref,
      mode: "vepa",
      allMulticast,
    });
    made.provided.push(uplink, macvtap);
    const endpoint = await openMacvtap(lab, hypervisor.name, String(macvtap.state.device));
    made.open.push(endpoint);
    return endpoint;
  };
  const sender = await make(near, "sender", true);
  const all = await make(far, "all", true);
  const some = await make(far, "some", false);
  await untilQuiet(made.open);
  for (const group of groups) sender.send({ to: group, payload: group });
  const arrived = await untilQuiet([all, some]);
  const groupsAt = (endpoint: Endpoint) => new Set(arrived.get(endpoint)?.map(({ to }) => to));
  t.deepEqual([...groupsAt(all)].sort(), groups, "allMulticast");
  t.true(groupsAt(some).size < groups.length, "without allMulticast some are missing");
});
