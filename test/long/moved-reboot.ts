import { waitUntil } from "../../lab/wait-until.ts";
import type { AddressManager } from "../../provider/schema/network-manager.ts";
import { type Machine, machineLabTest } from "../machines/machine.ts";
import {
  addressesOf,
  atStep,
  bridgeOver,
  lasting,
  managedNic as nic,
  ourFiles,
  picture,
} from "../machines/moved-addresses.ts";
import { drift } from "../machines/resource.ts";
import { onRoutedMachine } from "./routed-machine.ts";

interface Owner {
  /** Of the lab. */
  readonly name: string;
  /** Has it obtain a lease, and an advertised address. */
  readonly owned: (machine: Machine) => Promise<void>;
  /** The last step of a move, behind which it is confirmed (`atStep`). */
  readonly last: string;
}

const bootId = "cat /proc/sys/kernel/random/boot_id";
const reboot = "systemctl --force --force reboot";

/** The test of one network manager: what reboots make of addresses that it has moved, and is about to move. */
export const movedRebootTest = (manager: AddressManager, { name, owned, last }: Owner): void =>
  machineLabTest(
    `the host's addresses that ${manager} has moved outlast a reboot, and one in the middle brings them back`,
    async (t) => {
      await onRoutedMachine(t, name, manager, async (lab, machine) => {
        await owned(machine);
        const addresses = await addressesOf(machine, nic);
        const { inputs, bridge } = await bridgeOver(t, machine);
        const before = await picture(machine, nic);
        const has = (link: string, when: string) =>
          waitUntil(`${link} to have its addresses ${when}`, 120, async () => {
            return (await addressesOf(machine, link)) === addresses || undefined;
          });

        // Once all is staged, and before it is confirmed; the second time it is let be.
        const boot = await machine.sh(bootId);
        await atStep(machine, last, reboot);
        const state = await bridge.create(t, inputs, await machine.facts());
        t.not(await machine.sh(bootId), boot, "it was restarted in the middle");
        t.is(await addressesOf(machine, "br0"), addresses, "and it is done then");

        await lab.reboot("m1");
        await has("br0", "after the reboot");
        t.is(await addressesOf(machine, nic), "");
        t.deepEqual(drift(state, await bridge.read(state), lasting), {});

        await lab.powerCut("m1");
        await has("br0", "after the power cut");

        // Put aside, and not confirmed.
        await atStep(machine, last, reboot);
        await bridge.delete(state);
        await has(nic, "behind the bridge");
        await waitUntil("what it was", 60, async () => (await picture(machine, nic)) === before || undefined).catch(
          () => {},
        );
        t.is(await picture(machine, nic), before);
        await lab.reboot("m1");
        await has(nic, "after the last reboot");
        t.is(await machine.sh(ourFiles), "");
      });
    },
  );
