import test from "ava";
import { Notes } from "../../cli/notes.ts";
import { uplinkText } from "../../cli/uplink-text.ts";
import { facts, link } from "../planning/facts.ts";

const plain = (text: string): string => text;
const palette = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain };

const textOf = (nic: Parameters<typeof link>[1]) => {
  const known = facts([link("eth1", nic)]);
  const [seen] = known.links;
  const notes = new Notes();
  if (seen === undefined) throw new Error("no link");
  const text = uplinkText(known, seen, palette, notes, 80);
  return { text, notes: notes.text(80).replaceAll(/\s+/g, " ") };
};

test("a NIC with SR-IOV is told with its own switch, and what speaks against each mode of it", (t) => {
  const sriov = { totalVfs: 63, vfs: 4 };
  const nic = { driver: "ixgbe", pci: "0000:3b:00.0", speedMbps: 10_000, iommuGroup: 14, sriov };
  const { text, notes } = textOf({ nic });
  t.regex(text, /^ {2}SR-IOV +63 VFs possible, 4 made; IOMMU group 14$/m);
  t.regex(text, /^ {2}embedded +no \(\d\) +no \(\d\) +no \(\d\)$/m);
  t.regex(
    notes,
    /whether the switch in eth1 is in veb mode nobody has said \[vf-embedded-mode\] → look \(bridge -d link/,
  );
});

test("of a NIC without SR-IOV one line says so, and no switch of its own is told of", (t) => {
  const { text } = textOf({});
  t.regex(text, /^ {2}SR-IOV +no$/m);
  t.notRegex(text, /embedded/);
});
