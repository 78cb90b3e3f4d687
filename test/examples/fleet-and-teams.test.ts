import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { guestCacheInside } from "../../lab/cache.ts";
import { commandChannel } from "../../lab/command-channel.ts";
import { type Guest, startGuest } from "../../lab/guest.ts";
import { guestImage } from "../../lab/guest-image.ts";
import { createLab, type Lab, type LabHypervisor } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { labName } from "../lab/lab-test.ts";
import { addressConfig, exampleStack } from "./example.ts";
import { addressGuests, reaches } from "./guests.ts";
import { asBefore, bringUp, hostsNow, takeDown } from "./life-cycle.ts";

let lab: Lab;
let hypervisors: readonly [LabHypervisor, LabHypervisor];
let guests: readonly [Guest, Guest, Guest, Guest];

test.before(async () => {
  lab = await createLab({ name: labName(), hypervisors: 2, uplinks: 2 });
  const [hv1, hv2] = lab.hypervisors;
  if (hv1 && hv2) hypervisors = [hv1, hv2];
  guests = await Promise.all([
    startGuest(lab, "hv1", "web-1"),
    startGuest(lab, "hv1", "web-2"),
    startGuest(lab, "hv1", "db-1"),
    startGuest(lab, "hv2", "web-3"),
  ]);
});
test.after.always(async () => {
  await lab?.down();
});

test.serial(
  "fleet attaches the VMs of a list on all its hosts, with one key for all from the configuration",
  async (t) => {
    const before = await hostsNow(lab);
    const [hv1, hv2] = hypervisors;
    const stack = await exampleStack("fleet", {
      config: {
        ...addressConfig("hypervisors.hv1", hv1.connection),
        ...addressConfig("hypervisors.hv2", hv2.connection),
      },
      secrets: { "kvm-network:privateKey": hv1.connection.privateKey },
    });
    try {
      await bringUp(t, stack, ["macvtap-vepa", "macvtap-bridge", "linux-bridge"]);
      const [web1, , db, web3] = guests;
      const addresses = ["192.0.2.1", "192.0.2.3", "192.0.2.4"] as const;
      await addressGuests(stack, new Map([web1, db, web3].map((guest, index) => [guest, addresses[index] ?? ""])));
      t.true(await reaches(web1, addresses[2]));
      t.true(await reaches(web3, addresses[1]));
      t.deepEqual(Object.keys((await stack.outputs()).macs ?? {}).sort(), ["db-1", "web-1", "web-3"]);
    } finally {
      await takeDown(stack);
    }
    await asBefore(t, lab, before);
  },
);

test.serial("a team's stack attaches VMs to bridges of the platform's stack and goes before it", async (t) => {
  const before = await hostsNow(lab);
  const folder = mkdtempSync(join(tmpdir(), "backend-"));
  const [{ connection }] = hypervisors;
  const shared = {
    backend: `file://${folder}`,
    environment: { PULUMI_KVM_NETWORK_PRIVATE_KEY: connection.privateKey },
  };
  const config = addressConfig("hypervisor", connection);
  try {
    const platform = await exampleStack("platform", { config, ...shared });
    try {
      await bringUp(t, platform, ["HostBridge"]);
      const made = await hostsNow(lab);
      const team = await exampleStack("team", {
        config: { ...config, platform: "organization/platform/dev" },
        ...shared,
      });
      try {
        await bringUp(t, team, ["macvtap-bridge", "linux-bridge"]);
        const [web1, web2, db] = guests;
        await addressGuests(team, new Map([web1, web2, db].map((guest, index) => [guest, `192.0.2.${index + 1}`])));
        t.true(await reaches(web1, "192.0.2.2"));
        t.false(await web1.ping("192.0.2.3"), "two uplinks, two networks");
      } finally {
        await takeDown(team);
      }
      await asBefore(t, lab, made);
    } finally {
      await takeDown(platform);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await asBefore(t, lab, before);
});

/** What the owner of the machine gives QEMU beside the NIC; the pid file and the serial line are where the lab looks. */
const machine = async () => [
  ..."-machine q35 -accel tcg -m 128 -nodefaults -display none -daemonize".split(" "),
  ..."-pidfile /run/guests/appliance.pid -serial unix:/run/guests/appliance.sock,server=on,wait=off".split(" "),
  ...["-kernel", `${guestCacheInside}/${await guestImage()}/vmlinuz`],
  ...["-initrd", `${guestCacheInside}/${await guestImage()}/initramfs`],
  ...["-append", "quiet panic=-1 mitigations=off no_timer_check tsc=reliable"],
];

test.serial("endpoint serves a QEMU started by hand with the command that the stack prints", async (t) => {
  const before = await hostsNow(lab);
  const [{ connection }] = hypervisors;
  const stack = await exampleStack("endpoint", {
    config: addressConfig("hypervisor", connection),
    environment: { PULUMI_KVM_NETWORK_PRIVATE_KEY: connection.privateKey },
  });
  const shell = (script: string, ...args: string[]) => lab.exec("hv1", ["sh", "-c", script, "sh", ...args]);
  await lab.exec(lab.switch.name, ["ip", "addr", "add", "192.0.2.254/24", "dev", "sw1"]);
  try {
    await bringUp(t, stack, ["MacvtapEndpoint"]);
    const { command } = await stack.outputs();
    const started = await shell(String(command), ...(await machine()));
    t.is(started.status, 0, started.stderr);
    try {
      const appliance = commandChannel(join(lab.namespace("hv1").folder, "run/guests/appliance.sock"));
      await appliance.untilListening("the appliance", 300);
      const does = async (line: string) => ((await appliance.ask(line, 30))?.status === 0 ? true : undefined);
      t.true(await does("ip addr add 192.0.2.9/24 dev eth0"));
      t.true(await waitUntil("an answer from the network", 10, () => does("ping -q -c 1 -W 1 192.0.2.254")));
      appliance.close();
      await stack.must(["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
    } finally {
      await shell("kill $(cat /run/guests/appliance.pid)");
      await waitUntil("the end of QEMU", 10, async () =>
        (await shell("test -e /run/guests/appliance.pid")).status === 0 ? undefined : true,
      );
      await shell("rm -f /run/guests/appliance.sock");
    }
  } finally {
    await lab.exec(lab.switch.name, ["ip", "addr", "del", "192.0.2.254/24", "dev", "sw1"]);
    await takeDown(stack);
  }
  await asBefore(t, lab, before);
});
