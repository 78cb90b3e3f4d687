import test from "ava";
import { defineGuest, type Guest, openGuest, startGuest } from "../../lab/guest.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { provide } from "../../prove/provide.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labName, labTest } from "../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "./host-snapshot.ts";

let lab: Lab | undefined;
const guests: Guest[] = [];
test.after.always(async () => {
  for (const guest of guests) guest.close();
  closeHosts();
  await lab?.down();
});

const vm = lifecycle("VmInterface");

/** A refresh by one who was not told of what happened on the host. */
const refreshed = async (state: Properties): Promise<Properties | undefined> => {
  closeHosts();
  return (await vm.read(state))?.inputs;
};

const whole = { uplink: "filtered", endpoint: "filtered" };

/** Each guest knows the other's address beforehand: private mode alone would hold the question for it back. */
const introduce = async (guest: Guest, mac: string, address: string, other: { mac: string; address: string }) => {
  await guest.addressOn(mac, `${address}/24`);
  await guest.knows(mac, other);
};

labTest("a pepa interface of a domain is isolated before it starts, over restarts, and leaves nothing", async (t) => {
  const made = await createLab({ name: labName(), hypervisors: 2, uplinks: 1 });
  lab = made;
  const [near] = made.hypervisors;
  if (near === undefined) return t.fail("no lab");
  const on = async (hypervisor: string, script: string): Promise<string> => {
    const { status, stdout, stderr } = await made.exec(hypervisor, ["sh", "-euc", script]);
    t.is(status, 0, `${script}: ${stderr}`);
    return stdout;
  };
  await Promise.all([
    defineGuest(made, "hv1", "db-1"),
    startGuest(made, "hv1", "web-1").then((web) => guests.push(web)),
  ]);
  await made.hairpin("hv1", "eth1", true);
  await on("hv1", "ip addr add 198.18.220.1/24 dev eth1");
  await on("hv2", "ip addr add 198.18.220.2/24 dev eth1");
  const untouched = await snapshotOf(made, "hv1");

  const uplink = await provide(near, "Uplink", "eth1", { nic: "eth1" });
  const bridge = await provide(near, "HostBridge", "fabric", { uplink: uplink.ref, type: "ethernet" });
  const inputs = { bridge: bridge.ref, mode: "pepa", driver: "qemu" };
  const vepa = await provide(near, "VmInterface", "vepa", { ...inputs, domain: "web-1", mode: "vepa" });
  const pepa = await provide(near, "VmInterface", "pepa", { ...inputs, domain: "db-1" });
  t.regex(String(pepa.state.interfaceXml), /<interface type="ethernet".*<target dev="hv1-pepa-\w+" managed="no"\/>/s);
  t.like(await refreshed(pepa.state), { attachment: "complete", isolation: whole, allMulticast: true });
  const [near1, near2] = [
    { mac: String(pepa.state.mac), address: "198.18.220.11" },
    { mac: String(vepa.state.mac), address: "198.18.220.12" },
  ];
  const [web] = guests;
  if (web === undefined) return t.fail("no guest");
  await introduce(web, near2.mac, near2.address, near1);

  for (const start of ["virsh start db-1", "virsh destroy db-1; virsh start db-1"]) {
    await on("hv1", start);
    const db = await openGuest(made, "hv1", "db-1");
    guests.push(db);
    await introduce(db, near1.mac, near1.address, near2);
    t.like(await refreshed(pepa.state), { attachment: "complete", isolation: whole });
    t.true(await db.ping("198.18.220.2", { from: near1.mac }), "a station elsewhere is reached");
    t.false(await db.ping(near2.address, { from: near1.mac }), "a neighbour is not");
    t.false(await db.ping("198.18.220.1", { from: near1.mac }), "nor is the host");
    for (const address of ["198.18.220.1", "198.18.220.2"]) {
      t.true(await web.ping(address, { from: near2.mac }), `${address} for a neighbour that does not isolate`);
    }
    await on("hv1", "nft flush ruleset");
    t.true(await db.ping(near2.address, { from: near1.mac }), "and would be without the filter");
    t.like(await refreshed(pepa.state), {
      attachment: "complete",
      isolation: { uplink: "missing", endpoint: "missing" },
    });
    await vm.update(pepa.state, pepa.state);
    t.like(await refreshed(pepa.state), { isolation: whole });
    t.false(await db.ping(near2.address, { from: near1.mac }), "mended");
    db.close();
  }

  const { target } = pepa.state;
  await on("hv1", `ip link set ${target} type macvtap mode bridge`);
  t.like(await refreshed(pepa.state), { isolation: { uplink: "filtered", endpoint: "changed" } });
  await vm.update(pepa.state, pepa.state);
  t.like(await refreshed(pepa.state), { isolation: whole });

  await on("hv1", `ip link del ${target}`);
  t.like(await refreshed(pepa.state), { attachment: "persistent-only", isolation: { endpoint: "missing" } });
  await vm.update(pepa.state, pepa.state);
  t.like(await refreshed(pepa.state), { attachment: "complete", isolation: whole });

  for (const each of [pepa, vepa]) await each.remove();
  await on("hv1", "virsh destroy db-1");
  t.deepEqual(changesBetween(untouched, await snapshotOf(made, "hv1")), []);

  const moved = await provide(near, "VmInterface", "moved", { ...inputs, domain: "db-1" });
  await on("hv1", `ip link del ${moved.state.target}`);
  t.not((await made.exec("hv1", ["virsh", "start", "db-1"])).status, 0, "rather no start than one without isolation");
  t.like(await refreshed(moved.state), { isolation: { endpoint: "missing" } });
  await vm.update(moved.state, moved.state);
  await on("hv1", "virsh undefine db-1");
  t.like(await refreshed(moved.state), { attachment: "none" }, "what is left on the host is not forgotten");
  await t.throwsAsync(vm.update(moved.state, moved.state), { code: "no-domain" });
  t.is(await refreshed(moved.state), undefined, "its address is not held when the domain is elsewhere");
  await moved.remove();
  t.is(await on("hv1", "nft list ruleset"), "");
});

labTest("without nft on the host pepa is refused: in preview, and by up before anything is touched", async (t) => {
  const [near] = lab?.hypervisors ?? [];
  if (lab === undefined || near === undefined) return t.fail("no lab");
  const uplink = await provide(near, "Uplink", "eth1", { nic: "eth1" });
  const bridge = await provide(near, "HostBridge", "fabric", { uplink: uplink.ref, type: "ethernet" });
  const inputs = { bridge: bridge.ref, mode: "pepa", domain: "web-1" };
  // Its mount namespace is its own.
  await lab.exec("hv1", ["sh", "-euc", "mount --bind /dev/null $(realpath $(command -v nft))"]);
  closeHosts();
  const untouched = await snapshotOf(lab, "hv1");
  await t.throwsAsync(provide(near, "VmInterface", "without-nft", inputs), {
    code: "realization-refused",
    message: /there is no nft on hv1.*install nftables on hv1/,
  });
  t.deepEqual(changesBetween(untouched, await snapshotOf(lab, "hv1")), []);

  const hostFacts = await observe(openHost(near.connection));
  const seed = "organization/urn:pulumi:test::frames::pulumi-nodejs:dynamic/kvm-network:X::previewed";
  const previewed = (kind: string, given: Properties) =>
    lifecycle(kind)
      .check({}, { host: near.connection.host, connection: near.connection, seed, hostFacts, ...given })
      .failures.map(({ property, reason }) => `${property}: ${reason}`)
      .join();
  t.regex(previewed("VmInterface", inputs), /^mode: .*there is no nft on hv1/s);
  t.regex(
    previewed("HostBridge", { uplink: uplink.ref, type: "ethernet", mode: ["vepa", "pepa"] }),
    /^mode: pepa: there is no nft on hv1/,
  );
});
