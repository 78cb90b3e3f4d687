import test from "ava";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labName } from "../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { useFaultHost } from "./fault-host.ts";
import { Made } from "./made.ts";

const host = useFaultHost(test, labName(), { uplinks: 3 });
const of = (kind: string, name: string) => new Made(host().connection, kind, name);

/** One of each kind that a host without libvirt can have, on NICs of their own. */
const everyKind = (): readonly (readonly [Made, Properties])[] => {
  const refOf = (nic: string) => of("Uplink", nic).checked({ nic }).ref;
  return [
    [of("Uplink", "nic"), { nic: "eth1", mtu: 1400 }],
    [of("HostBridge", "lan"), { uplink: refOf("eth2") }],
    [of("MacvtapEndpoint", "ep"), { uplink: refOf("eth3"), mode: "vepa" }],
  ];
};

/** What outlasts a reboot is kept where ifupdown runs, which the lab's own host does not. */
const withIfupdown = "mkdir -p /run/network; echo lo=lo >/run/network/ifstate";
const withoutIfupdown = "rm -r /run/network";

test.serial("disk full, read-only: fails before the change, and says which disk", async (t) => {
  await host().sh(`${withIfupdown}
    mkdir -p /etc/pulumi-kvm-network
    mount -n -t tmpfs -o size=64k tmpfs /etc/pulumi-kvm-network`);
  try {
    const before = await snapshotOf(host().lab, "hv1");
    for (const [fault, says] of [
      ["true", /No space left on device.*Nothing was changed.*Is the disk full/s],
      ["mount -n -o remount,ro /etc/pulumi-kvm-network", /Read-only file system.*Nothing was changed.*read-only/s],
    ] as const) {
      await host().sh(fault);
      for (const [made, inputs] of everyKind()) {
        closeHosts();
        const error = await t.throwsAsync(made.create(inputs), { code: "no-room" }, made.kind);
        t.regex(error?.message ?? "", says, made.kind);
      }
      t.deepEqual(changesBetween(before, await snapshotOf(host().lab, "hv1")), []);
    }
    // What writes nothing needs no room.
    const [, , [made, inputs] = []] = everyKind();
    if (made === undefined) return t.fail();
    await made.delete(await made.create({ ...inputs, persist: false }));
    t.deepEqual(changesBetween(before, await snapshotOf(host().lab, "hv1")), []);

    await host().sh("umount /etc/pulumi-kvm-network");
    closeHosts();
    for (const [each, asked] of everyKind()) {
      const state = await each.create(asked);
      t.is(state.persistence ?? "kept", "kept");
      await each.delete(state);
    }
  } finally {
    await host().sh(`umount /etc/pulumi-kvm-network 2>/dev/null || true; ${withoutIfupdown}`);
  }
});

test.serial("command too old: iproute2, said before the change, with the version that is needed", async (t) => {
  const before = await snapshotOf(host().lab, "hv1");
  const old = 'rmdir /run/staged/ip.taken; echo "ip utility, iproute2-ss180129"; exit 0';
  await host().stage("ip", { calls: "-V", before: old });
  for (const [made, inputs] of everyKind()) {
    const error = await t.throwsAsync(made.create(inputs), { code: "tool-too-old" }, made.kind);
    t.regex(error?.message ?? "", /`ip` is iproute2 ss180129, and 4\.18 or newer is needed.*Nothing was changed/s);
  }
  await t.throwsAsync(observe(openHost(host().connection)), { code: "tool-too-old" }, "a program is told by getHost()");
  await host().restore();
  t.deepEqual(changesBetween(before, await snapshotOf(host().lab, "hv1")), []);
});

test.serial(
  "half a batch done: each resource gets its own answer, and who was refused takes nobody along",
  async (t) => {
    const uplink = of("Uplink", "eth3").checked({ nic: "eth3" }).ref;
    await host().sh("ip link add ep2 type bridge");
    await observe(openHost(host().connection));
    const endpoints = [0, 1, 2, 3, 4].map((index) => ({
      made: of("MacvtapEndpoint", `ep${index}`),
      inputs: { uplink, mode: "bridge", name: `ep${index}` },
    }));
    // Two of one address: the kernel takes the first that comes up.
    const twin = { made: of("MacvtapEndpoint", "twin"), inputs: { uplink, mode: "bridge", name: "twin" } };
    await host().sh(
      "ip link add link eth3 name by-hand address 02:00:00:00:00:09 type macvtap mode bridge; ip link set by-hand up",
    );
    const all = [...endpoints, { ...twin, inputs: { ...twin.inputs, mac: "02:00:00:00:00:09" } }];
    const answers = await Promise.allSettled(all.map(({ made, inputs }) => made.create(inputs)));
    t.deepEqual(
      answers.map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled", "rejected"],
    );
    const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [String(answer.reason.message)] : []));
    t.regex(reasons[0] ?? "", /the link ep2 is there on .* and was not made by this provider/);
    t.regex(reasons[1] ?? "", /02:00:00:00:00:09/);
    const links = (await host().sh("ip -o link show type macvtap")).match(/\S+(?=@eth3)/g)?.sort();
    t.deepEqual(links, ["by-hand", "ep0", "ep1", "ep3", "ep4"], "nothing half made is left of those refused");
    for (const [index, answer] of answers.entries()) {
      if (answer.status === "fulfilled") await all[index]?.made.delete(answer.value);
    }
    await host().sh("ip link del ep2; ip link del by-hand");
  },
);
