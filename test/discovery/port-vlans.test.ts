import test from "ava";
import { FactsUnreadableError } from "../../provider/discovery/error.ts";
import { withPortVlans } from "../../provider/discovery/parse-port-vlans.ts";
import type { LinkFacts } from "../../provider/schema/facts.ts";
import { bridgeLink, link } from "../planning/facts.ts";

const bridge = (name: string, vlanFiltering: boolean): LinkFacts => ({
  ...bridgeLink(name),
  bridge: { stp: false, priority: 32768, multicastSnooping: true, vlanFiltering, defaultPvid: 1, canFilterVlans: true },
});
const port = (name: string, master: string): LinkFacts =>
  link(name, { master, bridgePort: { hairpin: false, isolated: false } });

const links = [
  bridge("br0", true),
  bridge("br1", false),
  port("eth1", "br0"),
  port("eth2", "br1"),
  port("tap0", "br0"),
];

/** As iproute2 6.15 prints it, of a bridge that filters; the ports of the others are in it as well. */
const shown = JSON.stringify([
  {
    ifname: "eth1",
    vlans: [
      { vlan: 2, vlanEnd: 6, flags: [] },
      { vlan: 7, flags: ["PVID", "Egress Untagged"] },
      { vlan: 8, vlanEnd: 9 },
      { vlan: 20, flags: ["Egress Untagged"] },
    ],
  },
  { ifname: "eth2", vlans: [{ vlan: 1, flags: ["PVID", "Egress Untagged"] }] },
  { ifname: "br0", vlans: [{ vlan: 7, flags: ["PVID", "Egress Untagged"] }] },
]);

const vlansOf = (text: string, status = 0) =>
  withPortVlans("hv1", links, { status, text }).map(({ bridgePort }) => bridgePort?.vlans);

test("ports of a bridge that filters tell their VLANs, one that has none as well, and no others do", (t) => {
  t.deepEqual(vlansOf(shown), [
    undefined,
    undefined,
    { pvid: 7, tagged: ["2-6", 8, 9], untagged: [20] },
    undefined,
    { pvid: 0, tagged: [], untagged: [] },
  ]);
});

test("a PVID that leaves tagged is told as one of the tagged too", (t) => {
  const text = JSON.stringify([{ ifname: "eth1", vlans: [{ vlan: 5, flags: ["PVID"] }] }]);
  t.deepEqual(vlansOf(text)[2], { pvid: 5, tagged: [5], untagged: [] });
});

test("where nobody looked, or bridge(8) failed, the VLANs are not told", (t) => {
  t.deepEqual(withPortVlans("hv1", links, undefined), links);
  t.deepEqual(vlansOf("", 127), [undefined, undefined, undefined, undefined, undefined]);
});

test("a range that no VLANs can have is an error that names the command, and is not counted up to", (t) => {
  for (const vlanEnd of [4096, 2 ** 33, 1e300]) {
    const text = JSON.stringify([{ ifname: "eth1", vlans: [{ vlan: 1, vlanEnd }] }]);
    t.throws(() => vlansOf(text), {
      instanceOf: FactsUnreadableError,
      message: /hv1.*bridge -compressvlans -j vlan show/,
    });
  }
});
