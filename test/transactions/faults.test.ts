import test, { type ExecutionContext } from "ava";
import { run } from "../../lab/command.ts";
import { observeAnew } from "../../provider/discovery/observe.ts";
import { HostError, type HostErrorCode } from "../../provider/host/host-error.ts";
import { openHost } from "../../provider/host/open-host.ts";
import { lifecycle } from "../../provider/resources/lifecycle.ts";
import type { Properties } from "../../provider/resources/resource-kind.ts";
import { labTest } from "../lab/lab-test.ts";
import { questionFirst } from "../lab/own-question.ts";
import { type Carrier, useCarrier } from "./carrier.ts";

const carrier = useCarrier(test);
test.afterEach.always(async () => await carrier().healed());

interface Moving {
  readonly on: Carrier;
  readonly before: string;
  readonly move: () => Promise<Properties>;
}

/** About to move `mgmt` under a bridge. */
const about = async (): Promise<Moving> => {
  const on = carrier();
  const uplink = await on.ensure("Uplink", "mgmt", { nic: "mgmt" });
  const inputs = { uplink: uplink.ref, name: "br0", moveAddresses: true, rollbackSeconds: 15 };
  return { on, before: await on.picture(), move: () => on.ensure("HostBridge", "br", inputs) };
};

const refused = async (
  t: ExecutionContext,
  making: Promise<unknown>,
  code: HostErrorCode,
  says: RegExp,
): Promise<void> => {
  const error = await t.throwsAsync(making, { instanceOf: HostError });
  t.is(error?.code, code, error?.message);
  t.regex(error?.message ?? "", says);
};

/** It can be made all the same, and be taken away. */
const worksAfterwards = async (t: ExecutionContext, { on, before, move }: Moving): Promise<void> => {
  await on.healed();
  await lifecycle("HostBridge").delete(await move());
  t.is(await on.picture(), before);
};

labTest("every session is cut while the NIC moves: it is confirmed over a new one", async (t) => {
  const moving = await about();
  const { on } = moving;
  const sessions = await on.sessions();
  t.true(sessions.length > 0);
  await on.faultBefore("master br0", `kill -9 ${sessions.join(" ")}`);
  const bridge = await moving.move();
  t.regex(await on.sh("ip -o addr show dev br0"), new RegExp(`${on.address}/30`));
  await lifecycle("HostBridge").delete(bridge);
  t.is(await on.picture(), moving.before);
});

labTest("a gateway whose own question comes before its answer is asked again: the kernel does not", async (t) => {
  const { on, before, move } = await about();
  // Not the one that the session comes from: what is sent to that one has the kernel ask again.
  const [, peer = ""] = /dev (\S+)/.exec(await run(["ip", "-o", "route", "get", on.address])) ?? [];
  const [gateway, host] = ["198.19.200.1", "198.19.200.2"];
  await run(["ip", "addr", "add", `${gateway}/24`, "dev", peer]);
  await on.sh(`ip route add default via ${gateway} dev mgmt metric 40`);
  const inside = (script: string) => on.sh(script);
  const outside = (script: string) => run(["sh", "-c", script]);
  const bridge = await questionFirst({ inside, outside, gateway, near: peer, host, link: "br0" }, move);
  await lifecycle("HostBridge").delete(bridge);
  await on.sh(`ip route del default via ${gateway}`);
  await run(["ip", "addr", "del", `${gateway}/24`, "dev", peer]);
  t.is(await on.picture(), before);
});

labTest("a step that fails has all taken back at once", async (t) => {
  const moving = await about();
  const { on } = moving;
  // The address is taken away in between: its removal fails.
  await on.faultBefore("dev br0 up", "/sbin/ip addr del 198.19.200.2/24 dev mgmt");
  await refused(t, moving.move(), "taken-back", /198\.19\.200\.2.*ended with status.*Address not found.*as before/s);
  t.is(await on.picture(), moving.before);
  await worksAfterwards(t, moving);
});

labTest("a step that hangs is ended before the host takes all back", async (t) => {
  const moving = await about();
  const { on } = moving;
  await on.faultBefore("dev br0 up", "exec sleep 1000");
  await refused(t, moving.move(), "taken-back", /not done in time.*as before/s);
  t.is(await on.processes(), "");
  t.is(await on.picture(), moving.before);
  await worksAfterwards(t, moving);
  t.is(await on.processes(), "", "no watchdog outlives what was confirmed");
});

labTest("nothing gets in any more behind the change: the host takes it back by its own deadline", async (t) => {
  const moving = await about();
  const { on, before } = moving;
  await on.faultBefore(
    "master br0",
    "nft add table inet cut; nft add chain inet cut in '{ type filter hook input priority 0; }'; nft add rule inet cut in tcp dport 22 drop",
  );
  const making = refused(t, moving.move(), "taken-back", /as before/);
  await on.until("ip link show dev br0");
  await on.until("[ -e /run/pulumi-kvm-network/txn/reverted ]");
  // The filter is somebody else's: it is not the provider's to take back.
  t.is((await on.picture()).replace(/\ntxn$/, ""), before);
  await on.sh("nft delete table inet cut");
  await making;
  t.is(await on.picture(), before);
  await worksAfterwards(t, moving);
});

labTest("where no watchdog can be had nothing is changed", async (t) => {
  const moving = await about();
  const { on } = moving;
  await on.write("/usr/local/sbin/setsid", "#!/bin/sh\nexit 1\n");
  await refused(t, moving.move(), "command-failed", /no watchdog, no change/);
  await on.sh("rm /usr/local/sbin/setsid");
  t.is(await on.picture(), moving.before);
  await worksAfterwards(t, moving);
});

labTest("where /run has no room nothing is changed", async (t) => {
  const moving = await about();
  const { on } = moving;
  await on.sh("mkdir -p /run/pulumi-kvm-network; mount -t tmpfs -o size=16k tmpfs /run/pulumi-kvm-network");
  await refused(t, moving.move(), "command-failed", /No space left on device.*no watchdog, no change/s);
  await on.sh("umount /run/pulumi-kvm-network; rmdir --ignore-fail-on-non-empty /run/pulumi-kvm-network");
  t.is(await on.picture(), moving.before);
  await worksAfterwards(t, moving);
});

labTest(
  "where /run is full to the last byte nothing is changed, and nothing is in the way once there is room",
  async (t) => {
    const moving = await about();
    const { on } = moving;
    await on.sh(`
    mkdir -p /run/pulumi-kvm-network; mount -t tmpfs -o size=16k tmpfs /run/pulumi-kvm-network
    dd if=/dev/zero of=/run/pulumi-kvm-network/full bs=4k 2>/dev/null || :`);
    await refused(t, moving.move(), "command-failed", /no room for notes, no change/);
    t.is(await on.sh("ls /run/pulumi-kvm-network"), "full\n");
    await on.sh("umount /run/pulumi-kvm-network; rmdir --ignore-fail-on-non-empty /run/pulumi-kvm-network");
    t.is(await on.picture(), moving.before);
    // And where whoever began one was killed before he noted that it is his.
    await on.sh("mkdir -p /run/pulumi-kvm-network/txn");
    await worksAfterwards(t, moving);
  },
);

labTest("an MTU that lets small packets through alone is taken back", async (t) => {
  const on = carrier();
  const before = await on.picture();
  const [, peer = ""] = /dev (\S+)/.exec(await run(["ip", "-o", "route", "get", on.address])) ?? [];
  await run(["ip", "link", "set", "dev", peer, "mtu", "9000"]);
  // A path on which nothing larger arrives; segments are no larger than the frames that they become.
  await on.sh(`ip link set dev mgmt gso_max_segs 1
    nft -f - <<'END'
table inet cut {
  chain out { type filter hook output priority 0; oifname mgmt meta length > 4000 drop; }
}
END`);
  const making = on.ensure("Uplink", "wide", { nic: "mgmt", mtu: 9000, rollbackSeconds: 15 });
  await refused(t, making, "taken-back", /a short answer comes and a longer one does not.*as before/s);
  await on.sh("ip link set dev mgmt gso_max_segs 65535; nft delete table inet cut");
  await run(["ip", "link", "set", "dev", peer, "mtu", "1500"]);
  t.is(await on.picture(), before);
});

labTest(
  "notes that nobody comes back to are cleared away by who looks next, once nobody can ask for them",
  async (t) => {
    const on = carrier();
    const look = () => observeAnew(openHost(on.hypervisor.connection));
    const remainsAfter = async (state: string, seconds: number): Promise<boolean> => {
      await on.sh(`mkdir -p /run/pulumi-kvm-network/txn; cd /run/pulumi-kvm-network/txn
      { echo ${"0".repeat(32)}; cat /proc/sys/kernel/random/boot_id
        echo $(($(cut -d. -f1 /proc/uptime) - ${seconds})); echo somebody; } >owner; : >${state}`);
      await look();
      const remains = (await on.sh("ls -d /run/pulumi-kvm-network/txn 2>/dev/null || :")) !== "";
      await on.sh("rm -rf /run/pulumi-kvm-network/txn");
      return remains;
    };
    for (const state of ["committed", "reverted"]) {
      t.true(await remainsAfter(state, 50), state);
      t.false(await remainsAfter(state, 70), state);
    }
    t.true(await remainsAfter("revert_failed", 7000), "somebody has to see to it");
  },
);

labTest("with a resource go the notes of its last transaction, which nobody asks for any more", async (t) => {
  const on = carrier();
  const before = await on.picture();
  const state = await on.ensure("Uplink", "noted", { nic: "mgmt", mtu: 1450, rollbackSeconds: 15 });
  // As an engine leaves it that was killed when all was done.
  await on.sh(`ip link set dev mgmt mtu 1500; mkdir -p /run/pulumi-kvm-network/txn; cd /run/pulumi-kvm-network/txn
    { echo ${"0".repeat(32)}; cat /proc/sys/kernel/random/boot_id
      echo $(($(cut -d. -f1 /proc/uptime) + 15)); echo ${state.mark}; } >owner; : >committed`);
  await lifecycle("Uplink").delete(state);
  t.is(await on.picture(), before);
});

labTest("another stack's change waits while a transaction is under way, and is done behind it", async (t) => {
  const moving = await about();
  const { on } = moving;
  await on.faultBefore("master br0", "sleep 2");
  const making = moving.move();
  await on.until("[ -e /run/pulumi-kvm-network/txn/armed ]");
  const other = await on.ensureElsewhere("eth1", { nic: "eth1", mtu: 1400 });
  t.false((await on.sh("ls /run/pulumi-kvm-network/txn 2>/dev/null || :")).includes("armed"), "it came behind");
  t.is((await on.sh("cat /sys/class/net/eth1/mtu")).trim(), "1400");
  await lifecycle("Uplink").delete(other);
  await lifecycle("HostBridge").delete(await making);
  t.is(await on.picture(), moving.before);
});
