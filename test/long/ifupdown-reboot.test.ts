import { waitUntil } from "../../lab/wait-until.ts";
import { owned } from "../machines/ifupdown.ts";
import { machineLabTest } from "../machines/machine.ts";
import { addressesOf, bridgeOver, lasting, managedNic as nic, picture } from "../machines/moved-addresses.ts";
import { drift } from "../machines/resource.ts";
import { onRoutedMachine } from "./routed-machine.ts";

const stanzas = `allow-hotplug ${nic}
iface ${nic} inet6 static
    address 2001:db8:202::2/64
iface ${nic} inet static
    address 198.19.202.2/24
    gateway 198.19.202.1
    mtu 1400`;

machineLabTest(
  "the host's addresses that ifupdown has moved outlast a reboot, and one in the middle brings them back",
  async (t) => {
    await onRoutedMachine(t, "ifupdown-reboot", "ifupdown", async (lab, machine) => {
      await owned(machine, stanzas, 2);
      const addresses = await addressesOf(machine, nic);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const before = await picture(machine, nic);
      const has = (link: string, when: string) =>
        waitUntil(`${link} to have its addresses ${when}`, 120, async () => {
          return (await addressesOf(machine, link)) === addresses || undefined;
        });
      const rebootBehind = (step: string) =>
        machine.sh(`printf '#!/bin/sh\\n[ "$1 $3 $4" != "${step}" ] || systemctl --force --force reboot\\n' \\
      >/run/pulumi-kvm-network.step && chmod 755 /run/pulumi-kvm-network.step`);

      // Once all is done, and before it is confirmed; the second time it is let be.
      const bootId = "cat /proc/sys/kernel/random/boot_id";
      const boot = await machine.sh(bootId);
      await rebootBehind("behind ifup br0");
      const state = await bridge.create(t, { ...inputs, rollbackSeconds: 120 }, await machine.facts());
      t.not(await machine.sh(bootId), boot, "it was restarted in the middle");
      t.is(await addressesOf(machine, "br0"), addresses, "and it is done then");

      const proven = async (when: string) => {
        await has("br0", when);
        t.is(await addressesOf(machine, nic), "");
        t.deepEqual(drift(state, await bridge.read(state), lasting), {});
        t.is(await machine.sh(`cat /sys/class/net/${nic}/mtu /run/network/ifstate.br0`), "1400\nbr0");
        t.is(
          await machine.sh(
            "systemctl --failed --no-legend --plain; ls -d /etc/pulumi-kvm-network/guard 2>/dev/null || :",
          ),
          "",
        );
      };
      await lab.reboot("m1");
      await proven("after the reboot");
      await lab.powerCut("m1");
      await proven("after the power cut");

      // Put aside, and not confirmed.
      await rebootBehind(`behind ifup ${nic}`);
      await bridge.delete(state);
      await has(nic, "behind the bridge");
      await waitUntil("what it was", 60, async () => (await picture(machine, nic)) === before || undefined).catch(
        () => {},
      );
      t.is(await picture(machine, nic), before);
      await lab.reboot("m1");
      await has(nic, "after the last reboot");
      t.is(await machine.sh("find /etc /run/systemd /run/network -name '*pulumi*'"), "");
    });
  },
);
