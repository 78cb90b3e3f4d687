import { isDeepStrictEqual } from "node:util";
import test from "ava";
import fc from "fast-check";
import { FactsUnreadableError } from "../../provider/discovery/error.ts";
import { parseFacts } from "../../provider/discovery/observe.ts";
import { addPepaFilter } from "../../provider/links/pepa-filter.ts";
import { type HostFacts, hostFactsSchema } from "../../provider/schema/facts.ts";
import { hold } from "../fuzz/hold.ts";
import { useLabHost } from "../links/lab-host.ts";

const labHost = useLabHost(test, "cut-off", { uplinks: 2, libvirt: true });

/** The parts of an observation: what each begins with, and what a command of the host's printed in it. */
interface Piece {
  /** `links`, `domain config UUID`. */
  readonly name: string;
  readonly text: string;
}

let nonce = "";
let pieces: readonly Piece[] = [];

const joined = (of: readonly Piece[]): string =>
  `kvmnet-facts 1 ${nonce}\n${of.map(({ name, text }) => `\n${nonce} ${name}\n${text}`).join("")}`;

const read = (of: readonly Piece[]): HostFacts => parseFacts("hv1", joined(of));

/** A host that has one of each: a macvtap of ours with its filter, a bridge with a port, machines that run and that do not. */
test.serial("what a host answers is read whole, piece by piece", async (t) => {
  const on = labHost();
  const machine = (name: string) => `<domain type="qemu"><name>${name}</name><memory unit="MiB">32</memory>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type="direct"><source dev="eth2" mode="vepa"/><model type="virtio"/></interface></devices></domain>`;
  await on.sh(`
    ip link add br-cut type bridge; ip link add in-a type veth peer name in-b; ip link set in-a master br-cut
    ip link add link eth1 name vm-cut type macvtap mode private; ip link set vm-cut alias pulumi-kvm-network:cut
    echo '${machine("off")}' >/run/off.xml; virsh -q -c qemu:///system define /run/off.xml
    echo '${machine("runs")}' >/run/runs.xml; virsh -q -c qemu:///system create --paused /run/runs.xml`);
  await on.change([
    addPepaFilter({ uplink: "eth1", name: "vm-cut", mac: "52:54:00:00:00:01", mark: "pulumi-kvm-network:cut" }),
  ]);
  const output = (await on.host.request({ steps: [{ verb: "facts" }] })).results[0]?.stdout ?? "";
  nonce = /^kvmnet-facts 1 (\S+)/.exec(output)?.[1] ?? "";
  pieces = output
    .split(`\n${nonce} `)
    .slice(1)
    .map((piece) => ({ name: piece.split("\n", 1)[0] ?? "", text: piece.slice(piece.indexOf("\n") + 1) }));
  const whole = read(pieces);
  t.deepEqual(
    whole.domains.map(({ running, persistent }) => ({ running, persistent })),
    [
      { running: true, persistent: false },
      { running: false, persistent: true },
    ],
  );
  t.is(Object.keys(whole.netdevTables ?? {}).length, 1);
});

type Path = readonly (string | number)[];
interface Difference {
  readonly path: Path;
  readonly before: unknown;
  readonly after: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const differences = (before: unknown, after: unknown, path: Path = []): Difference[] => {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, before, after }];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    differences(before[key], after[key], [...path, key]),
  );
};

/** What the facts may be when the answer of a part is cut off: an error, or unknown. What a command printed whole is kept. */
const isUnknown = (piece: Piece, text: string, { path, before, after }: Difference): boolean => {
  const [fact, ...rest] = path;
  const name = piece.name.replace(/^begin /, "");
  if (/^(libvirt|domain)/.test(name) && fact === "libvirt")
    return rest[0] === "running" ? after === false : rest[0] !== undefined;
  if (/^(libvirt|domain)/.test(name) && fact === "domains") return after === undefined;
  // Without any route ip prints nothing, and nft without any table.
  if (name === "routes") return text === "" && fact === "routes";
  if (name === "netdev") return fact === "netdevTables" && (after === undefined || text === "");
  if (name === "forward") return fact === "bridgeNetfilter" && (after === null || text === "");
  // Not a command's: the script reads these itself, a file a line. A line is there whole, or not at all.
  if (["attributes", "system", "tools", "kept"].includes(name))
    return after === null || after === undefined || after === false || before === undefined;
  return false;
};

test.serial(
  "an answer that is cut off anywhere inside is an error or unknown: nothing is made up, nothing is said not to be there",
  async (t) => {
    const whole = read(pieces);
    const places = pieces.flatMap(({ text }, index) =>
      Array.from({ length: text.length }, (_, length) => ({ index, length })),
    );
    const outcomes = { error: 0, same: 0, unknown: 0 };
    await hold(t, "answers cut off", fc.nat(places.length - 1), (at) => {
      const { index, length } = places[at] ?? { index: 0, length: 0 };
      const piece = pieces[index];
      if (piece === undefined) return;
      const text = piece.text.slice(0, length);
      let facts: HostFacts;
      try {
        facts = read(pieces.map((each, other) => (other === index ? { ...each, text } : each)));
      } catch (error) {
        t.true(error instanceof FactsUnreadableError, String(error));
        t.regex(String(error), /hv1/);
        outcomes.error += 1;
        return;
      }
      t.deepEqual(hostFactsSchema.parse(facts), facts);
      const changes = differences(whole, facts);
      for (const change of changes)
        t.true(isUnknown(piece, text, change), `${piece.name} cut at ${length}: ${JSON.stringify(change)}`);
      outcomes[changes.length === 0 ? "same" : "unknown"] += 1;
    });
    t.log(JSON.stringify(outcomes));
    t.true(outcomes.error > 0 && outcomes.unknown > 0);
  },
);

const foreign = fc.oneof(
  fc.constantFrom(
    "Warning: something is deprecated",
    "",
    "# Warning",
    "[",
    "}",
    "<x>",
    "eth9: 1",
    "\u001b[0m",
    "null",
    "\tin",
  ),
  fc.string({ unit: "grapheme-ascii" }),
);

test.serial(
  "a line of somebody else's in an answer changes no fact that is told, or is an error, or makes it unknown",
  async (t) => {
    const whole = read(pieces);
    const lines = pieces.flatMap(({ text }, index) => text.split("\n").map((_, line) => ({ index, line })));
    await hold(t, "foreign lines", fc.tuple(fc.nat(lines.length - 1), foreign), ([at, line]) => {
      const { index, line: where } = lines[at] ?? { index: 0, line: 0 };
      const piece = pieces[index];
      if (piece === undefined) return;
      const text = piece.text.split("\n").toSpliced(where, 0, line).join("\n");
      let facts: HostFacts;
      try {
        facts = read(pieces.map((each, other) => (other === index ? { ...each, text } : each)));
      } catch (error) {
        t.true(error instanceof FactsUnreadableError, String(error));
        return;
      }
      t.deepEqual(hostFactsSchema.parse(facts), facts);
      const kept = ["links", "routes", "domains", "lldp"] as const;
      for (const change of differences(whole, facts)) {
        const isTold = kept.some((fact) => fact === change.path[0]);
        t.true(
          !isTold || isUnknown(piece, text, change),
          `${piece.name} with ${JSON.stringify(line)}: ${JSON.stringify(change)}`,
        );
      }
    });
  },
);
