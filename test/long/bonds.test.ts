import { run } from "../../lab/command.ts";
import { portName } from "../../lab/links.ts";
import { enterNetwork } from "../../lab/namespace.ts";
import type { UplinkFacts } from "../../provider/planning/index.ts";
import { startDomain } from "../machines/domain.ts";
import { macOf, sendFrame } from "../machines/frames.ts";
import { type Machine, machineTests, uplink } from "../machines/machine.ts";
import { Made } from "./made.ts";

const machineTest = machineTests("bonds");
const members = [uplink, "enp2s0"];

/** Has the port of the second uplink at one of the switches. */
const plugSecond = async (machine: Machine, into: "sw1" | "sw2"): Promise<void> => {
  const port = portName("m1", "enp2s0");
  await run(enterNetwork(machine.lab.namespace("switch"), ["ip", "link", "set", "dev", port, "master", into]));
};

/** A bond of both uplinks, whose ports are of one switch. */
const makeBond = async (machine: Machine, mode: string): Promise<void> => {
  await plugSecond(machine, "sw1");
  await machine.sh(
    `ip link add bond0 type bond mode ${mode} miimon 100
     for member in ${members.join(" ")}; do ip link set $member down; ip link set $member master bond0; done
     ip link set bond0 up; until [ "$(cat /sys/class/net/bond0/carrier)" = 1 ]; do sleep 0.1; done`,
  );
};

const removeBond = async (machine: Machine): Promise<void> => {
  await machine.sh(`ip link del bond0; for member in ${members.join(" ")}; do ip link set $member up; done`);
  await plugSecond(machine, "sw2");
};

const hairpin = async (machine: Machine, on: boolean): Promise<void> => {
  for (const member of members) await machine.lab.hairpin("m1", member, on);
};

for (const mode of ["active-backup", "802.3ad"]) {
  machineTest(
    `VMs on a bond (${mode}) reach each other through the switch in vepa mode; its members are facts, and no uplinks`,
    async (t, machine) => {
      await makeBond(machine, mode);
      const on = new Made(machine, "Uplink", "bond");
      await hairpin(machine, true);
      await on.up({ nic: "bond0", reflectiveRelay: "probe" });
      t.like(on.state.probe, { state: "active" });
      const facts = on.state.facts as UplinkFacts;
      t.deepEqual(
        facts.members.map(({ name, driver, carrier, sriov }) => ({ name, driver, carrier, vfs: sriov?.totalVfs })),
        members.map((name) => ({ name, driver: "igb", carrier: true, vfs: 7 })),
      );
      t.is(
        facts.members.some(({ active }) => active),
        true,
      );
      t.is((await machine.link("bond0")).bond?.mode, mode);
      const member = new Made(machine, "Uplink", "member").check({ nic: uplink }, await machine.facts());
      t.regex(
        member.failures[0]?.reason ?? "",
        /enp1s0 of m1 is a member of the bond bond0: use the bond as the uplink/,
      );

      const ether = new Made(machine, "HostBridge", "ether");
      await ether.up({ uplink: on.ref, type: "ethernet" });
      const vms = ["b-one", "b-two"].map((name) => new Made(machine, "VmInterface", name));
      for (const vm of vms) {
        await startDomain(machine, vm.name);
        await vm.up({ bridge: ether.ref, domain: vm.name, mode: "vepa" });
      }
      const [one = "", two = ""] = vms.map(({ state }) => String(state.device));
      const [from, to] = [await macOf(machine, one), await macOf(machine, two)];
      t.deepEqual(await sendFrame(machine, { by: one, from, to }, [two]), [two]);
      await hairpin(machine, false);
      t.deepEqual(await sendFrame(machine, { by: one, from, to }, [two]), []);
      for (const vm of vms) {
        await machine.sh(`virsh -q destroy ${vm.name}`);
        await vm.remove();
      }
      await ether.remove();
      await on.remove();
      await removeBond(machine);
    },
  );
}

machineTest(
  "a Linux bridge stands on a bond and on a VLAN link of it, each no larger than what is below",
  async (t, machine) => {
    await makeBond(machine, "active-backup");
    await machine.sh("ip link add link bond0 name bond0.5 type vlan id 5; ip link set bond0.5 up");
    const [bond, vlan] = ["bond0", "bond0.5"].map((name) => new Made(machine, "Uplink", name));
    const lan = new Made(machine, "HostBridge", "lan");
    if (bond === undefined || vlan === undefined) return t.fail();
    const refused = vlan.check({ nic: "bond0.5", mtu: 9000 }, await machine.facts()).failures[0];
    t.regex(refused?.reason ?? "", /9000 is above the MTU of 1500 of bond0/);
    t.regex(await machine.refused("ip link set bond0.5 mtu 9000"), /Numerical result out of range/);
    await bond.up({ nic: "bond0", mtu: 9000 });
    for (const member of members) t.is((await machine.link(member)).mtu, 9000, member);
    await vlan.up({ nic: "bond0.5", mtu: 9000 });
    await lan.up({ uplink: vlan.ref, name: "lan", mtu: 9000 });
    t.like(await machine.link("bond0.5"), { master: "lan", mtu: 9000 });
    t.deepEqual([await bond.drift(), await vlan.drift(), await lan.drift()], [{}, {}, {}]);
    await lan.remove();
    await vlan.remove();
    await lan.up({ uplink: bond.ref, name: "lan" });
    t.is((await machine.link("bond0")).master, "lan");
    await lan.remove();
    await bond.remove();
    t.is((await machine.link("bond0")).mtu, 1500);
    await machine.sh("ip link del bond0.5");
    await removeBond(machine);
  },
);
