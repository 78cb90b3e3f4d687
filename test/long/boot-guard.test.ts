import { waitUntil } from "../../lab/wait-until.ts";
import { type Machine, machineLabTest } from "../machines/machine.ts";
import {
  addressesOf,
  bridgeOver,
  hasAddresses,
  lasting,
  managedNic as nic,
  sessionOf,
} from "../machines/moved-addresses.ts";
import { owned } from "../machines/networkd.ts";
import { drift, Resource } from "../machines/resource.ts";
import { onRoutedMachine } from "./routed-machine.ts";

/** Files of the guard's on the machine, and whether its unit runs. */
const guardOn = (machine: Machine): Promise<string> =>
  machine.sh(`find /etc -name '*kvm-network-guard*' -o -path '/etc/pulumi-kvm-network/guard*'
    systemctl is-active --quiet pulumi-kvm-network-guard && echo running || :`);

const until = (what: string, seconds: number, isSo: () => Promise<boolean>): Promise<true> =>
  waitUntil(what, seconds, async () => (await isSo()) || undefined);

const judged = (machine: Machine): Promise<true> =>
  until("the guard to end", 180, async () => !/armed|restoring|running/.test(await guardOn(machine)));

const has = (machine: Machine, link: string, addresses: string): Promise<true> =>
  until(`${link} to have its addresses`, 180, async () => (await addressesOf(machine, link)) === addresses);

const journal = (machine: Machine): Promise<string> =>
  machine.sh("journalctl --no-pager --output=cat --unit=pulumi-kvm-network-guard");

/** Comes before ours for the bridge, and gives it nothing: as an owner may get the order wrong. */
const wrong = "/etc/systemd/network/03-wrong.network";
const goWrong = (machine: Machine): Promise<string> =>
  machine.sh(`printf '[Match]\\nName=br0\\n[Network]\\nLinkLocalAddressing=no\\n' >${wrong}; sync`);

machineLabTest(
  "a boot that the host is reached behind proves what is kept, and nothing guards it any more",
  async (t) => {
    await onRoutedMachine(t, "guard-proven", "systemd-networkd", async (lab, machine, router) => {
      await owned(machine, "[Network]\nDHCP=ipv4", 2);
      const addresses = await addressesOf(machine, nic);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const state = await bridge.create(t, inputs, await machine.facts());
      t.regex(await guardOn(machine), /guard\/armed/);

      await lab.reboot("m1");
      // Nobody looks at the host before it is judged.
      t.deepEqual(drift(state, await bridge.read(state), lasting), {});
      t.is(await guardOn(machine), "");
      t.regex(await journal(machine), /this host is reached by what is kept here: proven/);
      t.is(await addressesOf(machine, "br0"), addresses);

      // As after a power loss that the gateway takes longer to come back from.
      await router.stopLeasing();
      await lab.powerCut("m1");
      t.is(await guardOn(machine), "");
      t.is(await machine.sh("cat /sys/class/net/br0/brif/*/state"), "3");
      router.lease();
      await has(machine, "br0", addresses);

      await bridge.delete(state);
      await has(machine, nic, addresses);
      t.is(await machine.sh("find /etc /run/systemd -name '*pulumi*'"), "");
    });
  },
);

machineLabTest("one that it is not reached behind brings it back as before: the NIC of the session", async (t) => {
  await onRoutedMachine(t, "guard-session", "systemd-networkd", async (lab, machine) => {
    const { address, gateway } = sessionOf(machine);
    // Its owner is networkd, and no longer the lab.
    await machine.sh("systemctl -q disable lab-setup; rm /etc/systemd/network/10-mgmt.network");
    await owned(machine, `[Network]\nAddress=${address}/30\nGateway=${gateway}\nIPv6AcceptRA=no`, 1, "mgmt");
    const { inputs, bridge } = await bridgeOver(t, machine, "mgmt");
    const state = await bridge.create(t, { ...inputs, rollbackSeconds: 30 }, await machine.facts());
    t.is(await addressesOf(machine, "br0"), `${address}/30`);
    await goWrong(machine);
    await lab.reboot("m1");
    t.is(await bridge.read(state), undefined);
    t.is(await addressesOf(machine, "mgmt"), `${address}/30`);
    t.regex(
      (await machine.facts()).takenBack?.why ?? "",
      new RegExp(`br0 has ${address}/30, the gateway ${gateway} answers`),
    );

    await machine.sh(`rm ${wrong}`);
    const again = await bridge.create(t, inputs, await machine.facts());
    await lab.reboot("m1");
    t.deepEqual(drift(again, await bridge.read(again), lasting), {});
    t.is(await addressesOf(machine, "br0"), `${address}/30`);
    t.is(await guardOn(machine), "");
    await bridge.delete(again);
    t.is(await machine.sh("find /etc /run/systemd -name '*pulumi*'"), "");
  });
});

machineLabTest("under ifupdown a record that fails leaves no NIC down for longer", async (t) => {
  await onRoutedMachine(t, "guard-ifupdown", "ifupdown", async (lab, machine, router) => {
    const lan = `auto ${nic}\\niface ${nic} inet static\\n  address 198.19.202.50/24\\n  gateway ${router.gateway}\\n`;
    // Behind ours, which ifupdown does first.
    await machine.sh(`printf '${lan}' >/etc/network/interfaces.d/the-owners; ip link set ${nic} down; ifup ${nic}`);
    await hasAddresses(machine, 2);
    const addresses = await addressesOf(machine, nic);
    const uplink = new Resource(machine, "Uplink", "lan");
    const inputs = { nic, mtu: 1480, rollbackSeconds: 30 };
    const state = await uplink.create(t, inputs, await machine.facts());
    t.regex(await guardOn(machine), /guard\/armed/);
    // As if its end had been lost: ifupdown does not bring up the NIC then.
    await machine.sh(`sed -i '$d' /etc/pulumi-kvm-network/links/${nic}/10-uplink; sync`);
    await lab.reboot("m1");
    await judged(machine);
    await has(machine, nic, addresses);
    t.is(await machine.sh("ls /etc/network/interfaces.d"), "the-owners");
    const found = await uplink.read(state);
    t.regex(String(found?.persistence), /^taken back by the host at its start.*: enp2s0 has carrier, enp2s0 has 198/);
    await uplink.delete(await uplink.update(t, found ?? {}, inputs, await machine.facts()));
    t.is(await machine.sh("find /etc /run/systemd -name '*pulumi*'"), "");
  });
});
