import test from "ava";
import { defineGuest } from "../../lab/guest.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";
import { useEngineLab } from "./engine-lab.ts";

const domains = ["db-1", "db-2", "db-3", "db-4"];

const lab = useEngineLab(test, "pepa-engine", 2, async (on) => {
  for (const domain of domains) await defineGuest(on.lab, "hv1", domain);
});

const program = (mode = "pepa", nic = "eth1"): string => `
const hv1 = await getHost(connection);
const uplink = new Uplink("uplink", { host: hv1, nic: "${nic}" });
const fabric = new HostBridge("fabric", { uplink, type: "ethernet" });
for (const name of ${JSON.stringify(domains)}) new VmInterface(name, { bridge: fabric, domain: name, mode: name === "db-1" ? "${mode}" : "pepa" });
`;

test.serial(
  "pepa by the engine: made side by side, kept, drifted, mended, moved, changed, and taken away",
  async (t) => {
    const on = lab();
    const before = await snapshotOf(on.lab, "hv1");
    const stack = await on.stack("pepa-engine", program());
    await stack.up();
    await stack.mustBeUnchanged();
    const chains = async (): Promise<number> =>
      (await on.sh("nft list ruleset")).match(/chain (from|to)-db-/g)?.length ?? 0;
    t.is(await chains(), 8);

    await on.sh("nft flush ruleset");
    const drifted = await stack.refresh();
    t.regex(drifted, /~ isolation *: \{\s+~ endpoint *: "filtered" => "missing"\s+~ uplink *: "filtered" => "missing"/);
    t.deepEqual(
      (await stack.preview()).map(({ name, op }) => `${op} ${name}`).sort(),
      domains.map((name) => `update ${name}`),
    );
    await stack.up();
    await stack.mustBeUnchanged();
    t.is(await chains(), 8);

    await stack.edit(program("vepa"));
    t.deepEqual(
      (await stack.preview()).map(({ name, op }) => `${op} ${name}`),
      ["replace db-1"],
    );
    await stack.up();
    await stack.mustBeUnchanged();
    t.is(await chains(), 6);
    t.regex(await on.sh("virsh domiflist --inactive db-1"), /direct +eth1/);

    await stack.edit(program("pepa", "eth2"));
    await stack.up();
    await stack.mustBeUnchanged();
    t.is(await chains(), 8);
    t.notRegex(await on.sh("nft list ruleset"), /eth1/);

    await stack.destroy();
    t.deepEqual(changesBetween(before, await snapshotOf(on.lab, "hv1")), []);
  },
);
