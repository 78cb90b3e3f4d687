import { execFileSync } from "node:child_process";
import test from "ava";
import fc from "fast-check";
import { judge } from "../../provider/host/script/judge.ts";
import type { Lasting } from "../../provider/persistence/lasting.ts";
import { managerFiles } from "../../provider/persistence/manager-files.ts";
import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";
import { networkManagers } from "../../provider/schema/network-manager.ts";
import { facts, link } from "../planning/facts.ts";
import { hold } from "./hold.ts";
import { linkName, mac } from "./plausible-inputs.ts";

const vlans = fc.record({ defaultPvid: fc.nat(4094), pvid: fc.nat(4094), tagged: fc.constant(["2-99", 7]) });
const lasting: fc.Arbitrary<Lasting> = fc.oneof(
  fc.record({
    what: fc.constant("nic" as const),
    nic: linkName,
    mtu: fc.integer({ min: 68, max: 9000 }),
    numVfs: fc.nat(9),
  }),
  fc.record({
    what: fc.constant("bridge" as const),
    name: linkName,
    nic: linkName,
    mac,
    mtu: fc.integer({ min: 68, max: 9000 }),
    settings: fc.boolean().map((stp) => settledBridge({ stp })),
    port: fc.record({ hairpin: fc.boolean(), isolated: fc.boolean() }),
    vlans: fc.option(vlans, { nil: undefined }),
  }),
  fc.record({
    what: fc.constant("vf" as const),
    nic: linkName,
    index: fc.nat(65_534),
    mac,
    vlan: fc.integer({ min: 1, max: 4094 }),
  }),
  fc.record({ what: fc.constant("endpoint" as const), name: linkName, of: fc.option(linkName, { nil: undefined }) }),
);

/** What each kind of line of each kind of file looks like: a value is what stands behind the first `=`, or the last word. */
const lineOf = (path: string): RegExp =>
  path.startsWith("/etc/network/")
    ? /^(auto \S+|iface \S+ inet manual| {4}pre-up \/bin\/sh \/etc\/pulumi-kvm-network\/replay --replay \/sys\/class\/net\/\S+)$/
    : /^(\[[A-Za-z-]+\]|\[device-pulumi-kvm-network-[A-Za-z0-9_.-]+\]|[A-Za-z0-9-]+\+?=[A-Za-z0-9_.:;* -]+)$/;

test("whatever links are called, the files of each manager are lines of its form, in places that the host script has for them", async (t) => {
  const places = new Set<string>();
  await hold(t, "manager files", fc.tuple(fc.constantFrom(...networkManagers), lasting), ([manager, one]) => {
    const byDistribution = { link: "/usr/lib/systemd/network/99-default.link" };
    const nic = "nic" in one ? [link(one.nic, { configuredBy: byDistribution })] : [];
    const names = [...("nic" in one ? [one.nic] : []), ...("name" in one ? [one.name] : [])];
    for (const { path, text } of managerFiles(manager, [one], facts(nic))) {
      places.add(path);
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("# Made by pulumi-kvm-network"));
      for (const line of lines) t.regex(line, lineOf(path), path);
      t.true(text.endsWith("\n"));
      t.true(
        names.some((name) => lines.join("\n").includes(name)) || path.includes(".link") || path.includes(".d/"),
        text,
      );
    }
  });
  // Of the fewest inputs that are tried it is a hundred, give or take ten.
  t.true(places.size > 50);
  const refused = execFileSync(
    "sh",
    ["-c", `newline='\n'\n${judge}\nfor path; do judge_kept "$path" || echo "$path"; done`, "sh", ...places],
    {
      encoding: "utf8",
    },
  );
  t.is(refused, "");
});
