import type { ExecutionContext } from "ava";
import { waitUntil } from "../../lab/wait-until.ts";
import type { Machine } from "./machine.ts";
import { Resource } from "./resource.ts";

/* The host's own addresses on a NIC of a machine that a network manager configures. */

/** Of the second uplink; its switch has the router. */
export const managedNic = "enp2s0";

/** Of the bridge: what a refresh compares. */
export const lasting = [
  "persistence",
  "addressManager",
  "transaction",
  "moveAddresses",
  "stp",
  "priority",
  "ageingSeconds",
  "mark",
];

/** Which files of ours there are, for the network managers too. */
export const ourFiles = "find /etc /run/systemd $(ls -d /run/NetworkManager /run/network 2>/dev/null) -name '*pulumi*'";

/** All that a move may change, as text; lifetimes run. */
export const picture = (machine: Machine, link: string): Promise<string> =>
  machine.sh(`
    ip -o link show ${link} | sed 's/^[0-9]*: //'
    ip -o addr show dev ${link} | sed 's/^[0-9]*: //; s/ *valid_lft.*//; s/ tentative//' | sort
    ip route show table all type unicast dev ${link} | sed 's/ expires [0-9]*sec//; s/ nhid [0-9]*//' | sort
    index=$(cat /sys/class/net/${link}/ifindex)
    grep -hE '^(NETWORK_FILE|connection-uuid)=' "/run/systemd/netif/links/$index" "/run/NetworkManager/devices/$index" 2>/dev/null || :
    ls -d /run/pulumi-kvm-network/txn /sys/class/net/br0 2>/dev/null || :
    sort /run/network/ifstate 2>/dev/null || :
    ${ourFiles}
    systemctl list-units --all --plain --no-legend 'pulumi-kvm-network-*'`);

/** Waits for the picture of before; what it is then is for the test to say. */
export const settles = async (machine: Machine, before: string, link = managedNic): Promise<void> => {
  await waitUntil("what it was", 40, async () => (await picture(machine, link)) === before || undefined).catch(
    () => {},
  );
};

export const addressesOf = (machine: Machine, link: string): Promise<string> =>
  machine.sh(`ip -o addr show dev ${link} scope global | awk '{ print $4 }' | sort`);

/** Waits for as many addresses, and of several for the route that a router advertises with the second. */
export const hasAddresses = async (machine: Machine, count: number, link = managedNic): Promise<void> => {
  const has = async () => (await addressesOf(machine, link)).split("\n").filter((each) => each !== "").length >= count;
  await waitUntil(`${count} addresses`, 60, async () => (await has()) || undefined);
  const routes = () => machine.sh(`ip -6 route show default dev ${link}`);
  if (count > 1) await waitUntil("the advertised route", 30, async () => (await routes()) !== "" || undefined);
};

export const bridgeOver = async (t: ExecutionContext, machine: Machine, link = managedNic) => {
  const uplink = await new Resource(machine, "Uplink", "lan").create(
    t,
    { nic: link, persist: false },
    await machine.facts(),
  );
  const inputs = { uplink: uplink.ref, name: "br0", moveAddresses: true, rollbackSeconds: 60 };
  return { inputs, bridge: new Resource(machine, "HostBridge", "br") };
};

/** The address that SSH comes in by, and the other end of that link. */
export const sessionOf = (machine: Machine): { readonly address: string; readonly gateway: string } => {
  const { host: address = "" } = machine.lab.hypervisors[0]?.connection ?? {};
  const octets = address.split(".").map(Number);
  return { address, gateway: [...octets.slice(0, 3), (octets[3] ?? 0) - 1].join(".") };
};

/** What is done at one step of a change that the host script makes: when, its verb, and its first two values, as a shell pattern. */
export const atStep = (machine: Machine, step: string, script: string): Promise<string> =>
  machine.sh(`cat >/run/pulumi-kvm-network.step <<'END'
#!/bin/sh
case "$1 $3 $4 $5" in ${step}) ;; *) exit ;; esac
${script}
END
chmod 755 /run/pulumi-kvm-network.step`);

/** From that step on the gateway is not heard on the bridge, as by a switch that lets its frames through to nobody but the session's other end. */
export const silenceGateway = async (machine: Machine, gateway: string, step: string): Promise<void> => {
  const chain = "add chain arp silent in { type filter hook input priority 0; }";
  await atStep(machine, step, `nft "add table arp silent; ${chain}; add rule arp silent in iifname br0 drop"`);
  await machine.sh(
    `ip neigh replace ${gateway} lladdr $(ip neigh show ${gateway} dev mgmt | awk '{ print $3 }') dev mgmt nud reachable`,
  );
};

/** And is heard again. */
export const endSilence = (machine: Machine): Promise<string> =>
  machine.sh("rm /run/pulumi-kvm-network.step; nft delete table arp silent");
