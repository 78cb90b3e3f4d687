import test from "ava";
import { startGuest } from "../../lab/guest.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { openHost } from "../../provider/host/open-host.ts";
import { PartlyMade } from "../../provider/resources/partly-made.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labName } from "../lab/lab-test.ts";
import { useFaultHost } from "./fault-host.ts";
import { Made } from "./made.ts";

const host = useFaultHost(test, labName(), { uplinks: 1, libvirt: true }, async ({ lab }) => {
  (await startGuest(lab, "hv1", "web-1")).close();
});
const of = (kind: string, name: string) => new Made(host().connection, kind, name);

const bridge = () => {
  const uplink = of("Uplink", "eth1").checked({ nic: "eth1" }).ref;
  return of("HostBridge", "ether").checked({ uplink, type: "ethernet" }).ref;
};

const mac = "02:00:00:00:00:01";
const web = (more: Properties = {}): Properties => ({ bridge: bridge(), domain: "web-1", mode: "vepa", mac, ...more });

/** The interfaces with that address in the running machine, and in the definition. */
const there = async (): Promise<readonly [number, number]> => {
  const count = async (option: string) => (await host().sh(`virsh dumpxml ${option} web-1`)).split(mac).length - 1;
  return [await count(""), await count("--inactive")];
};

const stopDaemon =
  "pid=$(cat /run/libvirtd.pid); kill -9 $pid; while [ -e /proc/$pid/exe ]; do sleep 0.05; done; rm -f /run/libvirtd.pid";
const startDaemon = "libvirtd --daemon; virsh -q version >/dev/null";

/** Starts libvirt again once somebody has been told that it is away. */
const comesBack = async (): Promise<void> => {
  const asked = () =>
    host()
      .callsOf("virsh")
      .filter((call) => call.includes("version --daemon")).length;
  const before = asked();
  await waitUntil("a look at libvirt", 20, () => (asked() > before ? true : undefined));
  await host().sh(startDaemon);
};

test.serial("libvirtd down or restarting: waited for, bounded, before a change, a look and a removal", async (t) => {
  const made = of("VmInterface", "web");
  await host().stage("virsh", { calls: "version --daemon" });
  await host().sh(stopDaemon);
  const [state] = await Promise.all([made.create(web()), comesBack()]);
  t.deepEqual(await there(), [1, 1]);
  await host().sh(stopDaemon);
  const [found] = await Promise.all([made.read(state), comesBack()]);
  t.like(found, { attachment: "complete", linkState: "up" });
  await host().sh(stopDaemon);
  await Promise.all([made.delete(state), comesBack()]);
  t.deepEqual(await there(), [0, 0]);
});

for (const [when, staged] of [
  ["before it was done", { calls: "attach-device", before: stopDaemon }],
  ["behind it", { calls: "attach-device", after: stopDaemon }],
] as const) {
  test.serial(
    `libvirtd restarting while an interface is attached, ${when}: attached once, live and persistent alike`,
    async (t) => {
      const made = of("VmInterface", "web");
      await host().stage("virsh", staged);
      const creating = made.create(web());
      await waitUntil("the call", 20, () => (host().callsOf("virsh").length > 0 ? true : undefined));
      await waitUntil(
        "libvirt's end",
        20,
        async () => (await host().sh("cat /run/libvirtd.pid || true")) === "" || undefined,
      );
      await host().sh(startDaemon);
      const state = await creating;
      t.deepEqual(await there(), [1, 1]);
      t.like(await made.read(state), { attachment: "complete" });
      await made.delete(state);
      t.deepEqual(await there(), [0, 0]);
    },
  );
}

test.serial(
  "live and persistent XML never differ silently: what an update did by half is told, shown, and mended",
  async (t) => {
    const made = of("VmInterface", "web");
    const state = await made.create(web());
    const refuses = 'echo "error: the disk is full" >&2; exit 1';
    await host().stage("virsh", {
      calls: "update-device --domain",
      before: "rmdir /run/staged/virsh.taken; case $* in *--config*) ".concat(refuses, ";; esac"),
    });
    const error = await t.throwsAsync(made.update(state, web({ linkState: "down" })));
    t.regex(error?.message ?? "", /update-device .*--config.*the disk is full/s);
    await host().restore();
    // In the machine it is down, and in the definition up.
    const found = await made.read(state);
    t.is(found?.linkState, "down", "a refresh shows it");
    const updated = await made.update(found ?? {}, web({ linkState: "down" }));
    t.is((await host().sh("virsh dumpxml --inactive web-1")).match(/<link state=.down.\/>/g)?.length, 1);
    await made.delete(updated);
  },
);

test.serial(
  "half a batch done: an interface that is attached and not finished is saved as partly made, and finished",
  async (t) => {
    const made = of("VmInterface", "web");
    await host().stage("ip", { calls: "allmulticast", before: 'echo "no memory" >&2; exit 1' });
    const error = await t.throwsAsync(made.create(web()), { instanceOf: PartlyMade });
    t.regex(error?.message ?? "", /no memory/);
    t.deepEqual(await there(), [1, 1]);
    t.not(error?.id, "");
    const state = await made.update(error?.properties ?? {}, web());
    t.deepEqual(await there(), [1, 1]);
    t.regex(await host().sh(`ip -d link show ${state.device}`), /ALLMULTI/);
    await made.delete(state);
  },
);

test.serial(
  "command too old: libvirt, said before the change and in the preview, with the version that is needed",
  async (t) => {
    const made = of("VmInterface", "web");
    const old = "virsh -q -c qemu:///system version --daemon | sed 's/against daemon: .*/against daemon: 3.8.0/'";
    await host().stage("virsh", {
      calls: "version --daemon",
      before: `rmdir /run/staged/virsh.taken; ${old}; shift 3; /usr/bin/virsh -q -c qemu:///system "\${*#*--daemon;}"; exit`,
    });
    const says = /libvirt on hv1 is too old: it takes libvirt 3\.9\.0, the host has 3\.8\.0; install a newer one/;
    const error = await t.throwsAsync(made.create(web()), { code: "libvirt-too-old" });
    t.regex(error?.message ?? "", says);
    t.deepEqual(await there(), [0, 0]);
    const hostFacts = await observe(openHost(host().connection));
    t.regex(t.throws(() => made.checked(web({ hostFacts })))?.message ?? "", says);
  },
);

test.serial("domain undefined or migrated away: delete succeeds, and update says so", async (t) => {
  const made = of("VmInterface", "gone");
  await host().sh(
    `virsh dumpxml --inactive web-1 | sed 's,<name>.*</name>,<name>gone</name>,; /<uuid>/d; /<channel/,/<.channel>/d' >/run/gone.xml; virsh define /run/gone.xml`,
  );
  const state = await made.create(web({ domain: "gone", mac: "02:00:00:00:00:02" }));
  await host().sh("virsh undefine gone; rm /run/gone.xml");
  const updating = made.update(state, web({ domain: "gone", mac: "02:00:00:00:00:02", linkState: "down" }));
  t.regex((await t.throwsAsync(updating))?.message ?? "", /there is no domain gone on hv1; its domains are: web-1/);
  t.is(await made.read(state), undefined);
  await t.notThrowsAsync(made.delete(state));
});
