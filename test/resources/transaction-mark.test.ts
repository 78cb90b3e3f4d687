import test from "ava";
import { transactionMark } from "../../provider/resources/transaction-mark.ts";
import { facts, link } from "../planning/facts.ts";

const what = ["br0 over eth0", "mtu 9000"];
const told = "br0 over eth0, mtu 9000; taken back by the host after 60 s unless confirmed";
const of = (addresses: string[]) => facts([link("eth0", { addresses })]);
const given = { olds: {}, rollbackSeconds: undefined };

test("a change of what the host is reached by is marked: what is changed, and when the host takes it back", (t) => {
  t.is(transactionMark(what, "eth0", { ...given, facts: of(["192.0.2.2/24"]) }), told);
  t.regex(
    transactionMark(what, "eth0", { ...given, facts: of(["192.0.2.2/24"]), rollbackSeconds: 90 }) ?? "",
    /after 90 s/,
  );
});

test("what the host is not reached by is not marked, whatever it was before", (t) => {
  t.is(transactionMark(what, "eth0", { ...given, facts: of(["fe80::2/64"]) }), undefined);
  t.is(transactionMark(what, "eth0", { ...given, facts: of([]), olds: { transaction: told } }), undefined);
});

test("without facts, or without the NIC in them, it is marked if it was", (t) => {
  for (const seen of [undefined, facts([link("eth1", { addresses: ["192.0.2.2/24"] })])]) {
    t.is(transactionMark(what, "eth0", { ...given, facts: seen }), undefined);
    t.is(transactionMark(what, "eth0", { ...given, facts: seen, olds: { transaction: "as before" } }), told);
  }
});

test("nothing that changes, or no NIC yet, is not marked", (t) => {
  t.is(transactionMark([], "eth0", { ...given, facts: of(["192.0.2.2/24"]) }), undefined);
  t.is(transactionMark(what, undefined, { ...given, facts: undefined, olds: { transaction: told } }), undefined);
});
