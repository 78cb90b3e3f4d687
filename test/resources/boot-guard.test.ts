import test from "ava";
import { parseTakenBack } from "../../provider/discovery/parse-kept.ts";
import { bootGuardOf } from "../../provider/resources/boot-guard.ts";
import { asKept, keep, persistenceDrift } from "../../provider/resources/keep.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";
import { ScriptedHost } from "../transactions/scripted-host.ts";
import { reached } from "./bad-input/given.ts";

const file = { path: "/etc/pulumi-kvm-network/links/br0/30-bridge", text: "set\n" };
const mark = "pulumi-kvm-network:acme/net/prod:br@0a1b2c";

test("guarded are the links that the host is reached by, and not what VMs have on them", (t) => {
  const nic = link("eth0", { master: "br0" });
  const vms = link("vm1", { kind: "macvtap", lower: "br0", nic: null });
  const vlan = link("br0.7", { kind: "vlan", lower: "br0", nic: null, addresses: ["fe80::1/64"] });
  const bare = facts([nic, bridgeLink("br0"), vms, vlan]);
  t.is(bootGuardOf(bare, nic, {}, ["br0"]), undefined);
  const moved = facts([nic, { ...bridgeLink("br0"), addresses: ["192.0.2.2/24"] }, vms, vlan]);
  t.deepEqual(bootGuardOf(moved, nic, {}, ["br0"]), { seconds: 60, links: ["eth0", "br0"], made: ["br0"] });
  t.deepEqual(bootGuardOf(moved, nic, { rollbackSeconds: 90 }), { seconds: 90, links: ["eth0", "br0"], made: [] });
  // The bridge without an address, and its VLAN link with one.
  const tagged = facts([nic, bridgeLink("br0"), vms, { ...vlan, addresses: ["192.0.2.2/24"] }]);
  t.deepEqual(bootGuardOf(tagged, nic, {}, ["br0"])?.links, ["eth0", "br0", "br0.7"]);
});

test("the guard stands before what it guards, and is not sent where nothing is kept", async (t) => {
  const verbs: string[] = [];
  const host = new ScriptedHost({
    answer: ({ verb }) => {
      verbs.push(verb);
      return verb === "keep" ? { stdout: "kept\n" } : {};
    },
  });
  const guard = { seconds: 60, links: ["eth0", "br0"], made: ["br0"] };
  const inputs = { host: host.name, connection: reached.connection, mark };
  const before = { kept: { "/etc/pulumi-kvm-network/links/br0/40-old": "0" } };
  const { kept } = await keep(host, inputs, "HostBridge", [file], before, { guard });
  t.deepEqual(verbs, ["guard", "keep", "forget"]);
  t.deepEqual(Object.keys(kept ?? {}), [file.path]);
  t.deepEqual(await keep(host, inputs, "HostBridge", [], {}, { guard }), {});
  t.is(verbs.length, 3);
});

test("what a boot has taken back is told by the resource that it was kept for", (t) => {
  const section = (text: string) => ({ name: "guard", subject: [], status: 0, parts: [], text });
  t.is(parseTakenBack(undefined), undefined);
  t.is(parseTakenBack(section("")), undefined);
  const takenBack = parseTakenBack(section(`then, this was not so: br0 has 192.0.2.2/24\n${file.path}\n`));
  t.deepEqual(takenBack, { why: "then, this was not so: br0 has 192.0.2.2/24", paths: [file.path] });
  const host = { ...facts([]), systemd: true, ...(takenBack === undefined ? {} : { takenBack }) };
  t.regex(
    String(persistenceDrift({ persistence: asKept }, host, { kept: { [file.path]: "0" } }).persistence),
    /^taken back by the host at its start, so that it is reached as before\. then, this was not so: br0 has/,
  );
  t.deepEqual(persistenceDrift({ persistence: asKept }, host, { kept: {} }), { persistence: asKept });
});
