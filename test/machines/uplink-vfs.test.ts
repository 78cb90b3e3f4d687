import { PartlyMade } from "../../provider/resources/partly-made.ts";
import { attachVf, defineDomain, sourceOf, startDomain } from "./domain.ts";
import { macOf } from "./frames.ts";
import { type Machine, machineTests, uplink } from "./machine.ts";
import { drift, Resource } from "./resource.ts";
import { makeVfs, numvfs, vfAddress } from "./vfs.ts";

const machineTest = machineTests("uplink-vfs");
const [vf0] = [`${uplink}v0`];
const nic = uplink;
const count = (machine: Machine): Promise<string> => machine.sh(`cat ${numvfs}`);

/** Who may hold the first VF, and how: made, and let go again. */
const holders: readonly { what: string; hold: string; release: string; says: RegExp }[] = [
  {
    what: "an address of the host's",
    hold: `ip addr add 198.18.200.1/24 dev ${vf0}`,
    release: `ip addr flush dev ${vf0}`,
    says: /VF 0 \(0000:01:10.0\): the host itself, as 198.18.200.1\/24 \(enp1s0v0\)/,
  },
  {
    what: "a bridge",
    hold: `ip link add br-vf type bridge; ip link set dev ${vf0} master br-vf`,
    release: "ip link del br-vf",
    says: /VF 0 .*: a port of the bridge br-vf \(enp1s0v0\)/,
  },
  {
    what: "a bond",
    hold: `ip link add bond-vf type bond; ip link set dev ${vf0} down; ip link set dev ${vf0} master bond-vf`,
    release: "ip link del bond-vf",
    says: /VF 0 .*: a member of the bond bond-vf \(enp1s0v0\)/,
  },
  {
    what: "a macvtap",
    hold: `ip link add link ${vf0} name tap0 type macvtap mode passthru`,
    release: "ip link del tap0",
    says: /VF 0 .*: macvtap tap0 \(enp1s0v0\)/,
  },
  {
    what: "vfio-pci, for nobody knows whom",
    hold: "virsh -q nodedev-detach pci_0000_01_10_0",
    release: "virsh -q nodedev-reattach pci_0000_01_10_0; udevadm settle",
    says: /VF 0 .*: vfio-pci\)/,
  },
];

for (const { what, hold, release, says } of holders) {
  machineTest(`the number of VFs is not changed while one is held by ${what}`, async (t, machine) => {
    await makeVfs(machine, 2);
    await machine.sh(hold);
    const resource = new Resource(machine, "Uplink", "held");
    for (const numVfs of [0, 3]) {
      const failures = resource.failures({ nic, numVfs }, await machine.facts());
      t.deepEqual(
        failures.map(({ property }) => property),
        ["numVfs"],
      );
      t.regex(failures[0]?.reason ?? "", says);
      const error = await t.throwsAsync(resource.create(t, { nic, numVfs }));
      t.regex(error?.message ?? "", says);
    }
    t.deepEqual(resource.failures({ nic, numVfs: 2 }, await machine.facts()), []);
    t.is(await count(machine), "2");
    await machine.sh(release);
  });
}

machineTest(
  "where the host's disk refused a part of what is kept, the state knows it, and delete forgets it all",
  async (t, machine) => {
    await makeVfs(machine, 0);
    const resource = new Resource(machine, "Uplink", "unkept");
    const links = "/etc/pulumi-kvm-network/links";
    const files = "find /etc -name '*pulumi-kvm*' | sort";
    const before = await machine.sh(files);
    await machine.sh(`mkdir -p ${links}; mount --bind ${links} ${links}; mount -o remount,bind,ro ${links}`);
    const making = resource.create(t, { nic, numVfs: 1 }, await machine.facts());
    const error = await t.throwsAsync(making, { instanceOf: PartlyMade });
    t.regex(
      error?.message ?? "",
      /it is as asked, but the host could not be told for its next boot: .*Read-only file system/s,
    );
    t.is(await count(machine), "1", "it is made, whatever a reboot will make of it");
    t.not(await machine.sh(files), before);
    await machine.sh(`umount ${links}`);
    const state = error?.properties ?? {};
    t.deepEqual(drift(state, await resource.read(state), ["persistence"]), {
      persistence: `${links}/${nic}/10-uplink is missing`,
    });
    await resource.delete(state);
    t.is(await machine.sh(files), before);
    t.is(await count(machine), "0");
  },
);

machineTest(
  "VF count changed while a guest holds a VF: refused, naming the guests, running or shut off",
  async (t, machine) => {
    await makeVfs(machine, 3);
    const address = (index: number) => vfAddress(machine, index);
    const [first, second, third] = [await address(0), await address(1), await address(2)];
    await startDomain(machine, "running");
    await machine.sh(await attachVf(machine, "running", first, "52:54:00:00:00:01"));
    const nicXml = `<interface type="hostdev" managed="yes"><mac address="52:54:00:00:00:02"/>${sourceOf(second)}</interface>`;
    await defineDomain(machine, "off", nicXml);
    await defineDomain(
      machine,
      "device",
      `<hostdev mode="subsystem" type="pci" managed="yes">${sourceOf(third)}</hostdev>`,
    );
    const resource = new Resource(machine, "Uplink", "in-domains");
    const all = new RegExp(
      `VF 0 \\(${first}\\): the domain running; VF 1 \\(${second}\\): the domain off \\(shut off\\); ` +
        `VF 2 \\(${third}\\): the domain device \\(shut off\\)`,
    );
    t.regex(resource.failures({ nic, numVfs: 4 }, await machine.facts())[0]?.reason ?? "", all);
    t.regex((await t.throwsAsync(resource.create(t, { nic, numVfs: 4 })))?.message ?? "", all);
    t.is((await machine.link(nic)).nic?.sriov?.vfs, 3);
    await machine.sh("virsh -q destroy running; virsh -q undefine off; virsh -q undefine device");
  },
);

machineTest("VFs that a NIC can't have are refused: above its total, without SR-IOV", async (t, machine) => {
  await makeVfs(machine, 0);
  const resource = new Resource(machine, "Uplink", "impossible");
  for (const [inputs, says] of [
    [{ nic, numVfs: 8 }, /enp1s0 of m1 can have 7 VFs, not 8/],
    [{ nic: "mgmt", numVfs: 2 }, /mgmt of m1 has no SR-IOV, and so no VFs; enp1s0, enp2s0 of that host have it/],
  ] as const) {
    t.regex(resource.failures(inputs, await machine.facts())[0]?.reason ?? "", says);
    t.regex((await t.throwsAsync(resource.create(t, inputs)))?.message ?? "", says);
  }
  t.is(await count(machine), "0");
});

machineTest(
  "another number of VFs is refused where classes of traffic would lose the NIC's queues",
  async (t, machine) => {
    await makeVfs(machine, 0);
    const resource = new Resource(machine, "Uplink", "classes");
    for (const [qdisc, classes] of [
      ["mqprio", "num_tc 2 map 0 1 queues 1@0 1@1 hw 0"],
      [
        "taprio",
        "num_tc 2 map 0 1 queues 1@0 1@1 base-time 0 sched-entry S 01 500000 sched-entry S 02 500000 clockid CLOCK_TAI",
      ],
    ] as const) {
      await machine.sh(`ip link set ${nic} up; tc qdisc replace dev ${nic} root handle 100: ${qdisc} ${classes}`);
      const says = new RegExp(`enp1s0 of m1 has the qdisc ${qdisc}, whose classes would go .*: replace it first`);
      t.regex(resource.failures({ nic, numVfs: 2 }, await machine.facts())[0]?.reason ?? "", says);
      t.regex((await t.throwsAsync(resource.create(t, { nic, numVfs: 2 })))?.message ?? "", says);
      t.deepEqual(resource.failures({ nic, numVfs: 0 }, await machine.facts()), []);
      await machine.sh(`tc qdisc del dev ${nic} root`);
    }
    t.is(await count(machine), "0");
  },
);

machineTest(
  "VFs are made on a NIC that was down, mended when changed by hand, and taken away at the end",
  async (t, machine) => {
    await makeVfs(machine, 0);
    await machine.sh(`ip link set dev ${nic} down`);
    const resource = new Resource(machine, "Uplink", "life");
    const inputs = { nic, numVfs: 3 };
    const state = await resource.create(t, inputs, await machine.facts());
    t.like(state.original, { numVfs: 0, up: false });
    t.like(state.ref, { numVfs: 3 });
    // Whoever comes next finds them with their drivers and links.
    const { links } = await machine.facts();
    const functions = links.find(({ name }) => name === nic)?.nic?.sriov?.functions ?? [];
    t.deepEqual(
      functions.map(({ pci, driver }) => [driver, links.find((link) => link.nic?.pci === pci)?.name]),
      [0, 1, 2].map((index) => ["igbvf", `${nic}v${index}`]),
    );
    t.deepEqual(drift(state, await resource.read(state), ["numVfs", "up"]), {});

    await makeVfs(machine, 2);
    const found = await resource.read(state);
    t.deepEqual(drift(state, found, ["numVfs", "up"]), { numVfs: 2 });
    const mended = await resource.update(t, found ?? {}, inputs);
    t.is(await count(machine), "3");
    t.like(mended.original, { numVfs: 0 });

    await machine.sh(`ip addr add 198.18.200.1/24 dev ${vf0}`);
    const held = await t.throwsAsync(resource.delete(mended));
    t.regex(held?.message ?? "", /VF 0 .*the host itself, as 198.18.200.1\/24 .*release them first/);
    t.is(await count(machine), "3");
    await machine.sh(`ip addr flush dev ${vf0}`);
    await resource.delete(mended);
    t.is(await count(machine), "0");
    t.false((await machine.link(nic)).up);
    await machine.sh(`ip link set dev ${nic} up`);
  },
);

machineTest(
  "the number of VFs there was comes back, and one that others have changed stays theirs",
  async (t, machine) => {
    await makeVfs(machine, 1);
    const resource = new Resource(machine, "Uplink", "original");
    const state = await resource.create(t, { nic, numVfs: 2 });
    await resource.delete(state);
    t.is(await count(machine), "1");
    const again = await resource.create(t, { nic, numVfs: 2 });
    await makeVfs(machine, 4);
    await resource.delete(again);
    t.is(await count(machine), "4");
  },
);

machineTest("a NIC is the same by name, alternative name, MAC, PCI address and driver", async (t, machine) => {
  await makeVfs(machine, 0);
  await machine.sh(`ip link property add dev ${nic} altname fabric-one`);
  const mac = await macOf(machine, nic);
  const resource = new Resource(machine, "Uplink", "chosen");
  t.regex(
    resource.failures({ nic: { driver: "igb" } }, await machine.facts())[0]?.reason ?? "",
    /matches several NICs of m1: enp1s0, enp2s0; choose one by name, MAC or PCI address/,
  );
  const driver = "/sys/bus/pci/drivers/igb";
  await machine.sh(`echo 0000:02:00.0 >${driver}/unbind`);
  const facts = await machine.facts();
  for (const chosen of [nic, "fabric-one", { mac }, { pci: "0000:01:00.0" }, { driver: "igb" }]) {
    t.like(resource.checked(t, { nic: chosen }, facts).ref, { nic }, JSON.stringify(chosen));
  }
  // Without facts a name is taken as it is, and the host knows the alternative one.
  t.is((await resource.create(t, { nic: "fabric-one" })).device, nic);
  await machine.sh(
    `ip link property del dev ${nic} altname fabric-one; echo 0000:02:00.0 >${driver}/bind; udevadm settle`,
  );
});

machineTest(
  "NIC renamed: found again by permanent MAC and PCI address, by refresh, update and delete, else refused",
  async (t, machine) => {
    await makeVfs(machine, 0);
    const resource = new Resource(machine, "Uplink", "renamed");
    const rename = (from: string, to: string) =>
      machine.sh(`ip link set dev ${from} down; ip link set dev ${from} name ${to}; ip link set dev ${to} up`);
    const state = await resource.create(t, { nic, mtu: 1400 }, await machine.facts());
    t.deepEqual(state.identity, { permanentMac: await macOf(machine, nic), pci: "0000:01:00.0" });
    await rename(nic, "lan0");
    const found = await resource.read(state);
    t.is(found?.device, "lan0");
    t.deepEqual(drift(state, found, ["mtu", "up"]), {});
    const updated = await resource.update(t, found ?? {}, { nic, mtu: 1450 });
    t.is((await machine.link("lan0")).mtu, 1450);
    const withFacts = resource.checked(t, { nic, mtu: 1450 }, await machine.facts(), updated);
    t.like(withFacts.ref, { nic: "lan0" });
    t.deepEqual(resource.difference(updated, withFacts).replaces, []);

    // Another one has got its name by now: nobody's MTU is changed by mistake.
    await machine.sh(`ip link add ${nic} type dummy`);
    t.regex(
      resource.failures({ nic, mtu: 1450 }, await machine.facts(), updated)[0]?.reason ?? "",
      /enp1s0 of m1 is another NIC than it was: .* is called lan0 now/,
    );
    await machine.sh(`ip link del ${nic}`);
    await resource.delete(updated);
    t.is((await machine.link("lan0")).mtu, 1500);
    await rename("lan0", nic);
  },
);

machineTest("what igb can't is refused with the reason: VEPA, switchdev, source pruning", async (t, machine) => {
  await makeVfs(machine, 0);
  const resource = new Resource(machine, "Uplink", "modes");
  for (const [inputs, property, says] of [
    [{ embeddedSwitch: "vepa" }, "embeddedSwitch", /by its driver igb, knows VEB alone; .*ixgbe, i40e/],
    [{ eswitchMode: "switchdev" }, "eswitchMode", /by its driver igb, has no devlink eswitch mode.*mlx5_core/],
    [{ sourcePruning: false }, "sourcePruning", /by its driver igb, has no disable-source-pruning: .*i40e's alone/],
  ] as const) {
    const failures = resource.failures({ nic, ...inputs }, await machine.facts());
    t.deepEqual(
      failures.map((failure) => failure.property),
      [property],
    );
    t.regex(failures[0]?.reason ?? "", says);
    t.regex((await t.throwsAsync(resource.create(t, { nic, ...inputs })))?.message ?? "", says);
  }
  // What it is without being set is no reason to refuse.
  const state = await resource.create(t, { nic, embeddedSwitch: "veb", eswitchMode: "legacy" });
  t.like(state.ref, { embeddedSwitch: "veb" });
  t.deepEqual(drift(state, await resource.read(state), ["embeddedSwitch", "eswitchMode"]), {});
  await resource.delete(state);
});
