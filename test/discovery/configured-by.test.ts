import test from "ava";
import { parseLinks } from "../../provider/discovery/parse-links.ts";
import { movedBy } from "../../provider/planning/index.ts";

const ours = "6b766d6e-6574-8000-8000-000000000001";
const theirs = "023239ec-4a61-443f-b82d-acc63a0f78cb";
const kept = "/etc/NetworkManager/system-connections/pulumi-kvm-network-eth1.nmconnection";
const told = "/run/NetworkManager/devices/2";

const found = (files: Readonly<Record<string, string>>, master?: string) => {
  const port = { ifindex: 2, ifname: "eth1", flags: ["UP"], mtu: 1500, link_type: "ether", master };
  const [link] = parseLinks("hv1", "links", JSON.stringify([port]), new Map(Object.entries(files)));
  return link && { profile: link.configuredBy?.profile, manager: movedBy(link) };
};

test("a port has the profile that NetworkManager tells, and while it begins anew ours, where there is one for it", (t) => {
  t.deepEqual(found({}, "br0"), { profile: undefined, manager: undefined });
  t.deepEqual(found({ [kept]: `uuid=${ours}` }, "br0"), { profile: ours, manager: "NetworkManager" });
  t.deepEqual(found({ [told]: `connection-uuid=${ours}` }), { profile: ours, manager: "NetworkManager" });
  t.deepEqual(found({ [told]: `connection-uuid=${theirs}`, [kept]: `uuid=${ours}` }, "br0")?.profile, theirs);
  t.is(found({ [kept]: `uuid=${ours}` })?.manager, undefined, "it is no port");
});
