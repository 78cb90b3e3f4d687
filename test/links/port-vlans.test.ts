import test from "ava";
import { changePortVlans, portVlansFrom } from "../../provider/links/port-vlans.ts";

const lines = (...args: Parameters<typeof changePortVlans>): string[] =>
  changePortVlans(...args).flatMap((step) => (step.verb === "run" ? (step.input ?? "").trimEnd().split("\n") : []));

test("a port that is as it shall be is left alone", (t) => {
  t.deepEqual(lines("eth1", { pvid: 1, tagged: ["2-4094"] }, { pvid: 1, tagged: ["2-4094"], untagged: [] }), []);
  t.deepEqual(lines("eth1", { pvid: 0, tagged: [] }, { pvid: 0, tagged: [], untagged: [] }), []);
});

test("of a port of which nothing is known all is said, and what stays is not taken away for a moment", (t) => {
  t.deepEqual(lines("eth1", { pvid: 5, tagged: [20, "30-4094"] }, undefined), [
    "vlan del dev eth1 vid 1-4",
    "vlan del dev eth1 vid 6-19",
    "vlan del dev eth1 vid 21-29",
    "vlan add dev eth1 vid 20",
    "vlan add dev eth1 vid 30-4094",
    "vlan add dev eth1 vid 5 pvid untagged",
  ]);
});

test("only the difference is made", (t) => {
  const observed = { pvid: 1, tagged: ["2-10", 12], untagged: [20] };
  t.deepEqual(lines("eth1", { pvid: 2, tagged: ["3-12", 20] }, observed), [
    "vlan del dev eth1 vid 1",
    "vlan add dev eth1 vid 11",
    "vlan add dev eth1 vid 20",
    "vlan add dev eth1 vid 2 pvid untagged",
  ]);
});

test("a PVID that leaves tagged is untagged again, and one that shall be tagged is no PVID any more", (t) => {
  const observed = { pvid: 5, tagged: [5, 6], untagged: [] };
  t.deepEqual(lines("eth1", { pvid: 5, tagged: [6] }, observed), ["vlan add dev eth1 vid 5 pvid untagged"]);
  t.deepEqual(lines("eth1", { pvid: 0, tagged: ["5-6", 7] }, observed), [
    "vlan add dev eth1 vid 5",
    "vlan add dev eth1 vid 7",
  ]);
});

test("what is found says what a wanted one never has only where it has it", (t) => {
  t.deepEqual(portVlansFrom({ pvid: 1, tagged: [2], untagged: [] }), { pvid: 1, tagged: [2] });
  t.deepEqual(portVlansFrom({ pvid: 1, tagged: [2], untagged: [3] }), { pvid: 1, tagged: [2], untagged: [3] });
});
