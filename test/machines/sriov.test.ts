import { addBridgePort } from "../../lab/endpoint.ts";
import { attachVf, startDomain } from "./domain.ts";
import { countAtSwitch, macOf, sendFrame } from "./frames.ts";
import { machineTests, uplink } from "./machine.ts";
import { askForVfs, bringUpVfs, makeVfs, numvfs, vfAddress } from "./vfs.ts";

const machineTest = machineTests("sriov");
const [vf0, vf1] = [`${uplink}v0`, `${uplink}v1`];
const foreign = "52:54:00:00:99:99";
const broadcast = "ff:ff:ff:ff:ff:ff";

machineTest(
  "a machine is reached by SSH with the host key of its own, and is no namespace of this kernel",
  async (t, machine) => {
    const facts = await machine.facts();
    t.is(facts.hostname, "m1");
    t.is(await machine.sh("virsh hostname"), "m1");
    t.is(facts.kernel, await machine.sh("uname -r"));
    t.regex(facts.kernel, /deb13/);
    t.is(facts.sessionAddress, machine.lab.hypervisors[0]?.connection.host ?? "");
    t.deepEqual(facts.libvirt, { version: await machine.sh("virsh --version"), running: true, problem: null });
    t.deepEqual(
      await machine.lab.exec("m1", ["sh", "-c", 'cat; echo "$1" >&2; exit 7', "sh", "it's $HOME"], { input: "in" }),
      {
        status: 7,
        stdout: "in",
        stderr: "it's $HOME\n",
      },
    );
  },
);

machineTest(
  "the machine's uplink is a port of the adjacent switch, which reflects when it is told to",
  async (t, machine) => {
    const neighbour = await addBridgePort(machine.lab, "switch", { port: "near", bridge: "sw1" });
    const from = await macOf(machine, uplink);
    await sendFrame(machine, { by: uplink, from, to: neighbour.mac }, [uplink]);
    t.is((await neighbour.received((frame) => frame.from === from, 1000))?.to, neighbour.mac);
    const reflected = async () => (await sendFrame(machine, { by: uplink, from: foreign, to: from }, [uplink])).length;
    t.is(await reflected(), 0);
    await machine.lab.hairpin("m1", uplink, true);
    t.is(await reflected(), 1);
    await machine.lab.hairpin("m1", uplink, false);
    await neighbour.close();
  },
);

machineTest("facts tell the NIC that has SR-IOV, its VFs, and the NIC that has none", async (t, machine) => {
  await makeVfs(machine, 0);
  const { nic, kind } = await machine.link(uplink);
  const group = async (pci: string) =>
    Number(await machine.sh(`basename "$(readlink /sys/bus/pci/devices/${pci}/iommu_group)"`));
  const pci = "0000:01:00.0";
  t.is(kind, null);
  t.deepEqual(nic, {
    driver: "igb",
    pci,
    speedMbps: 1000,
    sriov: { totalVfs: 7, vfs: 0 },
    iommuGroup: await group(pci),
  });
  const { nic: plain } = await machine.link("mgmt");
  t.is(plain?.driver, "virtio_net");
  t.is(plain?.sriov, null);

  await makeVfs(machine, 2);
  const functions = await Promise.all(
    [vf0, vf1].map(async (name, index) => {
      const address = await vfAddress(machine, index);
      return {
        index,
        pci: address,
        driver: "igbvf",
        driverOverride: null,
        iommuGroup: await group(address),
        mac: await macOf(machine, name),
        vlan: 0,
        qos: 0,
        vlanProtocol: "802.1Q",
        spoofCheck: true,
        trust: false,
        minTxRateMbps: 0,
        maxTxRateMbps: 0,
        linkState: "auto",
      };
    }),
  );
  t.deepEqual((await machine.link(uplink)).nic?.sriov, { totalVfs: 7, vfs: 2, functions });
  await machine.sh(`systemctl start lldpad; until lldptool -t -n -i ${uplink} -g nb; do sleep 0.1; done`);
  const { lldp } = await machine.facts();
  await machine.sh("systemctl stop lldpad.socket lldpad");
  t.deepEqual([uplink in lldp, vf0 in lldp], [true, false], "the NIC hears the switch for its VFs");
  for (const [number, name] of [vf0, vf1].entries()) {
    const address = await vfAddress(machine, number);
    const { nic: virtual } = await machine.link(name);
    t.is(virtual?.driver, "igbvf");
    t.is(virtual?.pci, address);
    t.is(virtual?.sriov, null);
    t.is(virtual?.iommuGroup, await group(address));
    t.not(virtual?.iommuGroup, nic?.iommuGroup);
  }
});

machineTest("vf-sriov: a NIC without SR-IOV has no attribute to ask for VFs by", async (t, machine) => {
  const script = "echo 1 >$(readlink -f /sys/class/net/mgmt/device/..)/sriov_numvfs";
  t.regex(await machine.refused(script), /Permission denied|nonexistent|No such file/);
  t.regex(await machine.refused("ip link set dev mgmt vf 0 trust on"), /Operation not supported/);
});

machineTest(
  "vf-enabled: VFs are there once their number is set, which is changed by way of none, up to the total",
  async (t, machine) => {
    await makeVfs(machine, 0);
    t.regex(await machine.refused(`ip link set dev ${uplink} vf 0 mac 52:54:00:00:00:01`), /Invalid argument/);
    t.regex(await machine.refused(askForVfs(8)), /out of range/);
    await machine.sh(`echo 4 >${numvfs}`);
    t.regex(await machine.refused(askForVfs(2)), /busy/);
    t.is(await machine.sh(`cat ${numvfs}`), "4");
    await machine.sh(`echo 0 >${numvfs}; echo 2 >${numvfs}; udevadm settle`);
    t.is(await machine.sh(`cat ${numvfs}`), "2");
    t.regex(await machine.refused(`ip link set dev ${uplink} vf 2 mac 52:54:00:00:00:01`), /Invalid argument/);
  },
);

machineTest(
  "igb sets MAC, VLAN, rate, spoof check and trust of a VF; not least rate, link state, S-VLAN",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const set = (what: string) => `ip link set dev ${uplink} vf 0 ${what}`;
    for (const what of ["mac 52:54:00:00:00:01", "vlan 5", "max_tx_rate 100", "spoofchk off", "trust on"])
      await machine.sh(set(what));
    const shown = await machine.sh(`ip link show dev ${uplink}`);
    t.regex(
      shown,
      /vf 0 .* 52:54:00:00:00:01 .*vlan 5, tx rate 100 \(Mbps\), max_tx_rate 100Mbps, spoof checking off.*trust on/,
    );
    t.regex(await machine.refused(set("min_tx_rate 100")), /Invalid argument/);
    t.regex(await machine.refused(set("state enable")), /Operation not supported/);
    t.regex(await machine.refused(set("vlan 5 proto 802.1ad")), /Protocol not supported/);
  },
);

machineTest("vf-embedded-mode: igb's embedded switch cannot be made a VEPA", async (t, machine) => {
  t.regex(await machine.refused(`bridge link set dev ${uplink} hwmode vepa`), /Operation not supported/);
});

machineTest(
  "vf-free: libvirt hands a VF to one domain at a time, and gives it back to its driver",
  async (t, machine) => {
    await makeVfs(machine, 2);
    const pci = await vfAddress(machine, 0);
    const driver = () => machine.sh(`basename "$(readlink /sys/bus/pci/devices/${pci}/driver)"`);
    const before = await macOf(machine, vf0);
    await startDomain(machine, "one");
    await startDomain(machine, "two");
    await machine.sh(await attachVf(machine, "one", pci, "52:54:00:00:00:01"));
    t.is(await driver(), "vfio-pci");
    t.is((await machine.link(uplink)).nic?.sriov?.functions?.[0]?.driver, "vfio-pci");
    t.regex(await machine.sh(`ip link show dev ${uplink}`), /vf 0 .* 52:54:00:00:00:01 /);
    const again = await attachVf(machine, "two", pci, "52:54:00:00:00:02");
    t.regex(await machine.refused(again), new RegExp(`PCI device ${pci} is in use by driver QEMU, domain one`));
    await machine.sh("virsh -q destroy one; virsh -q destroy two");
    t.is(await driver(), "igbvf");
    t.regex(await machine.sh(`ip link show dev ${uplink}`), new RegExp(`vf 0 .* ${before} `));
  },
);

machineTest(
  "taking the VFs away waits for as long as a domain has one, so does reading their number, and facts are told meanwhile",
  async (t, machine) => {
    await makeVfs(machine, 1);
    await startDomain(machine, "holder");
    await machine.sh(await attachVf(machine, "holder", await vfAddress(machine, 0), "52:54:00:00:00:01"));
    const background = (command: string, file: string) => `(${command}; echo done) >/run/${file} 2>&1 </dev/null &`;
    await machine.sh(background(`echo 0 >${numvfs}`, "taken"));
    // Not a wait for something: the time in which nothing may happen.
    await machine.sh(`sleep 1; ${background(`cat ${numvfs}`, "read")} sleep 2`);
    t.is(await machine.sh("cat /run/taken"), "");
    const read = await machine.sh("cat /run/read");
    t.is((await machine.link(uplink)).nic?.sriov?.totalVfs, 7);
    await machine.sh("virsh -q destroy holder; until grep -q done /run/taken; do sleep 0.1; done");
    t.is(await machine.sh(`cat ${numvfs}`), "0");
    t.is(read, "");
  },
);

machineTest("VFs of one NIC and its host reach each other in the NIC, unseen by the switch", async (t, machine) => {
  await makeVfs(machine, 2);
  await bringUpVfs(machine);
  const heard = await countAtSwitch(machine);
  const all = [uplink, vf0, vf1];
  const macs = new Map(await Promise.all(all.map(async (link) => [link, await macOf(machine, link)] as const)));
  const mac = (link: string) => macs.get(link) ?? "";
  for (const [by, to] of [
    [vf0, vf1],
    [vf1, vf0],
    [vf0, uplink],
    [uplink, vf0],
  ] as const)
    t.deepEqual(await sendFrame(machine, { by, from: mac(by), to: mac(to) }, all), [to], `${by} to ${to}`);
  t.is(await heard(), 0);

  const toAll = await sendFrame(machine, { by: vf0, from: mac(vf0), to: broadcast }, all);
  t.true(toAll.includes(vf1) && toAll.includes(uplink), "a broadcast reaches all of them");
  t.is(await heard(), 1, "and the switch");
});

machineTest("a group reaches a VF that has joined it, not one that nobody joined", async (t, machine) => {
  const group = "33:33:12:34:56:78";
  const send = async () =>
    await sendFrame(machine, { by: uplink, from: await macOf(machine, uplink), to: group }, [vf0, vf1]);
  t.deepEqual(await send(), []);
  await machine.sh(`ip maddr add ${group} dev ${vf0}`);
  t.true((await send()).includes(vf0));
  await machine.sh(`ip maddr del ${group} dev ${vf0}`);
});

machineTest("a frame to a second MAC reaches no VF, not even a trusted one that asks for all", async (t, machine) => {
  const from = await macOf(machine, uplink);
  const send = () => sendFrame(machine, { by: uplink, from, to: foreign }, [vf0, vf1]);
  t.deepEqual(await send(), []);
  await machine.sh(`ip link set dev ${uplink} vf 0 trust on; ip link set dev ${uplink} vf 0 spoofchk off`);
  await machine.sh(`ip link set dev ${vf0} promisc on`);
  t.deepEqual(await send(), []);
  await machine.sh(`ip link set dev ${vf0} promisc off`);
  await machine.sh(`ip link set dev ${uplink} vf 0 trust off; ip link set dev ${uplink} vf 0 spoofchk on`);
});

machineTest("a macvtap in passthrough mode on a VF sends and receives as the VF", async (t, machine) => {
  await machine.sh(`ip link add link ${vf0} name tap0 type macvtap mode passthru; ip link set dev tap0 up`);
  t.regex(await machine.refused(`ip link add link ${vf0} name tap1 type macvtap mode bridge`), /Invalid argument|busy/);
  const [own, other] = [await macOf(machine, "tap0"), await macOf(machine, vf1)];
  t.is(own, await macOf(machine, vf0));
  t.deepEqual(await sendFrame(machine, { by: "tap0", from: own, to: other }, [vf1]), [vf1]);
  t.deepEqual(await sendFrame(machine, { by: vf1, from: other, to: own }, ["tap0"]), ["tap0"]);
  await machine.sh("ip link del dev tap0");
});

machineTest("vf-uplink-up: with the host's own NIC down, its VFs have no link and pass nothing", async (t, machine) => {
  const [from, to] = [await macOf(machine, vf0), await macOf(machine, vf1)];
  await machine.sh(
    `ip link set dev ${uplink} down; until [ "$(cat /sys/class/net/${vf0}/carrier)" = 0 ]; do sleep 0.1; done`,
  );
  t.deepEqual(await sendFrame(machine, { by: vf0, from, to }, [vf1]), []);
  await machine.sh(`ip link set dev ${uplink} up`);
  t.is((await machine.link(uplink)).up, true);
});
