import { startDomain } from "../machines/domain.ts";
import { macOf, sendFrame } from "../machines/frames.ts";
import { type Machine, machineTests, uplink } from "../machines/machine.ts";
import { flood } from "./flood.ts";
import { Made } from "./made.ts";
import { countTagged } from "./tagged.ts";

const machineTest = machineTests("vlans");
const broadcast = "ff:ff:ff:ff:ff:ff";

/** A port of a bridge in a VLAN, as libvirt makes one for `<vlan><tag id='…'/></vlan>`; frames go in and out by its far end. */
const addPort = async (machine: Machine, bridge: string, name: string, vlan: number): Promise<void> => {
  await machine.sh(
    `ip link add ${name} type veth peer name ${name}-p; ip link set ${name}-p master ${bridge} up; ip link set ${name} up
     bridge vlan del dev ${name}-p vid 1-4094; bridge vlan add dev ${name}-p vid ${vlan} pvid untagged`,
  );
};

machineTest(
  "a bridge that filters VLANs keeps them apart, passes frames within one, and tags them on the cable",
  async (t, machine) => {
    const on = new Made(machine, "Uplink", "on");
    const bridge = new Made(machine, "HostBridge", "lan");
    await on.up({ nic: uplink });
    await bridge.up({ uplink: on.ref, name: "lan", vlanFiltering: true });
    t.deepEqual(await bridge.drift(), {});
    t.deepEqual((await machine.link(uplink)).bridgePort?.vlans, { pvid: 1, tagged: ["2-4094"], untagged: [] });

    const ports = ["a10", "b10", "c20"];
    for (const port of ports) await addPort(machine, "lan", port, Number(port.slice(1)));
    const from = await macOf(machine, "a10");
    const heard = await countTagged(machine, uplink, 10);
    t.deepEqual(await sendFrame(machine, { by: "a10", from, to: broadcast }, ports), ["b10"]);
    t.is(await heard(), 1);
    t.deepEqual(await sendFrame(machine, { by: "c20", from: await macOf(machine, "c20"), to: from }, ports), []);
    t.is(await heard(), 1);

    const vlan = { pvid: 0, tagged: [20, "30-39"] };
    await bridge.up({ uplink: on.ref, name: "lan", vlanFiltering: true, defaultPvid: 7, uplinkPort: { vlan } });
    t.deepEqual(await bridge.drift(), {});
    t.deepEqual((await machine.link(uplink)).bridgePort?.vlans, { ...vlan, untagged: [] });
    t.deepEqual(await sendFrame(machine, { by: "a10", from, to: broadcast }, ports), ["b10"]);
    t.is(await heard(), 1, "10 is not carried any more");

    await machine.sh(
      `bridge vlan del dev ${uplink} vid 20; bridge vlan add dev ${uplink} vid 5 untagged
       bridge vlan add dev ${uplink} vid 6 pvid untagged; ip link set lan type bridge vlan_default_pvid 9`,
    );
    t.deepEqual(await bridge.drift(), {
      defaultPvid: 9,
      uplinkPort: {
        hairpin: false,
        isolated: false,
        vlan: { pvid: 6, tagged: ["30-39"], untagged: [5] },
      },
    });
    await bridge.up({ uplink: on.ref, name: "lan", vlanFiltering: true, defaultPvid: 7, uplinkPort: { vlan } });
    t.deepEqual(await bridge.drift(), {});
    await machine.sh("ip link set lan type bridge vlan_filtering 0");
    t.deepEqual(await bridge.drift(), { vlanFiltering: false });
    await bridge.up({ uplink: on.ref, name: "lan", vlanFiltering: true, defaultPvid: 7, uplinkPort: { vlan } });
    t.deepEqual(await bridge.drift(), {});

    for (const port of ports) await machine.sh(`ip link del ${port}`);
    await bridge.remove();
    await on.remove();
  },
);

machineTest(
  "a tap is in its VLAN by libvirt, changes it where it is, and is put back when it was changed by hand",
  async (t, machine) => {
    await startDomain(machine, "tap");
    const on = new Made(machine, "Uplink", "on");
    const bridge = new Made(machine, "HostBridge", "lan");
    const vm = new Made(machine, "VmInterface", "tap");
    await on.up({ nic: uplink });
    const carried = { pvid: 1, tagged: [10, "20-29"] };
    await bridge.up({ uplink: on.ref, name: "lan", vlanFiltering: true, uplinkPort: { vlan: carried } });
    const asked = { bridge: bridge.ref, domain: "tap", needs: ["vlan"] };
    await vm.up({ ...asked, vlan: 10 });
    t.like(vm.state.realization, { kind: "linux-bridge", source: "lan" });
    const device = String(vm.state.device);
    const vlansOf = async () => (await machine.link(device)).bridgePort?.vlans;
    t.deepEqual(await vlansOf(), { pvid: 10, tagged: [], untagged: [] });
    t.deepEqual(await vm.drift(), {});

    const { index } = await machine.link(device);
    const trunk = { native: 10, tagged: ["20-22"] };
    for (const vlan of [20, trunk]) {
      t.deepEqual(vm.replacedBy({ ...asked, vlan }), []);
      await vm.up({ ...asked, vlan });
      t.deepEqual(await vm.drift(), {}, JSON.stringify(vlan));
    }
    t.deepEqual(await vlansOf(), { pvid: 10, tagged: ["20-22"], untagged: [] });
    t.is((await machine.link(device)).index, index, "the same tap");

    await machine.sh(`bridge vlan del dev ${device} vid 21`);
    t.deepEqual(await vm.drift(), { vlan: { native: 10, tagged: [20, 22] } });
    await vm.up({ ...asked, vlan: trunk });
    t.deepEqual(await vm.drift(), {});

    const facts = await machine.facts();
    const refusal = (inputs: object) => vm.check({ ...asked, ...inputs }, facts).failures[0];
    t.like(refusal({ vlan: 30 }), { property: "vlan" });
    t.regex(refusal({ vlan: 30 })?.reason ?? "", /the uplink of lan does not carry the VLAN 30 \[vlan-carried\]/);
    // No guest runs in it that could let go of its NIC.
    await machine.sh("virsh -q destroy tap");
    await vm.remove();
    await bridge.remove();
    await on.remove();
  },
);

machineTest(
  "a macvtap with a VLAN stands on a VLAN link, which is shared, mended, and gone with the last of them",
  async (t, machine) => {
    for (const name of ["one", "two"]) {
      await startDomain(machine, name);
      await machine.sh(`virsh -q dumpxml ${name} --inactive >/run/${name}.def; virsh -q define /run/${name}.def`);
    }
    const on = new Made(machine, "Uplink", "on");
    const bridge = new Made(machine, "HostBridge", "ether");
    const [one, two] = ["one", "two"].map((name) => new Made(machine, "VmInterface", name));
    if (one === undefined || two === undefined) return t.fail();
    await on.up({ nic: uplink });
    await bridge.up({ uplink: on.ref, type: "ethernet" });
    const of = (domain: string) => ({ bridge: bridge.ref, domain, mode: "veb", vlan: 100, needs: ["vlan"] });
    const link = `${uplink}.100`;
    const preview = one.check(of("one"), await machine.facts());
    t.like(preview.inputs.realization, { kind: "macvtap-bridge", source: link });
    await Promise.all([one.up(of("one")), two.up(of("two"))]);
    t.like(await machine.link(link), {
      lower: uplink,
      vlanId: 100,
      alias: `pulumi-kvm-network:shared:${uplink}/vlan-100`,
      up: true,
      allMulticast: true,
      ipv6Disabled: true,
    });
    t.deepEqual(await one.drift(), {});
    t.deepEqual(await two.drift(), {});

    const [a, b] = [String(one.state.device), String(two.state.device)];
    const heard = await countTagged(machine, uplink, 100);
    t.deepEqual(await sendFrame(machine, { by: a, from: await macOf(machine, a), to: broadcast }, [a, b, uplink]), [b]);
    t.is(await heard(), 1, "tagged on the cable");

    await machine.sh(`ip link set ${link} down allmulticast off`);
    t.deepEqual(await one.drift(), { vlanLink: { name: link, state: "down, allmulticast off" } });
    await one.up(of("one"));
    t.deepEqual(await one.drift(), {});
    await machine.sh(`ip link del ${link}`);
    for (const each of [one, two]) {
      t.like(await each.drift(), { vlanLink: { name: link, state: "missing" }, attachment: "persistent-only" });
    }
    // A guest that runs would be given another NIC in place of the dead one; these can't let go of it.
    await machine.sh("virsh -q destroy one; virsh -q destroy two");
    await one.up(of("one"));
    await machine.sh("virsh -q start one --paused; virsh -q start two --paused");
    for (const each of [one, two]) await each.up(of(each.name));
    t.deepEqual([await one.drift(), await two.drift()], [{}, {}]);

    await machine.sh("virsh -q destroy one; virsh -q destroy two");
    const { alias } = await machine.link(link);
    await machine.sh(
      `ip link del ${link}; ip link add link ${uplink} name ${link} type vlan id 200; ip link set ${link} alias ${alias}`,
    );
    t.deepEqual(await one.drift(), { vlanLink: { name: link, state: `VLAN 200 of ${uplink}` } });
    await one.up(of("one"));
    t.deepEqual([await one.drift(), await two.drift()], [{}, {}]);

    await one.remove();
    t.is((await machine.link(link)).vlanId, 100);
    await two.remove();
    t.false((await machine.facts()).links.some(({ name }) => name === link));

    await machine.sh(`ip link add link ${uplink} name foreign type vlan id 100; ip link set foreign up`);
    await one.up(of("one"));
    t.like(one.state.realization, { source: "foreign" });
    t.deepEqual(await one.drift(), {});
    await one.remove();
    t.like(await machine.link("foreign"), { vlanId: 100, alias: null });
    await machine.sh("ip link del foreign; virsh -q undefine one; virsh -q undefine two");
    await bridge.remove();
    await on.remove();
  },
);

machineTest(
  "vlan-bridge-filters, vlan-carried, vlan-needed, vlan-trunk, vlan-link: what is refused there, done by hand",
  async (t, machine) => {
    await machine.sh(`ip link add by-hand type bridge; ip link set by-hand up; ip link set ${uplink} master by-hand`);
    const ports = ["a10", "b20"];
    for (const port of ports) await addPort(machine, "by-hand", port, Number(port.slice(1)));
    const from = await macOf(machine, "a10");
    const send = () => sendFrame(machine, { by: "a10", from, to: broadcast }, ports);
    t.deepEqual(await send(), ["b20"], "a bridge that does not filter keeps to no VLAN");
    await machine.sh("ip link set by-hand type bridge vlan_filtering 1");
    t.deepEqual(await send(), []);
    const heard = await countTagged(machine, uplink, 10);
    await send();
    t.is(await heard(), 0, "its uplink is not in it");
    await machine.sh(`bridge vlan add dev ${uplink} vid 10`);
    await send();
    t.is(await heard(), 1);
    await machine.sh("bridge vlan del dev b20-p vid 20; bridge vlan add dev b20-p vid 10 untagged");
    t.deepEqual(await sendFrame(machine, { by: "b20", from: await macOf(machine, "b20"), to: broadcast }, ports), []);
    await machine.sh("bridge vlan add dev b20-p vid 10 pvid untagged");
    t.deepEqual(await sendFrame(machine, { by: "b20", from: await macOf(machine, "b20"), to: broadcast }, ports), [
      "a10",
    ]);
    await machine.sh("ip link del by-hand; ip link del a10; ip link del b20");

    await startDomain(machine, "trunk");
    const vlan = `<vlan trunk="yes"><tag id="10"/><tag id="20"/></vlan>`;
    const xml = `<interface type="direct"><source dev="${uplink}" mode="bridge"/>${vlan}</interface>`;
    await machine.sh(`echo '${xml}' >/run/trunk-nic.xml`);
    t.regex(await machine.refused("virsh -q attach-device trunk /run/trunk-nic.xml --live"), /vlan/i);
    await machine.sh("virsh -q destroy trunk");

    const add = `ip link add link ${uplink} name ${uplink}.100 type vlan id 100`;
    await machine.sh(add);
    t.regex(await machine.refused(add), /exists/);
    t.regex(await machine.refused(`ip link add link ${uplink} name other type vlan id 100`), /exists/);
    await machine.sh(`ip link add by-hand type bridge; ip link set ${uplink}.100 master by-hand`);
    const macvtap = `ip link add link ${uplink}.100 name try type macvtap mode bridge`;
    t.regex(await machine.refused(macvtap), /Device or resource busy/);
    await machine.sh(`ip link del by-hand; ip link del ${uplink}.100`);
  },
);

machineTest("a limit limits, is changed where it is, and is seen to be changed by hand", async (t, machine) => {
  await startDomain(machine, "limited");
  const on = new Made(machine, "Uplink", "on");
  const bridge = new Made(machine, "HostBridge", "ether");
  const vm = new Made(machine, "VmInterface", "limited");
  await on.up({ nic: uplink });
  await bridge.up({ uplink: on.ref, type: "ethernet" });
  const asked = { bridge: bridge.ref, domain: "limited", mode: "veb", needs: ["bandwidth"] };
  await vm.up(asked);
  const device = String(vm.state.device);
  const { index } = await machine.link(device);
  const frames = 20_000;
  const free = await flood(machine, device, frames);

  const limits = { inbound: { averageMbps: 10 }, outbound: { averageMbps: 1 } };
  t.deepEqual(vm.replacedBy({ ...asked, bandwidth: limits }), []);
  await vm.up({ ...asked, bandwidth: limits });
  t.deepEqual(await vm.drift(), {});
  const limited = await flood(machine, device, frames);
  t.true(limited < free / 2, `${limited} of ${free} bytes`);
  t.true(limited > 0);

  await machine.sh(`virsh -q domiftune limited $(cat /sys/class/net/${device}/address) --outbound 250 --live`);
  t.deepEqual(await vm.drift(), { bandwidth: { ...limits, outbound: { averageMbps: 2 } } });
  await vm.up({ ...asked, bandwidth: limits });
  t.deepEqual(await vm.drift(), {});
  await vm.up(asked);
  t.deepEqual(await vm.drift(), {});
  t.is((await machine.link(device)).index, index, "the same macvtap");
  await machine.sh("virsh -q destroy limited");
  await vm.remove();
  await bridge.remove();
  await on.remove();
});
