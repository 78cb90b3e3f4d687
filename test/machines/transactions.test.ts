import type { ExecutionContext } from "ava";
import { HostError } from "../../provider/host/host-error.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { type Machine, machineTests, uplink as nic } from "./machine.ts";
import { Resource } from "./resource.ts";

const machineTest = machineTests("transactions");

/** All that a transaction over `mgmt` may change, as text. */
const picture = (machine: Machine): Promise<string> =>
  machine.sh(`
    ip -o link show mgmt | sed 's/^[0-9]*: //'
    ip -o addr show dev mgmt | sed 's/^[0-9]*: //; s/ *valid_lft.*//; s/ tentative//'
    ip route show table all type unicast dev mgmt | sort
    ls -d /run/pulumi-kvm-network/txn /sys/class/net/br0 2>/dev/null || :
    systemctl list-units --all --plain --no-legend 'pulumi-kvm-network-*' `);

/** The NIC that SSH comes in by, with a default route, about to move under a bridge. */
const about = async (t: ExecutionContext, machine: Machine) => {
  const { host = "" } = machine.lab.hypervisors[0]?.connection ?? {};
  const octets = host.split(".").map(Number);
  const gateway = [...octets.slice(0, 3), (octets[3] ?? 0) - 1].join(".");
  await machine.sh(`ip route replace default via ${gateway} dev mgmt metric 50`);
  const uplink = await new Resource(machine, "Uplink", "mgmt").create(
    t,
    { nic: "mgmt", persist: false },
    await machine.facts(),
  );
  const inputs = { uplink: uplink.ref, name: "br0", moveAddresses: true, rollbackSeconds: 40 };
  return {
    inputs,
    uplink,
    address: host,
    bridge: new Resource(machine, "HostBridge", "br"),
    before: await picture(machine),
  };
};

machineTest(
  "the NIC that carries the SSH session moves under a bridge and back, watched by systemd",
  async (t, machine) => {
    const { inputs, address, bridge, before } = await about(t, machine);
    const state = await bridge.create(t, inputs, await machine.facts());
    t.regex(await machine.sh("ip -o addr show dev br0"), new RegExp(`inet ${address}/30`));
    t.is(await machine.sh("ip -o -4 addr show dev mgmt"), "");
    t.is(
      await machine.sh("systemctl list-units --all --plain --no-legend 'pulumi-kvm-network-*'"),
      "",
      "no watchdog is left",
    );
    await bridge.delete(state);
    t.is(await picture(machine), before);
  },
);

machineTest("with a wrong gateway the machine takes it back", async (t, machine) => {
  await machine.sh("ip addr add 198.19.200.2/24 dev mgmt");
  const { inputs, bridge, before } = await about(t, machine);
  const wrong: Properties = { ...inputs, gateway: "198.19.200.77", rollbackSeconds: 20 };
  const error = await t.throwsAsync(bridge.create(t, wrong, await machine.facts()), { instanceOf: HostError });
  t.is(error?.code, "taken-back", error?.message);
  t.regex(error?.message ?? "", /the gateway 198\.19\.200\.77 does not answer on br0.*as before/);
  t.is(await picture(machine), before);
  await machine.sh("ip addr del 198.19.200.2/24 dev mgmt");
});

machineTest("the number of VFs of a NIC that carries the host changes by a transaction", async (t, machine) => {
  await machine.sh(
    `ip addr add 198.19.201.2/24 dev ${nic}; ip link set ${nic} up; ip route add 198.51.100.0/24 dev ${nic}`,
  );
  const vfs = new Resource(machine, "Uplink", "carrying");
  const state = await vfs.create(t, { nic, numVfs: 2, mtu: 1400 }, await machine.facts());
  t.is(state.transaction, "MTU 1400, 2 VFs; taken back by the host after 60 s unless confirmed");
  t.is(await machine.sh(`cat /sys/class/net/${nic}/device/sriov_numvfs /sys/class/net/${nic}/mtu`), "2\n1400");
  t.regex(await machine.sh(`ip route show dev ${nic}`), /198\.51\.100\.0\/24/);
  await vfs.delete(state);
  t.is(await machine.sh(`cat /sys/class/net/${nic}/device/sriov_numvfs /sys/class/net/${nic}/mtu`), "0\n1500");
  await machine.sh(`ip addr del 198.19.201.2/24 dev ${nic}`);
});

machineTest("a reboot in the middle: the machine comes back as it was, and it is done then", async (t, machine) => {
  const { inputs, address, bridge, before } = await about(t, machine);
  const bootId = "cat /proc/sys/kernel/random/boot_id";
  const boot = await machine.sh(bootId);
  // At the moment at which the change begins, in front of the real one in the script's path.
  await machine.sh(`printf '#!/bin/sh\\nsystemctl --force --force reboot\\nsleep 60\\n' >/run/ip && chmod 755 /run/ip
    mkdir -p /run/fault && mount --bind /run/fault /usr/local/sbin
    cat >/usr/local/sbin/ip <<'END'
#!/bin/sh
case "$*" in *-batch*) exec /run/ip ;; *) exec /sbin/ip "$@" ;; esac
END
    chmod 755 /usr/local/sbin/ip`);
  // What became of it is not known, so it is looked at; and done, for it is as before.
  const state = await bridge.create(t, inputs, await machine.facts());
  t.not(await machine.sh(bootId), boot);
  t.regex(await machine.sh("ip -o addr show dev br0"), new RegExp(`inet ${address}/30`));
  await bridge.delete(state);
  // The test's own default route did not outlast the reboot.
  t.is(await picture(machine), before.replace(/^default via .*\n/m, ""));
});
