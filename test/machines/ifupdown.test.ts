import { waitUntil } from "../../lab/wait-until.ts";
import { HostError } from "../../provider/host/host-error.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { owned } from "./ifupdown.ts";
import {
  addressesOf,
  atStep,
  bridgeOver,
  endSilence,
  lasting,
  managedNic as nic,
  picture,
  sessionOf,
  settles,
} from "./moved-addresses.ts";
import { drift } from "./resource.ts";
import { routedMachineTests } from "./router.ts";

const { machineTest, theRouter } = routedMachineTests("ifupdown");

/** Before the link is up its second address is not to be one that a router advertises; an emulated NIC takes its time until it is. */
const staticStanzas = `auto ${nic}
iface ${nic} inet6 static
    address 2001:db8:202::2/64
    dad-attempts 600
iface ${nic} inet static
    address 198.19.202.2/24
    gateway 198.19.202.1
    mtu 1400
    up ip route add 198.51.100.0/24 via 198.19.202.1
    pre-up ethtool -K $IFACE gro off`;

machineTest("ifupdown gives the bridge static addresses, and the NIC again", async (t, machine) => {
  await theRouter(machine);
  await owned(machine, staticStanzas, 2);
  const { inputs, bridge } = await bridgeOver(t, machine);
  const addresses = await addressesOf(machine, nic);
  const before = await picture(machine, nic);
  const state = await bridge.create(t, inputs, await machine.facts());
  t.is(state.addressManager, "ifupdown");
  t.is(state.persistence, "kept");
  t.is(await addressesOf(machine, "br0"), addresses);
  t.is(await addressesOf(machine, nic), "");
  t.is(await machine.sh("find /run/network -name '*pulumi*'"), "", "what was staged is kept by now");
  t.deepEqual(drift(state, await bridge.read(state), lasting), {});
  t.regex(await machine.sh("ip route show 198.51.100.0/24"), /via 198\.19\.202\.1 dev br0/);
  t.is(await machine.sh(`cat /run/network/ifstate.br0 /run/network/ifstate.${nic}`), `br0\npulumi-kvm-network-${nic}`);
  // Whoever has ifupdown begin again changes nothing.
  await machine.sh("systemctl restart networking");
  t.is(await addressesOf(machine, "br0"), addresses);
  t.is(await machine.sh("cat /sys/class/net/br0/brif/*/state"), "3");
  await bridge.delete(state);
  t.is(await picture(machine, nic), before);
});

machineTest(
  "a lease and an advertised address are obtained again on the bridge, the same ones, and back",
  async (t, machine) => {
    await theRouter(machine);
    await owned(machine, `allow-hotplug ${nic}\niface ${nic} inet dhcp`, 2);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const addresses = await addressesOf(machine, nic);
    t.regex(addresses, /^198\.19\.202\.\d+\/24\n2001:db8:202:.*\/64$/);
    const before = await picture(machine, nic);
    const options = { persist: false, stp: false, ageingSeconds: 200 };
    const state = await bridge.create(t, { ...inputs, ...options }, await machine.facts());
    t.is(state.persistence, undefined);
    t.is(await addressesOf(machine, "br0"), addresses);
    t.is(await addressesOf(machine, nic), "");
    t.deepEqual(drift(state, await bridge.read(state), lasting), {});
    const metric = /default via .* proto dhcp .*metric (\d+)/.exec(before)?.[1];
    t.regex(await machine.sh("ip route show default"), new RegExp(`dev br0 proto dhcp .*metric ${metric}`));
    t.is(await machine.sh("find /etc -name '*pulumi*'"), "");
    await bridge.delete(state);
    await settles(machine, before);
    t.is(await picture(machine, nic), before);
  },
);

machineTest(
  "without a lease on the bridge it is taken back, the address too, though nobody leases one",
  async (t, machine) => {
    const leases = await theRouter(machine);
    await owned(machine, `auto ${nic}\niface ${nic} inet dhcp`, 2);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    await leases.stopLeasing();
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 15 }, await machine.facts()), {
      instanceOf: HostError,
    });
    t.is(error?.code, "taken-back", error?.message);
    // While nobody leases one dhcpcd gives the NIC one of its own as well (RFC 3927).
    const pictured = async () =>
      (await picture(machine, nic))
        .split("\n")
        .filter((line) => !/169\.254\.|^default dev/.test(line))
        .join("\n");
    t.is(await pictured(), before);
    const leased = () => machine.sh("journalctl --identifier dhcpcd --grep 'leased 198' --quiet --output cat || :");
    const soFar = await leased();
    leases.lease();
    await waitUntil("a lease", 90, async () => (await leased()) !== soFar || undefined);
    t.is(await pictured(), before);
    t.regex(await machine.sh("pgrep -a dhcpcd"), new RegExp(`dhcpcd: ${nic} `));
  },
);

machineTest("a stanza that fails on the bridge is taken back at once", async (t, machine) => {
  await theRouter(machine);
  await owned(machine, `${staticStanzas}\n    up ip route add 203.0.113.0/24 via 198.19.202.1 || true`, 2);
  const { inputs, bridge } = await bridgeOver(t, machine);
  const before = await picture(machine, nic);
  // As when the bridge gets another gateway, which it does not reach.
  await atStep(machine, "'behind stage '*", "sed -i 's/gateway .*/gateway 192.0.2.300/' /run/network/interfaces.d/*");
  const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { instanceOf: HostError });
  await machine.sh("rm /run/pulumi-kvm-network.step");
  t.is(error?.code, "taken-back", error?.message);
  t.regex(error?.message ?? "", /ifupdown does not bring up br0/);
  t.is(await picture(machine, nic), before);
});

machineTest(
  "what would mean something else on a bridge is refused by name, and nothing is done",
  async (t, machine) => {
    const refused = async (line: string, why: RegExp) => {
      await owned(machine, `${staticStanzas}\n    ${line}`, 2);
      const { inputs, bridge } = await bridgeOver(t, machine);
      const before = await picture(machine, nic);
      const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { code: "bridge-refused" });
      t.regex(error?.message ?? "", why);
      t.is(await picture(machine, nic), before);
      return { inputs, bridge };
    };
    await refused(
      "wpa-psk secret",
      /does not know what wpa-psk in iface enp2s0 inet static of .*\/lan would mean on a bridge/,
    );
    const { inputs, bridge } = await refused(
      `post-up ip route add 192.0.2.0/24 dev ${nic}`,
      /post-up ip route add 192\.0\.2\.0\/24 dev enp2s0 in iface/,
    );
    const gateway: Properties = { ...inputs, gateway: "198.19.203.1" };
    t.is(bridge.failures(gateway, await machine.facts())[0]?.property, "gateway");
  },
);

// The last one: mgmt is ifupdown's from here on.
machineTest(
  "the NIC that carries the SSH session moves by ifupdown, and a gateway that falls silent takes it back",
  async (t, machine) => {
    const { address, gateway } = sessionOf(machine);
    await owned(machine, `auto mgmt\niface mgmt inet static\n  address ${address}/30\n  gateway ${gateway}`, 1, "mgmt");
    const { inputs, bridge } = await bridgeOver(t, machine, "mgmt");
    const before = await picture(machine, "mgmt");
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(await addressesOf(machine, "br0"), `${address}/30`);
    t.regex(await machine.sh("ip route show default"), new RegExp(`default via ${gateway} dev br0`));
    await bridge.delete(state);
    t.is(await picture(machine, "mgmt"), before);

    // As by a switch that lets the bridge's frames through to nobody but the session's other end.
    await atStep(
      machine,
      "'before ifup br0 '*",
      `nft "add table arp silent; add chain arp silent in { type filter hook input priority 0; }; add rule arp silent in iifname br0 drop"
ip neigh replace ${gateway} lladdr $(ip neigh show ${gateway} dev mgmt | awk '{ print $3 }') dev br0 nud reachable`,
    );
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 20 }, await machine.facts()), {
      instanceOf: HostError,
    });
    await endSilence(machine);
    t.is(error?.code, "taken-back", error?.message);
    await settles(machine, before, "mgmt");
    t.is(await picture(machine, "mgmt"), before);
  },
);
