import { run } from "./command.ts";
import type { Lab } from "./lab.ts";
import { linkLocal } from "./link-local.ts";
import { enterNetwork } from "./namespace.ts";

/** A station at the adjacent switch of the uplinks of one number, which is reached there as any other. Returns its link's name. */
export async function addNeighbour(lab: Lab, number: number): Promise<string> {
  const name = `near${number}`;
  const lines = [
    `link add name ${name} type veth peer name ${name}p`,
    `link set dev ${name}p master sw${number} up`,
    `link set dev ${name} up`,
  ];
  await run(enterNetwork(lab.namespace("switch"), ["ip", "-batch", "-"]), { input: `${lines.join("\n")}\n` });
  // The lab's namespaces are silent by default; this one is to ask for its neighbours.
  await lab.exec("switch", ["sh", "-c", `echo 0 >/proc/sys/net/ipv6/conf/${name}/disable_ipv6`]);
  return name;
}

/** Whether the guest with this MAC answers a ping by a link at the switch. */
export async function answersNeighbour(lab: Lab, mac: string, by: string): Promise<boolean> {
  const ping = ["busybox", "ping6", "-c", "1", "-W", "3", `${linkLocal(mac)}%${by}`];
  return (await lab.exec("switch", ping)).status === 0;
}
