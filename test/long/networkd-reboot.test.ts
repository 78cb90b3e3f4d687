import { waitUntil } from "../../lab/wait-until.ts";
import { machineLabTest } from "../machines/machine.ts";
import { addressesOf, bridgeOver, lasting, managedNic as nic, picture } from "../machines/moved-addresses.ts";
import { owned } from "../machines/networkd.ts";
import { drift } from "../machines/resource.ts";
import { onRoutedMachine } from "./routed-machine.ts";

machineLabTest(
  "the host's addresses that networkd has moved outlast a reboot, and one in the middle brings them back",
  async (t) => {
    await onRoutedMachine(t, "networkd-reboot", "systemd-networkd", async (lab, machine) => {
      await owned(machine, "[Network]\nDHCP=ipv4", 2);
      const addresses = await addressesOf(machine, nic);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const before = await picture(machine, nic);
      const has = (link: string, when: string) =>
        waitUntil(`${link} to have its addresses ${when}`, 120, async () => {
          return (await addressesOf(machine, link)) === addresses || undefined;
        });

      // Once all is staged, and before it is confirmed; the second time it is let be.
      const bootId = "cat /proc/sys/kernel/random/boot_id";
      const boot = await machine.sh(bootId);
      await machine.sh(`printf '#!/bin/sh\\n[ "$1 $3 $4" != "behind reload " ] || systemctl --force --force reboot\\n' \\
      >/run/pulumi-kvm-network.step && chmod 755 /run/pulumi-kvm-network.step`);
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
      await machine.sh(`printf '#!/bin/sh\\n[ "$1 $3 $4" != "behind reload " ] || systemctl --force --force reboot\\n' \\
      >/run/pulumi-kvm-network.step && chmod 755 /run/pulumi-kvm-network.step`);
      await bridge.delete(state);
      await has(nic, "behind the bridge");
      await waitUntil("what it was", 60, async () => (await picture(machine, nic)) === before || undefined).catch(
        () => {},
      );
      t.is(await picture(machine, nic), before);
      await lab.reboot("m1");
      await has(nic, "after the last reboot");
      t.is(await machine.sh("find /etc /run/systemd -name '*pulumi*'"), "");
    });
  },
);
