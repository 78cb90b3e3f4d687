import test from "ava";
import type { Guest } from "../../lab/guest.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { type EngineStack, type Planned, useEngineLab } from "./engine-lab.ts";
import { everything, prepareForEverything } from "./everything.ts";

const lab = useEngineLab(test, "whole-life", 3, async (on) => {
  guest = await prepareForEverything(on);
});

let guest: Guest;
let stack: EngineStack;
let before: string;

test.serial("the first preview names the realization of every interface, and touches nothing", async (t) => {
  before = await snapshotOf(lab().lab, "hv1");
  stack = await lab().stack("whole-life", everything());
  const shown = await stack.stack.must(["preview", "--diff"]);
  t.regex(shown, /"mode-asked"\s+\[1\]: "bridge-type-ethernet"\s+\]\s+kind +: "macvtap-vepa"\s+source : "eth1"/);
  t.regex(shown, /kind *: "linux-bridge"\s+source *: "br-lan"/);
  t.regex(shown, /kind *: "linux-bridge"\s+source *: "br0"/);
  t.regex(shown, /kind *: "macvtap-endpoint"\s+source *: "ep0"/);
  t.regex(shown, /11 to create|12 to create/);
  t.deepEqual(changesBetween(before, await snapshotOf(lab().lab, "hv1")), []);
});

test.serial("up makes it all, and then there is nothing to do, whatever options are set", async (t) => {
  const shown = await stack.up();
  t.regex(shown, /created/);
  await stack.mustBeUnchanged();
  const again = await stack.up();
  t.regex(again, /unchanged/);
  t.notRegex(again, /created|updated|replaced/);
  t.regex(await lab().sh("virsh domiflist web-1"), /direct +eth1 +virtio +02:00:00:00:00:03/);
});

const planned = (plan: readonly Planned[]): Record<string, readonly string[]> =>
  Object.fromEntries(plan.map(({ name, op, differing }) => [`${op} ${name}`, differing]));

const nicOf = async (mac: string): Promise<string> =>
  (await lab().sh(`virsh dumpxml web-1 | grep -B2 -A12 ${mac} || true`)).replaceAll(/\s+/g, " ");

test.serial("what libvirt changes in place is an update, and the guest keeps the NIC", async (t) => {
  const { mac } = await stack.state("db");
  const nicsOfGuest = () =>
    guest.run("cd /sys/class/net; for nic in *; do echo $nic $(cat $nic/address $nic/ifindex); done");
  const { stdout: nics } = await nicsOfGuest();
  await stack.edit(everything({ dbLink: "up", isolated: "false", dbBridge: "br0" }));
  const plan = planned(await stack.preview());
  t.deepEqual(Object.keys(plan), ["update db"]);
  t.deepEqual(
    ["bridge", "isolated", "linkState", "realization"].filter(
      (input) => !plan["update db"]?.some((path) => path.startsWith(input)),
    ),
    [],
  );
  await stack.up();
  const xml = await nicOf(String(mac));
  t.regex(xml, /<source bridge='br0'\/>/);
  t.notRegex(xml, /isolated='yes'|<link state='down'/);
  t.is((await nicsOfGuest()).stdout, nics, "the same NICs at the same indices");
  await stack.edit(everything());
  await stack.up();
  t.is((await nicsOfGuest()).stdout, nics);
  await stack.mustBeUnchanged();
});

test.serial("what libvirt can't change is a replacement, which detaches and attaches", async (t) => {
  const edits = [
    [{ webMode: "veb" }, ["mode", "realization.kind"], /direct.* mode='bridge'/],
    [
      { webModel: "e1000e", webMac: "02:00:00:00:00:33" },
      ["model", "mac"],
      /02:00:00:00:00:33.*<model type='e1000e'\/>/,
    ],
  ] as const;
  for (const [edit, differing, xml] of edits) {
    const text = everything(edit);
    // An e1000e has none of virtio's options.
    await stack.edit(
      "webModel" in edit ? text.replace(/driver: "qemu",\s+queues: 2, rxQueueSize: 512, txQueueSize: 256,/, "") : text,
    );
    const plan = planned(await stack.preview());
    const replacement = Object.entries(plan).filter(([name]) => / web$/.test(name));
    t.true(
      replacement.some(([name]) => name === "replace web"),
      JSON.stringify(plan),
    );
    t.deepEqual(
      Object.keys(plan).filter((name) => !name.endsWith(" web")),
      [],
      "nothing else moves",
    );
    for (const input of differing)
      t.true(
        replacement.some(([, paths]) => paths.includes(input)),
        JSON.stringify(plan),
      );
    const shown = await stack.up();
    t.regex(shown, /VmInterface\/web: detach \S+ from web-1[\s\S]*VmInterface\/web: attach \S+ to web-1/);
    t.regex(await nicOf(edit === edits[1][0] ? "02:00:00:00:00:33" : "02:00:00:00:00:03"), xml);
  }
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("preview shows an edit property by property", async (t) => {
  await stack.edit(everything({ ageingSeconds: "700", endpointMode: "vepa", uplinkMtu: "1440" }));
  const shown = await stack.stack.must(["preview", "--diff"]);
  t.regex(shown, /~ ageingSeconds *: 600 => 700/);
  t.regex(shown, /~ mode *: "private" => "vepa"/);
  t.regex(shown, /~ mtu *: 1450 => 1440/);
  await stack.up();
  t.regex(await lab().sh("ip -d link show ep0"), /mode vepa/);
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("a domain that starts later is as asked, but for its macvtap's host side, which up mends", async (t) => {
  await stack.edit(everything({ offBridge: "fabric" }).replace(", mtu: 1200", ""));
  await stack.up();
  t.notRegex(await lab().sh("ip -o link"), /off-[0-9a-f]{6}@eth1/, "shut off: in the definition alone");
  await lab().sh("virsh start --paused off-1");
  const shown = await stack.refresh();
  t.regex(shown, /~ allMulticast *: true => false/);
  t.notRegex(shown, /~ (mac|model|realization|linkState|target|attachment)/);
  await stack.up();
  t.regex(await lab().sh(`ip -d link show ${(await stack.state("off")).device}`), /ALLMULTI/);
  await lab().sh("virsh destroy off-1");
  await stack.edit(everything());
  await stack.up();
  await stack.mustBeUnchanged();
});

test.serial("a domain that is deleted by hand does not keep destroy from its work", async (t) => {
  await lab().sh("virsh undefine off-1");
  await stack.destroy();
  await lab().sh("virsh define /run/guests/off-1.xml");
  // Defined anew it has another UUID.
  const changes = changesBetween(before, await snapshotOf(lab().lab, "hv1"));
  t.deepEqual(
    changes.filter((line) => !line.includes("<uuid>")),
    [],
  );
});
