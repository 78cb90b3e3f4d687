import test, { type ExecutionContext } from "ava";
import { type Guest, startGuest } from "../../lab/guest.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { Stack } from "../../lab/stack.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../lab/lab-test.ts";
import { addressConfig, exampleStack } from "./example.ts";
import { addressGuests, reaches } from "./guests.ts";
import { asBefore, bringUp, hostsNow, takeDown } from "./life-cycle.ts";

let lab: Lab;
let guests: readonly [Guest, Guest, Guest];
const [web1Address, web2Address, dbAddress] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"] as const;

test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 1, uplinks: 2 });
  const [web1, web2, db] = ["web-1", "web-2", "db-1"].map((name) => startGuest(lab, "hv1", name));
  if (web1 && web2 && db) guests = await Promise.all([web1, web2, db]);
});
test.after.always(async () => {
  await lab?.down();
});

function connection() {
  const [hypervisor] = lab.hypervisors;
  if (hypervisor === undefined) throw new Error("the lab has no hypervisor");
  return hypervisor.connection;
}

/** A stack of an example for its time; the host is afterwards as it was. */
async function withExample(t: ExecutionContext, name: string, use: (stack: Stack) => Promise<void>): Promise<void> {
  const before = await hostsNow(lab);
  const stack = await exampleStack(name, {
    config: addressConfig("hypervisor", connection()),
    secrets: { "hypervisor.privateKey": connection().privateKey },
  });
  try {
    await use(stack);
  } finally {
    await takeDown(stack);
  }
  await asBefore(t, lab, before);
}

test.serial("one-host attaches VMs in the mode named and in the mode that needs choose", async (t) => {
  await withExample(t, "one-host", async (stack) => {
    await bringUp(t, stack, ["macvtap-vepa", "macvtap-bridge"]);
    const { xml, explanation } = await stack.outputs();
    t.regex(String(xml), /<source dev="eth1" mode="bridge"\/>/);
    t.regex(String(explanation), /taken: veb by a macvtap in bridge mode/);

    const state = await stack.must(["stack", "export"]);
    const keyLine = connection().privateKey.split("\n")[2] ?? "";
    t.true(keyLine.length > 20);
    t.false(state.includes(keyLine), "the private key stands in the state in clear");

    const [web1, web2, db] = guests;
    await addressGuests(stack, new Map([web1, web2, db].map((guest, index) => [guest, `192.0.2.${index + 1}`])));
    await lab.hairpin("hv1", "eth1", true);
    t.true(await reaches(web1, web2Address));
    t.true(await reaches(db, web1Address));
    await lab.hairpin("hv1", "eth1", false);
    t.false(await web1.ping(web2Address), "vepa without a reflecting switch");
  });
});

test.serial("mixed-modes keeps VEB frames on the host and sends the others to the switch", async (t) => {
  await withExample(t, "mixed-modes", async (stack) => {
    await bringUp(t, stack, ["macvtap-vepa", "macvtap-bridge", "need-served"]);
    const [web1, web2, db] = guests;
    await addressGuests(stack, new Map([web1, web2, db].map((guest, index) => [guest, `192.0.2.${index + 1}`])));
    await lab.hairpin("hv1", "eth1", true);
    t.true(await reaches(web1, web2Address));
    t.true(await reaches(web1, dbAddress));
    t.true(await reaches(db, web2Address));
    await lab.hairpin("hv1", "eth1", false);
    t.true(await reaches(web1, web2Address), "veb needs no switch");
    t.false(await db.ping(web1Address), "vepa without a reflecting switch");
  });
});

test.serial("existing-bridge attaches to a bridge that it leaves alone, and pulls a cable in place", async (t) => {
  const ip = (command: string) => lab.exec("hv1", ["ip", ...command.split(" ")]);
  await ip("link add name br0 address 02:00:5e:00:00:01 type bridge");
  await ip("link set dev eth2 master br0");
  await ip("link set dev br0 addrgenmode none up");
  await waitUntil(
    "the port of br0",
    10,
    async () => (await ip("link show br0")).stdout.includes("state UP") || undefined,
  );
  try {
    await withExample(t, "existing-bridge", async (stack) => {
      await bringUp(t, stack, ["linux-bridge"]);
      const { xml, device } = await stack.outputs();
      t.regex(String(xml), /<source bridge="br0"\/>/);
      const [web1, web2] = guests;
      await addressGuests(stack, new Map([web1, web2].map((guest, index) => [guest, `192.0.2.${index + 1}`])));
      t.true(await reaches(web1, web2Address));

      await stack.must(["config", "set", "maintenance", "true"]);
      const changed = await stack.must(["up", "--yes", "--skip-preview", "--diff"]);
      t.regex(changed, /~ linkState: "up" => "down"/);
      t.regex(changed, /1 updated/);
      t.false(await web1.ping(web2Address), "the cable is pulled");
      t.is((await stack.outputs()).device, device);

      await stack.must(["config", "set", "maintenance", "false"]);
      await stack.must(["up", "--yes", "--skip-preview"]);
      t.true(await reaches(web1, web2Address));
    });
  } finally {
    await ip("link del dev br0");
  }
});
