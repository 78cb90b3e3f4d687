import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { z } from "zod";
import { addBridgePort } from "../../lab/endpoint.ts";
import { openLab } from "../../lab/lab.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { labCommand } from "../lab/lab-command.ts";
import { labName } from "../lab/lab-test.ts";
import { macOf, sendFrame } from "../machines/frames.ts";
import { Machine, machineLabTest } from "../machines/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
const name = labName();

const labFile = z.object({
  hypervisors: z.array(z.object({ name: z.string(), uplinks: z.array(z.string()), nics: z.array(z.string()) })),
  switch: z.object({ ports: z.record(z.string(), z.string()) }),
});

const lab = async (...args: string[]) => await labCommand(folder, args);

/** What a script prints on the machine, by the command that a user has. */
async function exec(script: string): Promise<string> {
  const { status, stdout, stderr } = await lab("exec", "m1", "--", "sh", "-euc", script);
  if (status !== 0) throw new Error(`${script}: ${stderr}${stdout}`);
  return stdout.trim();
}

const bootId = () => exec("cat /proc/sys/kernel/random/boot_id");

test.after.always(async () => {
  closeHosts();
  await lab("down", "--name", name);
  rmSync(folder, { recursive: true });
});

machineLabTest("up tells of a machine's uplinks and plain NICs, all of them ports of the switch", async (t) => {
  const args = ["--machines", "1", "--uplinks", "1", "--network-manager", "NetworkManager"];
  const up = await lab("up", "--name", name, ...args);
  t.is(up.status, 0, up.stderr);
  const told = labFile.parse(JSON.parse(readFileSync(join(folder, "lab.json"), "utf8")));
  t.deepEqual(told.hypervisors, [{ name: "m1", uplinks: ["enp1s0"], nics: ["plain1", "plain2"] }]);
  t.deepEqual(Object.keys(told.switch.ports), ["m1/enp1s0", "m1/plain1", "m1/plain2"]);
});

/** NetworkManager lists them once it has looked at them. */
const managed = async () => {
  const states = "nmcli --terse --fields DEVICE,STATE device | grep -v ^lo: | sort";
  return (await exec(`nm-online --quiet --wait-for-startup; ${states}`)).split("\n");
};

const untouched = ["enp1s0:disconnected", "mgmt:unmanaged", "plain1:disconnected", "plain2:disconnected"];

machineLabTest("the network manager that was asked for runs, and leaves mgmt and the other NICs alone", async (t) => {
  t.is(await exec("systemctl is-active NetworkManager systemd-networkd networking || :"), "active\ninactive\ninactive");
  t.deepEqual(await managed(), untouched);
});

/** A bond of the plain NICs with a VLAN link on it, by hand: NetworkManager leaves what others make alone. */
const makeBond = (mode: string) => `
  ip link add bond0 type bond mode ${mode} miimon 100
  for nic in plain1 plain2; do ip link set $nic down; ip link set $nic master bond0; done
  ip link set bond0 up
  ip link add link bond0 name bond0.5 type vlan id 5
  ip link set bond0.5 up
  until [ "$(cat /sys/class/net/bond0.5/carrier)" = 1 ]; do sleep 0.1; done`;

machineLabTest("a bond of the plain NICs passes frames by the one that is active, and by the other one", async (t) => {
  const machine = new Machine(openLab(name));
  await exec(makeBond("active-backup"));
  const neighbour = await addBridgePort(machine.lab, "switch", { port: "near", bridge: "sw1" });
  const from = await macOf(machine, "bond0");
  const active = "cat /sys/class/net/bond0/bonding/active_slave";
  t.is(await exec(active), "plain1");
  for (const nic of ["plain1", "plain2"]) {
    await exec(`echo ${nic} >/sys/class/net/bond0/bonding/active_slave`);
    t.is(await exec(active), nic);
    await sendFrame(machine, { by: "bond0", from, to: neighbour.mac }, ["bond0"]);
    t.is((await neighbour.received((frame) => frame.from === from, 1000))?.to, neighbour.mac, nic);
  }
  await neighbour.close();
  await exec("ip link del bond0");
});

machineLabTest("LACP finds no partner in the switch: one port of the bond is active", async (t) => {
  await exec(makeBond("802.3ad"));
  t.is(await exec("cat /sys/class/net/bond0/bonding/ad_num_ports"), "1");
  t.is(await exec("cat /sys/class/net/bond0/bonding/ad_partner_mac"), "00:00:00:00:00:00");
  await exec("ip link del bond0");
});

machineLabTest("hairpin turns reflective relay of a plain NIC's port on and off", async (t) => {
  for (const [word, mode] of [
    ["on", "1\n"],
    ["off", "0\n"],
  ] as const) {
    t.is((await lab("hairpin", "m1/plain2", word)).status, 0);
    const shown = await lab("exec", "switch", "--", "cat", "/sys/class/net/m1-plain2/brport/hairpin_mode");
    t.is(shown.stdout, mode);
  }
});

machineLabTest("a restore brings memory and disk back, as often as wanted, but not the time", async (t) => {
  t.regex((await lab("restore", "m1")).stderr, /m1 has no snapshot to go back to: lab snapshot m1/);
  await exec("echo before >/root/disk; echo before >/run/memory");
  const boot = await bootId();
  t.is((await lab("snapshot", "m1")).status, 0);
  for (const _ of [1, 2]) {
    await exec("echo after >/root/disk; echo after >/run/memory; ip link set dev mgmt alias changed");
    const now = Math.floor(Date.now() / 1000);
    const { status, stderr } = await lab("restore", "m1");
    t.is(status, 0, stderr);
    t.is(await exec("cat /root/disk /run/memory /sys/class/net/mgmt/ifalias"), "before\nbefore");
    t.true(Number(await exec("date +%s")) >= now);
  }
  t.is(await bootId(), boot);
});

machineLabTest("a reboot is another boot of the same disk, with the same network manager", async (t) => {
  const boot = await bootId();
  await exec("echo kept >/root/kept");
  const { status, stderr } = await lab("reboot", "m1");
  t.is(status, 0, stderr);
  t.not(await bootId(), boot);
  t.is(await exec("cat /root/kept"), "kept");
  t.is(await exec("virsh hostname"), "m1");
  t.deepEqual(await managed(), untouched);
});

machineLabTest("a power cut keeps what was synced, and loses what was only in memory", async (t) => {
  const boot = await bootId();
  // The kernel would write it in its own time: after half a minute.
  await exec("sysctl -q vm.dirty_writeback_centisecs=0; echo synced >/root/synced; sync; echo lost >/root/lost");
  const { status, stderr } = await lab("power-cut", "m1");
  t.is(status, 0, stderr);
  t.not(await bootId(), boot);
  t.is(await exec("cat /root/synced; cat /root/lost 2>/dev/null || :"), "synced");
  t.regex(await exec("cat /proc/mounts"), /^\/dev\/\S+ \/ ext4 rw,/m);
  t.is(await exec("virsh hostname"), "m1");
});

machineLabTest("the switch is no machine to reboot, and a network manager is one that there is", async (t) => {
  t.regex((await lab("reboot", "switch")).stderr, /switch is no machine of the lab \S+, whose machines are: m1/);
  const { status, stderr } = await lab("up", "--name", `${name}-2`, "--machines", "1", "--network-manager", "netplan");
  t.is(status, 1);
  t.regex(stderr, /--network-manager netplan: one of none, systemd-networkd, NetworkManager, ifupdown is wanted/);
});
