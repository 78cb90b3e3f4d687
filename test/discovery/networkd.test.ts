import test from "ava";
import { switchName } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { parseLldp } from "../../provider/discovery/parse-lldp.ts";
import type { Section } from "../../provider/discovery/sections.ts";
import { uplinkFacts } from "../../provider/planning/index.ts";
import { useLldpHost } from "./lldp-host.ts";

const { look, run } = useLldpHost(test, "networkd", { lldp: true });

/** In a hypervisor without udev: networkd waits for it unless /sys is read-only (sd_device, udev_available). */
const startNetworkd = `
mkdir -p /run/dbus /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
chown -R systemd-network /run/systemd/netif
printf '[Match]\\nName=eth*\\n[Network]\\nLLDP=yes\\nLinkLocalAddressing=no\\nIPv6AcceptRA=no\\n' >/run/systemd/network/10-eth.network
dbus-daemon --system --fork --nopidfile --nosyslog
setsid unshare --mount sh -c 'mount -o remount,ro,bind /sys && exec /lib/systemd/systemd-networkd' >/run/networkd.log 2>&1 </dev/null &
`;

test.serial("where networkd alone listens, the switch is heard through it; of EVB it does not tell", async (t) => {
  // The lab does not wait for it.
  await run("hv1", "for n in $(seq 200); do [ -s /run/lldpad.pid ] && exit; sleep 0.1; done; exit 1");
  await run("hv1", 'pid=$(cat /run/lldpad.pid); kill "$pid"; while [ -d "/proc/$pid" ]; do sleep 0.1; done');
  await run(
    switchName,
    "lldptool -L -i hv1-eth1 -g nb adminStatus=rxtx && lldptool -T -i hv1-eth1 -g nb -V sysName enableTx=yes",
  );
  const before = await look();
  t.false(before.lldpad);
  t.deepEqual(before.lldp, {}, "no daemon, nothing looked at");

  await run("hv1", startNetworkd);
  // The first frame may have been on its way when the switch was told to say its name.
  const facts = await waitUntil("the switch's LLDP frame with its name", 90, async () => {
    const seen = await look();
    return seen.lldp.eth1?.systemName && seen.lldp.eth2 ? seen : undefined;
  });
  t.true(facts.networkManagers.includes("systemd-networkd"));
  t.like(facts.lldp.eth1, { systemName: "switch", reflectiveRelayAdvertised: null });
  t.like(facts.lldp.eth2, { systemName: null, reflectiveRelayAdvertised: null });
  t.regex(facts.lldp.eth1?.chassis ?? "", /^[0-9a-f:]{17}$/);
  t.regex(facts.lldp.eth1?.port ?? "", /^[0-9a-f:]{17}$/);
  t.false("mgmt" in facts.lldp);
  const nic = facts.links.find(({ name }) => name === "eth1");
  t.is(nic && uplinkFacts(facts, nic).reflectiveRelay, "unknown");
});

const section = (text: string, status = 0): Section => ({ name: "networkd", subject: [], status, text, parts: [] });

test("names with spaces stay whole, what is not told is null, and what is below the table is no neighbour", (t) => {
  const table = [
    "LINK   CHASSIS-ID        SYSTEM-NAME       CAPS        PORT-ID     PORT-DESCRIPTION",
    "eth1   ee:fb:b4:3d:04:0a leaf 1, row 2     ..b.r...... Ethernet1/1 to hv1",
    "eno1np 25e82ecbdab14b64  n/a               -           host0       n/a",
    "",
    "Capability Flags:",
    "b - Bridge; r - Router",
    "",
    "2 neighbors listed.",
  ].join("\n");
  t.deepEqual(parseLldp([section(table)]), {
    eth1: {
      chassis: "ee:fb:b4:3d:04:0a",
      port: "Ethernet1/1",
      systemName: "leaf 1, row 2",
      reflectiveRelayAdvertised: null,
    },
    eno1np: { chassis: "25e82ecbdab14b64", port: "host0", systemName: null, reflectiveRelayAdvertised: null },
  });
});

test("of a table that is cut off nothing is known: its last row may be the half of one", (t) => {
  const table = [
    "LINK CHASSIS-ID        SYSTEM-NAME CAPS        PORT-ID     PORT-DESCRIPTION",
    "eth1 ee:fb:b4:3d:04:0a leaf-1      ..b.r...... Ethernet1/1 to hv1",
    "eth2 ee:fb:b4:3d:04:0b leaf-2      ..b.r...... Ethernet1/2 to hv1",
    "",
    "Capability Flags:",
  ].join("\n");
  const whole = parseLldp([section(table)]);
  t.is(whole.eth2?.port, "Ethernet1/2");
  for (let length = 0; length < table.length; length += 1) {
    const isWhole = table.slice(0, length).includes("\n\n");
    t.deepEqual(parseLldp([section(table.slice(0, length))]), isWhole ? whole : {});
  }
});

test("nothing is known of an answer that is none, or that has another form", (t) => {
  t.deepEqual(parseLldp([section("", 1)]), {});
  t.deepEqual(parseLldp([section("0 neighbors listed.\n")]), {});
  t.deepEqual(parseLldp([section('{"Neighbors":[]}')]), {});
});
