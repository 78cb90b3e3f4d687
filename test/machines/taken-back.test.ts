import type { ExecutionContext } from "ava";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { type Machine, machineTests, uplink as nic } from "./machine.ts";
import { Resource } from "./resource.ts";
import { makeVfs } from "./vfs.ts";

const machineTest = machineTests("taken-back");

/** Once, behind the step that \`when\` matches, this is done by hand, and the change ended: the watchdog has to see to it. */
const fault = (machine: Machine, when: string, script: string): Promise<string> =>
  machine.sh(`cat >/run/pulumi-kvm-network.step <<'END'
#!/bin/sh
case "$1 $*" in 'behind '*) ;; *) exit ;; esac
case "$*" in *'${when}'*) ;; *) exit ;; esac
rm /run/pulumi-kvm-network.step
exec >/run/fault.log 2>&1
${script}
kill -9 $PPID
END
chmod 755 /run/pulumi-kvm-network.step`);

const takenBack = async (t: ExecutionContext, machine: Machine, inputs: Properties): Promise<void> => {
  const resource = new Resource(machine, "Uplink", "carrying");
  const creating = resource.create(t, { nic, persist: false, rollbackSeconds: 20, ...inputs }, await machine.facts());
  const error = await t.throwsAsync(creating);
  t.regex(error?.message ?? "", /The host has taken it back: its network is as before/);
};

/** Behind a change of a NIC its link comes and goes. */
const carrier = (machine: Machine) =>
  machine.sh(`for i in $(seq 100); do [ "$(cat /sys/class/net/${nic}/carrier)" = 1 ] && exit; sleep 0.1; done; exit 1`);

machineTest("what a bridge's ports have is there again: VLANs, static entries, flags", async (t, machine) => {
  await machine.sh(`
    ip link add br9 type bridge vlan_filtering 1 mcast_snooping 1 vlan_default_pvid 1; ip link set br9 up
    for link in ${nic} tap1 tap2; do
      [ $link = ${nic} ] || ip link add $link type dummy
      ip link set $link up master br9
    done
    bridge vlan add dev ${nic} vid 10-20; bridge vlan add dev ${nic} vid 30 untagged
    bridge vlan add dev ${nic} vid 5 pvid untagged; bridge vlan del dev ${nic} vid 1
    bridge vlan add dev tap1 vid 7 pvid untagged; bridge vlan del dev tap2 vid 1; bridge vlan add dev br9 vid 5 self
    bridge fdb add 52:54:00:00:00:aa dev ${nic} master static vlan 5
    bridge fdb add 52:54:00:00:00:ac dev ${nic} master static sticky vlan 5
    bridge mdb add dev br9 port ${nic} grp 239.1.1.1 permanent vid 5
    bridge link set dev ${nic} learning off cost 7 guard on neigh_suppress on locked on
    ip addr add 198.19.201.2/24 dev br9; ethtool -K ${nic} tx-tcp-segmentation off rx-gro-list on`);
  await carrier(machine);
  const picture = () =>
    machine.sh(`bridge vlan show; bridge -d link show dev ${nic} | sed 's/ state [a-z]*//'
      bridge fdb show br br9 | grep -v ' self\\|33:33\\|01:00:5e' | grep 'static\\|permanent' | sort
      bridge mdb show dev br9 | grep permanent; ethtool -k ${nic}
      grep -sH . /sys/class/net/*/brport/* /sys/class/net/br9/bridge/* | grep -v 'timer\\|state\\|/port_\\|designated\\|_id:\\|root\\|topology\\|ack\\|pending'`);
  const before = await picture();
  await fault(
    machine,
    "run ip",
    `ip link set ${nic} nomaster; ip link set ${nic} master br9
     ip link set br9 type bridge vlan_default_pvid 9; bridge vlan del dev br9 vid 5 self; bridge vlan add dev tap1 vid 99
     ethtool -K ${nic} tx-tcp-segmentation on rx-gro-list off`,
  );
  await takenBack(t, machine, { mtu: 1400 });
  t.is(await picture(), before);
  await machine.sh(`for link in tap1 tap2 br9; do ip link del $link; done
    ethtool -K ${nic} tx-tcp-segmentation on rx-gro-list off`);
});

machineTest("VFs that had to be made anew are what they were, drivers included", async (t, machine) => {
  await makeVfs(machine, 2);
  await machine.sh(`ip addr add 198.19.201.2/24 dev ${nic}; ip link set ${nic} up`);
  await carrier(machine);
  await machine.sh(`
    ip link set ${nic} vf 0 mac 52:54:00:00:00:01; ip link set ${nic} vf 0 vlan 5 qos 3; ip link set ${nic} vf 0 trust on
    ip link set ${nic} vf 0 spoofchk off; ip link set ${nic} vf 0 max_tx_rate 100; ip link set ${nic} vf 1 vlan 6
    echo 0000:01:10.2 >/sys/bus/pci/drivers/igbvf/unbind
    echo 0000:01:10.0 >/sys/bus/pci/drivers/igbvf/unbind; echo 0000:01:10.0 >/sys/bus/pci/drivers_probe; udevadm settle`);
  const picture = () =>
    machine.sh(`ip link show ${nic} | grep 'vf '; cat /sys/class/net/${nic}/device/sriov_drivers_autoprobe
      for vf in /sys/class/net/${nic}/device/virtfn*; do readlink $vf $vf/driver || :; cat $vf/net/*/address; done 2>/dev/null || :`);
  const before = await picture();
  t.regex(before, /vf 0 .*52:54:00:00:00:01.* vlan 5, qos 3.* trust on\n/);
  await fault(machine, "sriov_numvfs 4", "");
  await takenBack(t, machine, { numVfs: 4 });
  t.is(await picture(), before);

  // Left alone where they are those of before.
  await fault(machine, "run ip", `ip link set ${nic} vf 1 vlan 7`);
  await takenBack(t, machine, { mtu: 1400 });
  t.is(await picture(), before.replace("vlan 6", "vlan 7"));
  await machine.sh(`ip addr del 198.19.201.2/24 dev ${nic}`);
  await makeVfs(machine, 0);
});
