import { waitUntil } from "../../lab/wait-until.ts";
import { HostError } from "../../provider/host/host-error.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import {
  addressesOf,
  bridgeOver,
  endSilence,
  lasting,
  managedNic as nic,
  picture,
  sessionOf,
  silenceGateway,
} from "./moved-addresses.ts";
import { owned, ownedSession } from "./networkd.ts";
import { drift } from "./resource.ts";
import { routedMachineTests } from "./router.ts";

const { machineTest, theRouter } = routedMachineTests("networkd");

machineTest(
  "networkd obtains a lease and an advertised address again on the bridge, the same ones, and back",
  async (t, machine) => {
    await theRouter(machine);
    await owned(machine, "[Network]\nDHCP=ipv4", 2);
    const addresses = await addressesOf(machine, nic);
    t.regex(addresses, /^198\.19\.202\.\d+\/24\n2001:db8:202:.*\/64$/);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(state.persistence, "kept");
    t.is(await addressesOf(machine, "br0"), addresses);
    t.is(await addressesOf(machine, nic), "");
    t.is(await machine.sh("ls /run/systemd/network 2>/dev/null || :"), "", "what was staged is kept by now");
    t.deepEqual(drift(state, await bridge.read(state), lasting), {});
    // Whoever has networkd read its files again changes nothing.
    await machine.sh("networkctl reload");
    await waitUntil(
      "the same addresses",
      30,
      async () => (await addressesOf(machine, "br0")) === addresses || undefined,
    );
    await bridge.delete(state);
    await waitUntil("what it was", 30, async () => (await picture(machine, nic)) === before || undefined).catch(
      () => {},
    );
    t.is(await picture(machine, nic), before);
  },
);

machineTest(
  "without a lease on the bridge it is taken back, the address too, though nobody leases one",
  async (t, machine) => {
    const leases = await theRouter(machine);
    await owned(machine, "[Network]\nDHCP=ipv4", 2);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    await leases.stopLeasing();
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 15 }, await machine.facts()), {
      instanceOf: HostError,
    });
    leases.lease();
    t.is(error?.code, "taken-back", error?.message);
    t.regex(error?.message ?? "", /br0 has not got 198\.19\.202\.\d+\/24.*as before/);
    t.is(await picture(machine, nic), before);
  },
);

machineTest(
  "policy rules that networkd has not made outlast the move, the way back, and one that is taken back",
  async (t, machine) => {
    await owned(
      machine,
      "[Network]\nAddress=198.19.203.2/24\nIPv6AcceptRA=no\n[RoutingPolicyRule]\nFrom=198.19.203.0/24\nTable=78\nPriority=300",
      1,
    );
    // As a VPN's, which `networkctl reload` removes.
    await machine.sh(`ip rule add pref 200 from 10.0.0.0/8 lookup 77; ip rule add pref 201 iif ${nic} lookup 77
      ip -6 rule add pref 202 from 2001:db8::/32 lookup 77`);
    const rules = () => machine.sh("ip rule; ip -6 rule");
    const before = await rules();
    t.regex(before, /300:.*proto static/);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(await rules(), before);
    await bridge.delete(state);
    t.is(await rules(), before);

    await machine.sh(`printf '#!/bin/sh\n[ "$1 $3 $4" != "behind reload systemd-networkd" ] || kill -9 $PPID\n' >/run/pulumi-kvm-network.step
      chmod 755 /run/pulumi-kvm-network.step`);
    const making = bridge.create(t, { ...inputs, rollbackSeconds: 15 }, await machine.facts());
    t.is((await t.throwsAsync(making, { instanceOf: HostError }))?.code, "taken-back");
    t.is(await rules(), before);
    await machine.sh(
      "rm /run/pulumi-kvm-network.step; ip rule del pref 200; ip rule del pref 201; ip -6 rule del pref 202",
    );

    await machine.sh(`ip route add 203.0.113.0/24 via 198.19.203.9 dev ${nic}`);
    const byHand = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), {
      code: "addresses-not-moved",
    });
    t.regex(byHand?.message ?? "", /the route to 203\.0\.113\.0\/24 was made by hand/);
    await machine.sh(`ip route del 203.0.113.0/24 dev ${nic}`);
  },
);

machineTest(
  "what would mean something else on a bridge is refused by name, and nothing is done",
  async (t, machine) => {
    await owned(machine, "[Network]\nAddress=198.19.203.2/24\nVLAN=lan.5\nIPv6AcceptRA=no", 1);
    const { inputs, bridge } = await bridgeOver(t, machine);
    const before = await picture(machine, nic);
    const error = await t.throwsAsync(bridge.create(t, inputs, await machine.facts()), { code: "bridge-refused" });
    t.regex(
      error?.message ?? "",
      /VLAN=lan\.5 in \[Network\] of \/etc\/systemd\/network\/20-lan\.network would mean on a bridge/,
    );
    const gateway: Properties = { ...inputs, gateway: "198.19.203.1" };
    t.is(bridge.failures(gateway, await machine.facts())[0]?.property, "gateway");
    t.is(await picture(machine, nic), before);
  },
);

// The last one: the machine is not reached any more where networkd reads its files without the one for mgmt.
machineTest(
  "the NIC that carries the SSH session moves by networkd, and a gateway that falls silent takes it back",
  async (t, machine) => {
    const { address, gateway } = sessionOf(machine);
    await ownedSession(machine);
    const { inputs, bridge } = await bridgeOver(t, machine, "mgmt");
    const before = await picture(machine, "mgmt");
    const state = await bridge.create(t, inputs, await machine.facts());
    t.is(await addressesOf(machine, "br0"), `${address}/30`);
    t.regex(await machine.sh("ip route show default"), new RegExp(`default via ${gateway} dev br0 proto static`));
    await bridge.delete(state);
    t.is(await picture(machine, "mgmt"), before);

    await silenceGateway(machine, gateway, "'before reload systemd-networkd br0'");
    const error = await t.throwsAsync(bridge.create(t, { ...inputs, rollbackSeconds: 20 }, await machine.facts()), {
      instanceOf: HostError,
    });
    await endSilence(machine);
    t.is(error?.code, "taken-back", error?.message);
    t.is(await picture(machine, "mgmt"), before);
  },
);
