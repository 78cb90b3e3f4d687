import type { ExecutionContext } from "ava";
import { createLab } from "../../lab/lab.ts";
import type { NetworkManager } from "../../lab/lab-options.ts";
import { defineGuest, putGuestImage } from "../../lab/machine/guest.ts";
import { addNeighbour, answersNeighbour } from "../../lab/neighbour.ts";
import { createStack, type Stack } from "../../lab/stack.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { Machine, machineLabTest } from "../machines/machine.ts";

/**
 * What fleets have, for one VM: a VF, a macvtap on a bond whose frames the switch hands on, a tap with a limit on a Linux bridge that
 * filters VLANs; and a VF that nobody has yet, an isolated endpoint and one for a QEMU of one's own.
 */
const program = `import { readFileSync } from "node:fs";
import { getHost, HostBridge, MacvtapEndpoint, SriovVirtualFunction, Uplink, VmInterface } from "pulumi-kvm-network";
const m1 = await getHost(JSON.parse(readFileSync("connection.json", "utf8")));

const nic = new Uplink("nic", { host: m1, nic: "enp1s0", numVfs: 3 });
const own = new HostBridge("own", { uplink: nic, type: "embedded" });
new SriovVirtualFunction("spare", {
  uplink: nic, index: 2, vlan: 5, qos: 3, spoofCheck: false, trust: true, maxTxRateMbps: 100,
});
const db = new VmInterface("db", { bridge: own, domain: "vm", needs: ["hardware-path"] });

const bond = new Uplink("bond", { host: m1, nic: "bond0" });
const fabric = new HostBridge("fabric", { uplink: bond, type: "ethernet" });
const web = new VmInterface("web", { bridge: fabric, domain: "vm", mode: "vepa", driver: "qemu" });
new VmInterface("ci", { bridge: fabric, mode: "pepa" });
new MacvtapEndpoint("own-qemu", { uplink: bond, mode: "vepa" });

const lan = new Uplink("lan", { host: m1, nic: "enp2s0", mtu: 1480 });
const bridge = new HostBridge("bridge", {
  uplink: lan, vlanFiltering: true, uplinkPort: { vlan: { pvid: 100, tagged: ["200-210", 300] } },
});
const app = new VmInterface("app", {
  bridge, domain: "vm", vlan: 100, driver: "qemu", bandwidth: { outbound: { averageMbps: 50 } },
});
export const macs = { db: db.mac, web: web.mac, app: app.mac };
`;

/** A bond of the two plain NICs, as its owner makes it last. */
const makeBond: Readonly<Record<NetworkManager, string>> = {
  none: "",
  "systemd-networkd": `
    cd /etc/systemd/network
    printf '[NetDev]\\nName=bond0\\nKind=bond\\n[Bond]\\nMode=active-backup\\nMIIMonitorSec=100ms\\n' >20-bond0.netdev
    printf '[Match]\\nName=bond0\\n[Network]\\nLinkLocalAddressing=no\\n' >20-bond0.network
    printf '[Match]\\nName=plain1 plain2\\n[Network]\\nBond=bond0\\n' >20-plain.network
    ip link set plain1 down; ip link set plain2 down
    networkctl reload`,
  NetworkManager: `
    nmcli connection add type bond con-name bond0 ifname bond0 bond.options mode=active-backup,miimon=100 \
      ipv4.method disabled ipv6.method disabled
    for nic in plain1 plain2; do nmcli connection add type ethernet con-name $nic ifname $nic master bond0; done
    nmcli connection up plain1; nmcli connection up plain2`,
  ifupdown: `
    cat >/etc/network/interfaces.d/bond0 <<'END'
auto bond0
iface bond0 inet manual
    pre-up ip link add bond0 type bond mode active-backup miimon 100
    pre-up for nic in plain1 plain2; do ip link set $nic down; ip link set $nic master bond0; done
    up ip link set bond0 up
    down ip link del bond0
END
    ip link set plain1 down; ip link set plain2 down
    ifup bond0`,
};

const runs = (machine: Machine): Promise<true> =>
  waitUntil("the domain", 300, async () => (await machine.sh("virsh -q list --name")) === "vm" || undefined);

/** What of ours is on a machine. */
const traces = `
find /etc /run/systemd -name '*pulumi*'
ip -d link show | grep -E 'pulumi|macvtap|br-|vf [0-9]' || :
nft list tables netdev
cat /sys/class/net/enp1s0/device/sriov_numvfs`;

async function persists(t: ExecutionContext, manager: NetworkManager): Promise<void> {
  const lab = await createLab({
    name: `lasts-${manager.slice(0, 8).toLowerCase().replace(/-$/, "")}`,
    hypervisors: 0,
    machines: 1,
    uplinks: 2,
    networkManager: manager,
  });
  let stack: Stack | undefined;
  try {
    const machine = new Machine(lab);
    const [hypervisor] = lab.hypervisors;
    await machine.sh(makeBond[manager]);
    await putGuestImage(machine);
    await defineGuest(machine, "vm");
    await machine.sh("virsh -q autostart vm; virsh -q start vm");
    const [near1, near2] = [await addNeighbour(lab, 1), await addNeighbour(lab, 2)];
    const before = await machine.sh(traces);

    stack = await createStack({
      project: `persistence-${manager.toLowerCase()}`,
      program,
      files: { "connection.json": JSON.stringify(hypervisor?.connection) },
    });
    const on = stack;
    await on.must(["up", "--yes", "--skip-preview"]);
    const { macs } = (await on.outputs()) as { macs: Record<string, string> };
    const allAnswer = async (when: string) => {
      for (const [name, by] of [
        ["db", near1],
        ["web", near1],
        ["app", near2],
      ] as const) {
        await waitUntil(
          `${name} to answer ${when}`,
          240,
          async () => (await answersNeighbour(lab, macs[name] ?? "", by)) || undefined,
        );
      }
    };
    await allAnswer("after the update");
    const nothingDrifted = async (when: string) => {
      for (const args of [
        ["refresh", "--yes", "--skip-preview", "--diff", "--expect-no-changes"],
        ["preview", "--diff", "--expect-no-changes"],
      ]) {
        const { status, stdout, stderr } = await on.pulumi(args);
        t.is(status, 0, `${args[0]} ${when}:\n${stdout}${stderr}`);
      }
    };
    await nothingDrifted("after the update");

    await lab.reboot("m1");
    await runs(machine);
    await allAnswer("after the reboot");
    await nothingDrifted("after the reboot");

    await lab.powerCut("m1");
    await runs(machine);
    await allAnswer("after the power cut");
    await nothingDrifted("after the power cut");

    await on.must(["destroy", "--yes", "--skip-preview"]);
    t.is(await machine.sh(traces), before);
    await lab.reboot("m1");
    await runs(machine);
    t.is(await machine.sh(traces), before);
  } finally {
    await stack?.remove();
    await lab.down();
  }
}

/** The test of one network manager, on a machine that it runs on: an update, a reboot, a power cut, a destroy and a reboot. */
export const persistenceTest = (manager: NetworkManager): void =>
  machineLabTest(
    `all is as asked after a reboot and a power cut, and nothing is left after a destroy: ${manager}`,
    async (t) => {
      t.timeout(1_800_000);
      await persists(t, manager);
    },
  );
