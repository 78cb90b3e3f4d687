import { run } from "../../lab/command.ts";
import { portName } from "../../lab/links.ts";
import { enterNetwork } from "../../lab/namespace.ts";
import type { Machine } from "../machines/machine.ts";

/** Counts what the switch hears from an uplink of the machine with the tag of a VLAN, of the EtherType that `sendFrame` sends. */
export async function countTagged(machine: Machine, uplink: string, vlan: number): Promise<() => Promise<number>> {
  const nft = (...args: string[]) => enterNetwork(machine.lab.namespace("switch"), ["nft", ...args]);
  const name = `tagged-${uplink}-${vlan}`;
  const table = `table netdev ${name}
  delete table netdev ${name}
  table netdev ${name} {
    chain ingress { type filter hook ingress device "${portName("m1", uplink)}" priority 0
      vlan id ${vlan} vlan type 0x88b5 counter
    }
  }`;
  await run(nft("-f", "-"), { input: table });
  return async () => Number(/packets (\d+)/.exec(await run(nft("list", "table", "netdev", name)))?.[1]);
}
