import { waitUntil } from "../../lab/wait-until.ts";
import { HostError } from "../../provider/host/host-error.ts";
import {
  addressesOf,
  bridgeOver,
  endSilence,
  lasting,
  managedNic as nic,
  picture,
  sessionOf,
  settles,
  silenceGateway,
} from "./moved-addresses.ts";
import { owned, ownedSession, ownersProfile } from "./network-manager.ts";
import { drift } from "./resource.ts";
import { routedMachineTests } from "./router.ts";

const { machineTest, theRouter } = routedMachineTests("network-manager");

machineTest(
  "NetworkManager obtains a lease and an advertised address again on the bridge, the same ones, and back",
  async (t, machine) => {
    await theRouter(machine);
    await owned(machine, "", 2);
    const profile = await ownersProfile(machine);
    const addresses = await addressesOf(machine, nic);
    t.regex(addresses, /^198\.19\.202\.\d+\/24\n2001:db8:202:.*\/64$/);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(state.addressManager, "NetworkManager");
    t.is(state.persistence, "kept");
    t.is(await addressesOf(machine, "br0"), addresses);
    t.is(await addressesOf(machine, nic), "");
    t.is(await machine.sh("find /run/NetworkManager -name '*pulumi*'"), "", "what was staged is kept by now");
    t.deepEqual(drift(state, await bridge.read(state), lasting), {});
    t.regex(await machine.sh("ip route show default"), /^default via 198\.19\.202\.1 dev br0 proto dhcp .* metric 100/);
    // Whoever has NetworkManager read its files again, or begin again, changes nothing.
    await machine.sh("nmcli connection reload; systemctl restart NetworkManager");
    await waitUntil(
      "the same addresses",
      30,
      async () => (await addressesOf(machine, "br0")) === addresses || undefined,
    );
    await bridge.delete(state);
    await settles(machine, before);
    t.is(await picture(machine, nic), before);
    t.is(await ownersProfile(machine), profile, "the owner's profile is as it was");
  },
);

machineTest(
  "without a lease on the bridge it is taken back, the address too, though nobody leases one: longer than NetworkManager would ask",
  async (t, machine) => {
    const leases = await theRouter(machine);
    await owned(machine, "ipv4.dhcp-timeout 10", 2);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    await leases.stopLeasing();
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 40 }, await machine.facts()), {
      instanceOf: HostError,
    });
    t.is(error?.code, "taken-back", error?.message);
    t.regex(error?.message ?? "", /br0 has not got 198\.19\.202\.\d+\/24.*as before/);
    const [uptime] = (await machine.sh("cat /proc/uptime")).split(".");
    const passed = () => machine.sh("cat /proc/uptime").then((text) => Number.parseInt(text, 10) - Number(uptime));
    await waitUntil("its timeout to pass", 60, async () => (await passed()) > 20 || undefined);
    // Until a lease is renewed it has its address, but not yet its profile as NetworkManager tells.
    t.deepEqual(
      (await picture(machine, nic)).split("\n").filter((line) => !line.startsWith("connection-uuid=")),
      before.split("\n").filter((line) => !line.startsWith("connection-uuid=")),
    );
    leases.lease();
    await waitUntil("a lease", 90, async () => (await picture(machine, nic)) === before || undefined);
  },
);

machineTest(
  "static addresses move with their metric, whatever other NICs have, until the next reboot or as long as is asked",
  async (t, machine) => {
    await owned(machine, "ipv4.method manual ipv4.addresses 198.19.210.2/24 ipv4.gateway 198.19.210.1", 1, "plain1");
    const settings =
      "ipv4.method manual ipv4.addresses 198.19.203.2/24,198.19.203.3/32 ipv4.gateway 198.19.203.1 ipv6.method manual";
    const routes = "ipv4.routes 198.51.100.0/24 ipv6.addresses 2001:db8:203::2/64 ipv6.gateway fe80::1 mtu 1400";
    await owned(machine, `${settings} ${routes} ipv4.dns 198.19.203.1`, 3);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    const metric = /default via 198\.19\.203\.1 .*metric (\d+)/.exec(before)?.[1];
    t.not(metric, undefined, before);
    const addresses = await addressesOf(machine, nic);
    const options = { persist: false, stp: false, ageingSeconds: 200, vlanFiltering: true };
    const vlans = { uplinkPort: { hairpin: true, vlan: { pvid: 1, tagged: ["20-30"] } } };
    const state = await bridge.create(t, { ...inputs, ...options, ...vlans }, await machine.facts());
    t.is(await addressesOf(machine, "br0"), addresses);
    t.regex(await machine.sh("ip route show default dev br0"), new RegExp(`metric ${metric}`));
    t.is(await machine.sh("find /etc -name '*pulumi*'"), "");
    t.is((await machine.sh("find /run/NetworkManager -name '*pulumi*'")).split("\n").length, 2);
    t.regex(await machine.sh("ip link show br0"), /mtu 1400/);
    t.regex(await machine.sh(`bridge -compressvlans vlan show dev ${nic}`), /1 PVID Egress Untagged\s+20-30$/);
    const names = ["addressManager", "ageingSeconds", "vlanFiltering", "moveAddresses"];
    t.deepEqual(drift(state, await bridge.read(state), names), {});

    const further = { ...inputs, ...options, ...vlans, persist: true, ageingSeconds: 100 };
    const kept = await bridge.update(t, state, further, await machine.facts());
    t.is(kept.persistence, "kept");
    t.is(await machine.sh("grep ageing-time= /etc/NetworkManager/system-connections/pulumi*-br0*"), "ageing-time=100");
    t.is(await machine.sh("find /run/NetworkManager -name '*pulumi*'"), "");
    t.is(await addressesOf(machine, "br0"), addresses);
    await bridge.delete(kept);
    await settles(machine, before);
    t.is(await picture(machine, nic), before);
    await machine.sh("nmcli connection delete lan-plain1");
  },
);

machineTest(
  "what would mean something else on a bridge is refused by name, and nothing is done",
  async (t, machine) => {
    const refused = async (settings: string, why: RegExp) => {
      await owned(machine, `ipv4.method manual ipv4.addresses 198.19.203.2/24 ipv6.method disabled ${settings}`, 1);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const before = await picture(machine, nic);
      const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { code: "bridge-refused" });
      t.regex(error?.message ?? "", why);
      t.is(await picture(machine, nic), before);
      return { inputs, bridge };
    };
    const file = "/etc/NetworkManager/system-connections/lan-enp2s0.nmconnection";
    await refused("connection.permissions user:root", new RegExp(`permissions=user:root:; in .connection. of ${file}`));
    await refused("connection.autoconnect-priority 999", /autoconnect-priority=999, which leaves none above it/);
    const { inputs, bridge } = await refused(
      "tc.qdiscs 'root pfifo limit 900'",
      /what the section \[tc\] of .* would mean on a bridge/,
    );
    const facts = await machine.facts();
    t.is(bridge.failures({ ...inputs, gateway: "198.19.203.1" }, facts)[0]?.property, "gateway");
    t.is(bridge.failures({ ...inputs, uplinkPort: { isolated: true } }, facts)[0]?.property, "uplinkPort");
    await machine.sh("nmcli connection delete lan-enp2s0");

    // One that NetworkManager has made of what it found.
    await machine.sh(`ip addr add 198.19.203.2/24 dev ${nic}`);
    await waitUntil("it to follow", 30, async () =>
      (await machine.sh(`nmcli -g GENERAL.STATE device show ${nic}`)).includes("externally") ? true : undefined,
    );
    const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { code: "bridge-refused" });
    t.regex(error?.message ?? "", /only follows there what somebody else has configured/);
    await machine.sh(`ip addr flush dev ${nic}`);

    // Somebody is about to have it taken back.
    await owned(machine, "ipv4.method manual ipv4.addresses 198.19.203.2/24 ipv6.method disabled", 1);
    const service = "org.freedesktop.NetworkManager /org/freedesktop/NetworkManager org.freedesktop.NetworkManager";
    const checkpoint = await machine.sh(`busctl call ${service} CheckpointCreate aouu 0 600 0`);
    const pending = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { code: "bridge-refused" });
    t.regex(pending?.message ?? "", /take the network back to a checkpoint later/);
    await machine.sh(`busctl call ${service} CheckpointDestroy ${checkpoint}`);
  },
);

// The last one: mgmt is NetworkManager's from here on.
machineTest(
  "the NIC that carries the SSH session moves by NetworkManager, and a gateway that falls silent takes it back",
  async (t, machine) => {
    const { address, gateway } = sessionOf(machine);
    await ownedSession(machine);
    const { inputs, bridge } = await bridgeOver(t, machine, "mgmt");
    const before = await picture(machine, "mgmt");
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(await addressesOf(machine, "br0"), `${address}/30`);
    t.regex(await machine.sh("ip route show default"), new RegExp(`default via ${gateway} dev br0 proto static`));
    await bridge.delete(state);
    await settles(machine, before, "mgmt");
    t.is(await picture(machine, "mgmt"), before);

    await silenceGateway(machine, gateway, "'before activate '*");
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 40 }, await machine.facts()), {
      instanceOf: HostError,
    });
    await endSilence(machine);
    t.is(error?.code, "taken-back", error?.message);
    await settles(machine, before, "mgmt");
    t.is(await picture(machine, "mgmt"), before);
  },
);
