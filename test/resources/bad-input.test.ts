import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { defineGuest } from "../../lab/guest.ts";
import { createLab, type Lab, type LabConnection } from "../../lab/lab.ts";
import { addUser } from "../../lab/user.ts";
import { observe } from "../../provider/discovery/observe.ts";
import { closeHosts, openHost } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Failure, Properties } from "../../provider/resources/resource-kind.ts";
import type { Connection } from "../../provider/schema/connection.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { labName } from "../lab/lab-test.ts";
import { changesBetween, snapshotOf } from "./host-snapshot.ts";

/*
 * What the host looks like: eth1 and eth2 are free, eth3 is in somebody's bridge br0 beside a domain's tap, eth4 carries a
 * macvtap of the domain web-1 and one made by hand, eth5 carries an address; `mgmt` the SSH session.
 */
let lab: Lab;
let connection: LabConnection;
/** What every test leaves it as. */
let untouched: string;

const foreignMac = "52:54:00:00:00:44";
const domainMacs = ["52:54:00:00:00:11", "52:54:00:00:00:12"] as const;

const onHost = async (script: string): Promise<string> => {
  const { status, stdout, stderr } = await lab.exec("hv1", ["sh", "-euc", script]);
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
};

test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 5 });
  const [hypervisor] = lab.hypervisors;
  if (hypervisor === undefined) throw new Error("a lab without hypervisors");
  connection = hypervisor.connection;
  const interfacesXml = domainMacs
    .map(
      (mac) => `<interface type="direct"><mac address="${mac}"/><source dev="eth4" mode="bridge"/>
        <model type="virtio"/></interface>`,
    )
    .join("");
  await Promise.all([defineGuest(lab, "hv1", "web-1", { interfacesXml }), defineGuest(lab, "hv1", "off-1")]);
  await onHost(`
    ip link add br0 type bridge
    ip link set eth3 master br0
    ip link add link eth4 name by-hand address ${foreignMac} type macvtap mode bridge
    ip addr add 198.18.200.1/24 dev eth5
    virsh start web-1`);
  untouched = await snapshotOf(lab, "hv1");
});
test.afterEach("the host is untouched", async (t) => {
  // What needs no host does not ask one.
  if (t.title.includes("without a host")) return;
  t.deepEqual(changesBetween(untouched, await snapshotOf(lab, "hv1")), []);
});
test.after.always(async () => {
  closeHosts();
  await lab?.down();
});

const factsOfHost = (): Promise<HostFacts> => observe(openHost(connection));

/** What a program hands over; `seed` is who the resource is. */
const news = (title: string, inputs: Properties, facts?: HostFacts): Properties => ({
  host: connection.host,
  connection,
  seed: `acme/urn:pulumi:dev::shop::Kind::${title}`,
  ...inputs,
  ...(facts === undefined ? {} : { hostFacts: facts }),
});

const refOf = (kind: string, inputs: Properties): Properties => {
  const { failures, inputs: checked } = lifecycle(kind).check({}, news("platform", inputs));
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  return { ...(checked.ref as Properties) };
};
const uplink = (nic: string, more: Properties = {}) => refOf("Uplink", { nic, ...more });
const ethernet = (nic: string, more: Properties = {}) =>
  refOf("HostBridge", { uplink: uplink(nic), type: "ethernet", ...more });
const hypervisor = (nic: string, more: Properties = {}) => refOf("HostBridge", { uplink: uplink(nic), ...more });

const only = (t: ExecutionContext, failures: readonly Failure[], property: string, says: RegExp): void => {
  t.deepEqual([...new Set(failures.map((failure) => failure.property))], [property], JSON.stringify(failures));
  t.regex(failures.map(({ reason }) => reason).join("\n"), says);
};

interface Row {
  readonly kind: "Uplink" | "HostBridge" | "MacvtapEndpoint" | "VmInterface";
  readonly inputs: () => Properties;
  /** The input that the failure is shown on. */
  readonly property: string;
  /** What is wrong, where, and what to do next. */
  readonly says: RegExp;
}

/** Wrong whatever the host is: refused by check, with facts and without. */
const wrongAnywhere = (title: string, { kind, inputs, property, says }: Row): void => {
  test.serial(`without a host: ${title}`, (t) => {
    only(t, lifecycle(kind).check({}, news(title, inputs())).failures, property, says);
  });
};

/** Wrong on this host: refused by check when it has facts, and at the update when it has none, before anything is touched. */
const wrongHere = (title: string, { kind, inputs, property, says }: Row): void => {
  test.serial(`with facts in preview, without them at the update: ${title}`, async (t) => {
    const of = lifecycle(kind);
    only(t, of.check({}, news(title, inputs(), await factsOfHost())).failures, property, says);

    const { inputs: checked, failures } = of.check({}, news(title, inputs()));
    t.deepEqual(failures, []);
    const error = await t.throwsAsync(of.create(checked));
    t.regex(error?.message ?? "", says);
  });
};

for (const [name, nic] of [
  ["shell metacharacters", "eth1;reboot"],
  ["XML metacharacters", "eth<1>&'\""],
  ["an option of ip's", "-batch"],
  ["a path", "../eth1"],
  ["more than 15 characters", "a-very-long-name"],
  ["nothing", ""],
] as const) {
  wrongAnywhere(`a NIC's name that is ${name}`, {
    kind: "Uplink",
    inputs: () => ({ nic }),
    property: "nic",
    says: /an interface name has 1 to 15 of A-Z a-z 0-9 _ \. -/,
  });
  wrongAnywhere(`an existing bridge's name that is ${name}`, {
    kind: "HostBridge",
    inputs: () => ({ type: "existing", bridge: nic }),
    property: "bridge",
    says: /an interface name has 1 to 15 of/,
  });
}

wrongAnywhere("a NIC chosen by something that it can't be chosen by", {
  kind: "Uplink",
  inputs: () => ({ nic: { serial: "1" } }),
  property: "nic",
  says: /choose the NIC by its name, or by one of \{ mac \}, \{ pci \}, \{ driver \}/,
});
wrongAnywhere("an endpoint's name that libvirt would silently replace", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "vepa", name: "macvtap7" }),
  property: "name",
  says: /libvirt's own: choose another/,
});

for (const [name, mac, says] of [
  ["a multicast address", "01:00:5e:00:00:01", /is a multicast address .* a station needs a unicast one/],
  ["zero", "00:00:00:00:00:00", /is zero: no station has this address/],
  ["no address", "52:54:00:$(id)", /six octets in hexadecimal: 52:54:00:12:34:56/],
] as const) {
  wrongAnywhere(`a VM's MAC that is ${name}`, {
    kind: "VmInterface",
    inputs: () => ({ bridge: ethernet("eth1"), domain: "web-1", mac }),
    property: "mac",
    says,
  });
  wrongAnywhere(`an endpoint's MAC that is ${name}`, {
    kind: "MacvtapEndpoint",
    inputs: () => ({ uplink: uplink("eth1"), mode: "vepa", mac }),
    property: "mac",
    says,
  });
  wrongAnywhere(`a bridge's MAC that is ${name}`, {
    kind: "HostBridge",
    inputs: () => ({ uplink: uplink("eth1"), mac }),
    property: "mac",
    says,
  });
}

wrongAnywhere("an MTU that no link has", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth1", mtu: 70_000 }),
  property: "mtu",
  says: /at most 65535 bytes/,
});
wrongAnywhere("a bridge's MTU above the Uplink's", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1", { mtu: 1500 }), mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the uplink's MTU of 1500/,
});
wrongAnywhere("an endpoint's MTU above the Uplink's", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1", { mtu: 1500 }), mode: "bridge", mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the uplink's MTU of 1500/,
});
wrongAnywhere("a VM's MTU above the Uplink's", {
  kind: "VmInterface",
  inputs: () => ({ bridge: hypervisor("eth1", { uplink: uplink("eth1", { mtu: 1500 }) }), mtu: 9000 }),
  property: "mtu",
  says: /its MTU of 9000 is above the 1500 of what it sits on .*; raise the uplink's mtu to 9000 or lower this one/,
});
wrongHere("a bridge's MTU above that of a NIC whose MTU nobody manages", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the MTU of 1500 of eth1: raise the Uplink's mtu first/,
});
wrongHere("an endpoint's MTU above that of a NIC whose MTU nobody manages", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "bridge", mtu: 9000 }),
  property: "mtu",
  says: /9000 is above the MTU of 1500 of eth1 on hv1: raise the Uplink's mtu first/,
});
wrongHere("a VM's MTU above that of the bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: refOf("HostBridge", { type: "existing", bridge: "br0" }), domain: "off-1", mtu: 9000 }),
  property: "mtu",
  says: /its MTU of 9000 is above the 1500 of what it sits on .* lower this one/,
});

wrongAnywhere("a mode that there is not", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), mode: "vepa'/><x" }),
  property: "mode",
  says: /unknown mode "vepa'\/><x": one of veb, vepa, pepa/,
});
wrongAnywhere("a bridge's mode that there is not", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mode: "vepa" }),
  property: "mode",
  says: /unknown mode "vepa": "all", or a list of "veb", "vepa", "pepa"/,
});
wrongAnywhere("an endpoint's mode that is a word of intent", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth1"), mode: "veb" }),
  property: "mode",
  says: /unknown mode "veb": one of bridge, vepa, private \(.*the macvtap's word is bridge\)/,
});
wrongAnywhere("a type of bridge that there is not", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "embedded" }),
  property: "type",
  says: /unknown type "embedded": one of hypervisor, ethernet, existing/,
});
wrongAnywhere("vepa on a Linux bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: hypervisor("eth1"), mode: "vepa" }),
  property: "mode",
  says: /vepa by a macvtap in vepa mode: the bridge is of type hypervisor .*; a bridge of type ethernet would give it/,
});
wrongAnywhere("vepa in the list of a Linux bridge", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), mode: ["veb", "vepa"] }),
  property: "mode",
  says: /a Linux bridge switches on the host: it gives veb only/,
});
wrongAnywhere("a mode that is not in the bridge's list", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1", { mode: ["vepa"] }), mode: "veb" }),
  property: "mode",
  says: /the bridge allows vepa only .*; add veb to the bridge's mode/,
});
wrongAnywhere("pepa, as long as nothing isolates", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), mode: "pepa" }),
  property: "mode",
  says: /private mode alone lets unicast pass when the switch reflects .*ask for veb or vepa/,
});
wrongAnywhere("pepa in a bridge's list", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), type: "ethernet", mode: ["pepa"] }),
  property: "mode",
  says: /private mode alone lets unicast pass when the switch reflects/,
});

for (const [property, value, says] of [
  ["domain", "../etc/passwd", /a domain's name has no slash and no control characters/],
  ["domain", "web\n1", /no control characters/],
  ["filter", "clean'/><x", /the name of an nwfilter/],
  ["model", "virtio'/><x y='", /expected one of "virtio"\|"e1000"/],
  ["driver", "vhost;reboot", /expected one of "vhost"\|"qemu"/],
] as const) {
  wrongAnywhere(`${property} ${JSON.stringify(value)}`, {
    kind: "VmInterface",
    inputs: () => ({ bridge: hypervisor("eth1"), [property]: value }),
    property,
    says,
  });
}

test.serial("two VMs of a program with one MAC on an uplink", (t) => {
  const mac = "52:54:00:00:00:77";
  const vm = (name: string, nic: string) =>
    lifecycle("VmInterface").check({}, news(name, { bridge: ethernet(nic), domain: name, mac })).failures;
  t.deepEqual(vm("twin-a", "eth1"), []);
  only(
    t,
    vm("twin-b", "eth1"),
    "mac",
    /52:54:00:00:00:77 is the address of .*dev:twin-a.* on eth1 of .* already: give /,
  );
  t.deepEqual(vm("elsewhere", "eth2"), [], "on another uplink they do not meet");
  t.deepEqual(vm("twin-a", "eth1"), [], "the first is asked again");
});

wrongHere("the MAC of a domain's NIC on the uplink", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth4"), domain: "off-1", mac: domainMacs[0] }),
  property: "mac",
  says: /52:54:00:00:00:11 is the address of the domain web-1 on eth4 of .* already: give /,
});
wrongHere("the MAC of a macvtap on the uplink", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth4"), domain: "off-1", mac: foreignMac }),
  property: "mac",
  says: /52:54:00:00:00:44 is the address of the link by-hand on eth4 of .* already: give /,
});
wrongHere("an endpoint with the MAC of a domain's NIC on the uplink", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth4"), mode: "bridge", mac: domainMacs[1] }),
  property: "mac",
  says: /52:54:00:00:00:12 is the address of the domain web-1 on eth4 of .* already: give /,
});
wrongHere("an endpoint with the name of a link that is there", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth4"), mode: "bridge", name: "by-hand" }),
  property: "name",
  says: /the link by-hand is there on .* was not made by this provider; choose another name, remove it, or set adopt/,
});
wrongHere("a bridge with the name of a link that is there", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth1"), name: "br0" }),
  property: "name",
  says: /the link br0 is there on .* was not made by this provider; choose another name, remove it, or set adopt/,
});

wrongHere("an uplink that does not exist", {
  kind: "Uplink",
  inputs: () => ({ nic: "eth9" }),
  property: "nic",
  says: /there is no NIC eth9 on hv1; its NICs are: .*eth1, eth2/,
});
for (const kind of ["HostBridge", "MacvtapEndpoint"] as const) {
  wrongHere(`a ${kind} on an uplink that does not exist`, {
    kind,
    inputs: () => ({ uplink: uplink("eth9"), ...(kind === "HostBridge" ? {} : { mode: "vepa" }) }),
    property: "uplink",
    says: /there is no uplink eth9 on hv1; its NICs are: .*eth1, eth2/,
  });
}
wrongHere("a VM on an uplink that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth9"), domain: "off-1" }),
  property: "bridge",
  says: /there is no uplink eth9 on hv1; its NICs are: .*eth1, eth2/,
});
wrongHere("an existing bridge that does not exist", {
  kind: "HostBridge",
  inputs: () => ({ type: "existing", bridge: "br7" }),
  property: "bridge",
  says: /there is no bridge br7 on hv1; its bridges are: br0/,
});
wrongHere("an existing bridge that is none", {
  kind: "HostBridge",
  inputs: () => ({ type: "existing", bridge: "by-hand" }),
  property: "bridge",
  says: /by-hand of hv1 is no bridge but of kind macvtap/,
});
wrongHere("a VM on an existing bridge that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: refOf("HostBridge", { type: "existing", bridge: "br7" }), domain: "off-1" }),
  property: "bridge",
  says: /there is no bridge br7 on hv1; its bridges are: br0/,
});

wrongHere("an endpoint on a NIC that is in a bridge", {
  kind: "MacvtapEndpoint",
  inputs: () => ({ uplink: uplink("eth3"), mode: "vepa" }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0 and takes no macvtap beside it: attach to that instead, or free eth3/,
});
wrongHere("a bridge of type ethernet on a NIC that is in a bridge", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth3"), type: "ethernet" }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0 and takes no macvtap beside it/,
});
wrongHere("a VM's macvtap on a NIC that is in a bridge", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth3"), domain: "off-1" }),
  property: "bridge",
  says: /eth3 of hv1 is a port of the bridge br0, .*attach to that bridge \(HostBridge.existing\), or take eth3 out/,
});
wrongHere("a Linux bridge on a NIC that is in another one", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth3") }),
  property: "uplink",
  says: /eth3 of hv1 is a port of the bridge br0: use HostBridge.existing .*, or free eth3 first/,
});
wrongHere("a Linux bridge on a NIC with macvtaps", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth4") }),
  property: "uplink",
  says: /eth4 of hv1 carries (?=.*macvtap macvtap\d+ of the domain web-1)(?=.*macvtap by-hand).*not both/,
});
wrongHere("a Linux bridge on a NIC with addresses of the host's", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("eth5") }),
  property: "uplink",
  says: /eth5 of hv1 carries the host's addresses 198.18.200.1\/24.*use HostBridge.existing, or choose another NIC/,
});
wrongHere("a Linux bridge on the NIC that carries the SSH session", {
  kind: "HostBridge",
  inputs: () => ({ uplink: uplink("mgmt") }),
  property: "uplink",
  says: /mgmt of hv1 carries this very SSH session \(198\.\d+\.\d+\.\d+\): .*use HostBridge.existing/,
});
wrongHere("taking down the NIC that carries the SSH session", {
  kind: "Uplink",
  inputs: () => ({ nic: "mgmt", up: false }),
  property: "up",
  says: /mgmt carries the SSH session/,
});

wrongHere("a domain that does not exist", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "web-9" }),
  property: "domain",
  says: /there is no domain web-9 on hv1; its domains are: .*(off-1|web-1)/,
});
wrongHere("a domain whose name is shell and XML", {
  kind: "VmInterface",
  inputs: () => ({ bridge: ethernet("eth1"), domain: "$(touch x)`&<b a='\">;--all" }),
  property: "domain",
  says: /there is no domain \$\(touch x\)`&<b a='">;--all on hv1; its domains are: /,
});

test.serial("a resource whose name is shell and XML leaves nothing of that on the host", async (t) => {
  const { inputs, failures } = lifecycle("MacvtapEndpoint").check(
    {},
    news("$(reboot)`<a b='\"/>&;\n#", { uplink: uplink("eth2"), mode: "vepa" }),
  );
  t.deepEqual(failures, []);
  const { state } = await lifecycle("MacvtapEndpoint").create(inputs);
  const name = String(state.name);
  t.regex(name, /^[A-Za-z0-9-]{1,15}$/);
  const alias = await onHost(`cat /sys/class/net/${name}/ifalias`);
  t.regex(alias.trim(), /^pulumi-kvm-network:[A-Za-z0-9_./:@-]+$/);
  await lifecycle("MacvtapEndpoint").delete(state);
});

// The lab's kernel has no bond: the facts of a host that has one are given, as a file of facts gives them to getHost().
test.serial("with facts in preview: a member of a bond", async (t) => {
  const facts = await factsOfHost();
  const eth1 = facts.links.find(({ name }) => name === "eth1");
  if (eth1 === undefined) return t.fail();
  const bonded: HostFacts = {
    ...facts,
    links: [
      ...facts.links.filter((link) => link !== eth1),
      { ...eth1, master: "bond0" },
      { ...eth1, name: "bond0", index: 999, kind: "bond", alternativeNames: [], nic: null },
    ],
  };
  const failures = (kind: string, inputs: Properties) =>
    lifecycle(kind).check({}, news("bonded", inputs, bonded)).failures;
  const member = /eth1 of hv1 is a member of the bond bond0/;
  only(t, failures("Uplink", { nic: "eth1" }), "nic", /eth1 of hv1 is a member of the bond bond0: use the bond as/);
  only(t, failures("HostBridge", { uplink: uplink("eth1") }), "uplink", member);
  only(t, failures("MacvtapEndpoint", { uplink: uplink("eth1"), mode: "vepa" }), "uplink", member);
  only(t, failures("VmInterface", { bridge: ethernet("eth1"), domain: "off-1" }), "bridge", member);
  t.deepEqual(failures("Uplink", { nic: "bond0" }), []);
});

/** One resource of each kind, which a host that can't be worked with refuses before anything is touched. */
const everyKind = (connection: Connection): readonly (readonly [string, Properties])[] => {
  const of = (title: string, inputs: Properties) => news(title, { ...inputs, connection });
  return [
    ["Uplink", of("any-uplink", { nic: "eth1", mtu: 1400 })],
    ["HostBridge", of("any-bridge", { uplink: uplink("eth1") })],
    ["MacvtapEndpoint", of("any-endpoint", { uplink: uplink("eth1"), mode: "vepa" })],
    ["VmInterface", of("any-vm", { bridge: ethernet("eth1"), domain: "off-1" })],
  ];
};

const refusedByHost = async (
  t: ExecutionContext,
  connection: Connection,
  code: string,
  says: RegExp,
  kinds = everyKind(connection),
): Promise<void> => {
  closeHosts();
  for (const [kind, given] of kinds) {
    const { inputs, failures } = lifecycle(kind).check({}, given);
    t.deepEqual(failures, []);
    const error = await t.throwsAsync(lifecycle(kind).create(inputs), { code }, kind);
    t.regex(error?.message ?? "", says, kind);
    t.false(error?.message.includes("PRIVATE KEY---"));
  }
  closeHosts();
};

const newKey = (): { privateKey: string; publicKey: string } => {
  const folder = mkdtempSync(join(tmpdir(), "kvmnet-key-"));
  try {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "key")]);
    const [privateKey, publicKey] = ["key", "key.pub"].map((file) => readFileSync(join(folder, file), "utf8"));
    return { privateKey: privateKey ?? "", publicKey: publicKey ?? "" };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test.serial("at the update: a host that shows another key", async (t) => {
  const hostKey = newKey().publicKey.split(" ").slice(0, 2).join(" ");
  await refusedByHost(t, { ...connection, hostKey }, "host-key-mismatch", /SHA256:.*SHA256:/s);
});

test.serial("at the update: a key that the host does not accept", async (t) => {
  await refusedByHost(
    t,
    { ...connection, privateKey: newKey().privateKey },
    "authentication-failed",
    /root@198\.\d+\.\d+\.\d+.*the connection's privateKey.*SHA256:/s,
  );
});

test.serial("at the update: a host where nothing listens", async (t) => {
  const nowhere = { ...connection, host: "127.0.0.1", port: 1, dialErrorLimit: 2, perDialTimeout: 1 };
  await refusedByHost(t, nowhere, "host-unreachable", /no SSH at .*127\.0\.0\.1.* after 2 attempts.*Is the host up/);
});

test.serial("at the update: a host that takes connections and never answers, in bounded time", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const silent = { ...connection, host: "127.0.0.1", port, dialErrorLimit: 1, perDialTimeout: 1 };
    const [first] = everyKind(silent);
    const start = performance.now();
    await refusedByHost(t, silent, "host-unreachable", /after 1 attempt: .*Is the host up/, first && [first]);
    t.true(performance.now() - start < 5000);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test.serial("at the update: an account that sudo refuses", async (t) => {
  const ordinary = await addUser(lab, "hv1", "ordinary");
  await refusedByHost(
    t,
    ordinary,
    "sudo-refused",
    /ordinary may not run `sudo -n \/bin\/sh` .*visudo -f .*ordinary ALL=\(root\) NOPASSWD: \/bin\/sh/s,
  );
});

/** The host without a command, in its own mount namespace: the folders of commands are overlaid by one that lacks it. */
const without = async (command: string, body: () => Promise<void>): Promise<void> => {
  const folders = (
    await onHost(`ls /usr/local/sbin/${command} /usr/local/bin/${command} /usr/sbin/${command} \
    /usr/bin/${command} 2>/dev/null | xargs -n1 dirname | sort -u || true`)
  )
    .split("\n")
    .filter((folder) => folder !== "");
  const hide = folders.map(
    (folder, index) => `
      mkdir -p /run/hidden/${index}
      mount -t tmpfs tmpfs /run/hidden/${index}
      mkdir /run/hidden/${index}/upper /run/hidden/${index}/work
      mknod /run/hidden/${index}/upper/${command} c 0 0
      mount -t overlay overlay -o lowerdir=${folder},upperdir=/run/hidden/${index}/upper,workdir=/run/hidden/${index}/work ${folder}`,
  );
  const show = folders.map((folder, index) => `umount -l ${folder}; umount -l /run/hidden/${index}`);
  await onHost(hide.join("\n"));
  try {
    await body();
  } finally {
    await onHost(`${show.join("\n")}\nrm -r /run/hidden`);
  }
};

const createsFail = async (t: ExecutionContext, kinds: readonly string[], says: RegExp): Promise<void> => {
  for (const [kind, given] of everyKind(connection).filter(([kind]) => kinds.includes(kind))) {
    const error = await t.throwsAsync(lifecycle(kind).create(lifecycle(kind).check({}, given).inputs));
    t.regex(error?.message ?? "", says, kind);
  }
};

test.serial("a host without ip", async (t) => {
  closeHosts();
  await without("ip", async () => {
    t.not((await lab.exec("hv1", ["sh", "-c", "command -v ip"])).status, 0);
    const kinds = ["Uplink", "HostBridge", "MacvtapEndpoint", "VmInterface"];
    await createsFail(t, kinds, /`ip` ended with status 127.*Install iproute2 on the host/s);
  });
});

test.serial("a host without virsh", async (t) => {
  closeHosts();
  await without("virsh", async () => {
    await createsFail(t, ["VmInterface"], /there is no virsh on .*: install libvirt there/);
    const [, , , vm] = everyKind(connection);
    const { failures } = lifecycle("VmInterface").check({}, { ...vm?.[1], hostFacts: await factsOfHost() });
    only(t, failures, "domain", /there is no virsh on hv1: install libvirt there, or leave domain out/);
  });
  closeHosts();
});
