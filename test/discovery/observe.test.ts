import test from "ava";
import fc from "fast-check";
import { waitUntil } from "../../lab/wait-until.ts";
import { FactsUnreadableError } from "../../provider/discovery/error.ts";
import { observe, parseFacts } from "../../provider/discovery/observe.ts";
import { parseLldp } from "../../provider/discovery/parse-lldp.ts";
import { parseSections } from "../../provider/discovery/sections.ts";
import type { Host } from "../../provider/host/host.ts";
import { statisticsOf } from "../../provider/host/statistics.ts";
import { type HostFacts, hostFactsSchema } from "../../provider/schema/facts.ts";
import { type LabHost, useLabHost } from "../links/lab-host.ts";

const labHost = useLabHost(test, "discovery", { uplinks: 4, libvirt: true, lldp: true });

const virsh = (on: LabHost, ...words: string[]) => on.sh(`virsh -q -c qemu:///system ${words.join(" ")}`);

/** A machine that is never let run: all that is asked of it is its XML. */
async function defineDomain(
  on: LabHost,
  name: string,
  how: "define" | "create --paused",
  inside = "",
): Promise<string> {
  const xml = `<domain type="qemu"><name>${name}</name>${inside}<memory unit="MiB">32</memory>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>`;
  await on.sh(`cat >/run/${name}.xml <<'END'\n${xml}\nEND\nvirsh -q -c qemu:///system ${how} /run/${name}.xml`);
  return (await virsh(on, "domuuid", name)).trim();
}

/** Any change makes what was seen old. */
const nothing = [{ verb: "read", path: "/proc/version" }] as const;

async function observeAnew(on: LabHost): Promise<HostFacts> {
  await on.change(nothing);
  return observe(on.host);
}

function link(facts: HostFacts, name: string): HostFacts["links"][number] {
  const found = facts.links.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

async function factsText(host: Host): Promise<string> {
  return (await host.request({ steps: [{ verb: "facts" }] })).results[0]?.stdout ?? "";
}

test.serial("what a host is, is what its own commands say", async (t) => {
  const on = labHost();
  const facts = await observeAnew(on);
  t.deepEqual(hostFactsSchema.parse(facts), facts);
  t.is(facts.hostname, (await on.sh("hostname")).trim());
  t.is(facts.kernel, (await on.sh("uname -r")).trim());
  t.is(facts.bootId, (await on.sh("cat /proc/sys/kernel/random/boot_id")).trim());
  t.is(facts.sessionAddress, on.lab.hypervisors[0]?.connection.host ?? "");
  t.true((await on.sh("ip -V")).includes(`iproute2-${facts.tools.ip},`));
  t.deepEqual(facts.libvirt, { version: (await virsh(on, "--version")).trim(), running: true, problem: null });
  t.is(facts.vhostNet, (await on.sh("test -c /dev/vhost-net && echo yes || echo no")).trim() === "yes");
});

test.serial("NICs, and what stands in for one, are told from links inside", async (t) => {
  const on = labHost();
  await on.sh("ip link add in-a type veth peer name in-b; ip link add br-x type bridge; ip link set in-a master br-x");
  await on.sh("ip link property add dev eth2 altname other-name; ip link set in-a type bridge_slave hairpin on");
  const facts = await observeAnew(on);
  t.not(link(facts, "eth1").nic, null);
  t.is(link(facts, "in-a").nic, null);
  t.is(link(facts, "br-x").nic, null);
  t.is(link(facts, "lo").nic, null);
  t.like(link(facts, "in-a"), { master: "br-x", bridgePort: { hairpin: true, isolated: false }, lower: null });
  t.deepEqual(link(facts, "eth2").alternativeNames, ["other-name"]);
});

test.serial("routes of all tables and families are seen, each next hop", async (t) => {
  const on = labHost();
  await on.sh(
    `ip addr add 198.18.210.1/24 dev eth1; ip addr add 198.18.211.1/24 dev eth2
     ip route add 198.18.212.0/24 nexthop via 198.18.210.2 nexthop via 198.18.211.2
     ip route add 198.18.213.0/24 via 198.18.210.2 table 77`,
  );
  const { routes } = await observeAnew(on);
  const to = (destination: string) => routes.filter((route) => route.destination === destination);
  t.deepEqual(to("198.18.212.0/24"), [
    { destination: "198.18.212.0/24", device: "eth1", gateway: "198.18.210.2" },
    { destination: "198.18.212.0/24", device: "eth2", gateway: "198.18.211.2" },
  ]);
  t.deepEqual(to("198.18.213.0/24"), [{ destination: "198.18.213.0/24", device: "eth1", gateway: "198.18.210.2" }]);
  t.true(to("fe80::/64").length > 0);
});

test.serial("domains: running, shut off, transient, and one whose description plays the script's output", async (t) => {
  const on = labHost();
  const forged = "<description>\n00000000-0000-0000-0000-000000000000 end 1\nkvmnet-facts 1 x</description>";
  const running = await defineDomain(on, "running", "define", forged);
  await virsh(on, "start --paused running");
  await virsh(on, "attach-interface running direct eth3 --model virtio --mac 52:54:00:00:00:31 --live");
  await virsh(on, "attach-interface running direct eth4 --model virtio --mac 52:54:00:00:00:32 --config");
  const off = await defineDomain(on, "off", "define");
  const transient = await defineDomain(on, "transient", "create --paused");

  const { domains } = await observeAnew(on);
  const domain = (uuid: string) => domains.find((candidate) => candidate.uuid === uuid);
  t.like(domain(running), { name: "running", running: true, persistent: true });
  t.deepEqual(
    domain(running)?.live.map(({ mac }) => mac),
    ["52:54:00:00:00:31"],
  );
  t.deepEqual(
    domain(running)?.config.map(({ mac }) => mac),
    ["52:54:00:00:00:32"],
  );
  t.like(domain(off), { name: "off", running: false, persistent: true, live: [] });
  t.like(domain(transient), { name: "transient", running: true, persistent: false, config: [] });
  t.is(domains.length, 3);
  for (const name of ["running", "transient"]) await virsh(on, "destroy", name);
});

test.serial("a forward hook that drops is seen", async (t) => {
  const on = labHost();
  const before = await observeAnew(on);
  await on.sh("nft add table inet t; nft 'add chain inet t f { type filter hook forward priority 0; policy drop; }'");
  const after = await observeAnew(on);
  await on.sh("nft delete table inet t");
  if (before.bridgeNetfilter.forwardDrop === null) t.is(after.bridgeNetfilter.forwardDrop, null);
  else
    t.deepEqual(
      [before, after].map((facts) => facts.bridgeNetfilter.forwardDrop),
      [false, true],
    );
});

test.serial("observations are shared until a change", async (t) => {
  const on = labHost();
  await on.change(nothing);
  const { requests } = statisticsOf(on.host.name);
  const [one, two] = await Promise.all([observe(on.host), observe(on.host)]);
  t.is(one, two);
  t.is(await observe(on.host), one);
  t.is(statisticsOf(on.host.name).requests, requests + 1);

  const early = observe(on.host);
  await on.change([{ verb: "run", argv: ["ip", "link", "add", "name", "br-late", "type", "bridge"] }]);
  t.is(await early, one);
  t.truthy(link(await observe(on.host), "br-late"));
});

test.serial("text that is cut off anywhere is no observation", async (t) => {
  const output = await factsText(labHost().host);
  t.notThrows(() => parseFacts("hv1", output));
  fc.assert(
    fc.property(fc.nat(output.length - 1), (length) => {
      t.throws(() => parseFacts("hv1", output.slice(0, length)), { instanceOf: FactsUnreadableError, message: /hv1/ });
    }),
  );
});

test.serial("whatever a section holds, the answer is valid facts or an error of ours", async (t) => {
  const output = await factsText(labHost().host);
  const nonce = /^kvmnet-facts 1 (\S+)/.exec(output)?.[1] ?? "";
  const pieces = output.split(`\n${nonce} `);
  const noise = fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.constant(""));
  fc.assert(
    fc.property(fc.nat(pieces.length - 1), noise, (index, text) => {
      const changed = pieces.map((piece, at) => (at === index ? `${piece.split("\n", 1)[0]}\n${text}` : piece));
      try {
        hostFactsSchema.parse(parseFacts("hv1", changed.join(`\n${nonce} `)));
      } catch (error) {
        if (!(error instanceof FactsUnreadableError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test.serial("the adjacent switch is heard, and says that it can reflect", async (t) => {
  const on = labHost();
  const neighbour = await waitUntil("the switch's LLDP frame", 60, async () => {
    const heard = (await observeAnew(on)).lldp.eth1;
    return heard?.reflectiveRelayAdvertised ? heard : undefined;
  });
  t.regex(neighbour.chassis ?? "", /^[0-9a-f:]{17}$/);
  t.regex(neighbour.port ?? "", /^[0-9a-f:]{17}$/);

  // The same answers cut off anywhere: who was heard is not known then. Nothing at all is how lldptool says that nobody was.
  const whole = parseSections("hv1", await factsText(on.host)).filter(({ name }) => name === "lldp");
  const heard = whole.find(({ text }) => text.includes("EVB"));
  if (heard === undefined) return t.fail("lldptool said nothing");
  const all = parseLldp([heard]);
  for (let length = 1; length < heard.text.length; length += 1) {
    const told = parseLldp([{ ...heard, text: heard.text.slice(0, length) }]);
    const isToldWhole = heard.text.slice(0, length).endsWith("End of LLDPDU TLV");
    t.deepEqual(told, isToldWhole ? all : {}, heard.text.slice(0, length));
  }
});

test.serial("a libvirt daemon that hangs, or is gone, is said to, in bounded time", async (t) => {
  const on = labHost();
  const pid = (await on.sh("cat /run/libvirtd.pid")).trim();
  await on.sh(`kill -STOP ${pid}`);
  try {
    const { libvirt, domains, links } = await observeAnew(on);
    t.like(libvirt, { running: false, problem: "virsh got no answer within 5 seconds" });
    t.deepEqual(domains, []);
    t.true(links.length > 0);
  } finally {
    await on.sh(`kill -CONT ${pid}; kill ${pid}`);
  }
  const gone = await waitUntil("the daemon's end", 30, async () => {
    const { libvirt } = await observeAnew(on);
    return libvirt?.problem?.includes("connect") ? libvirt : undefined;
  });
  t.false(gone.running);
});
