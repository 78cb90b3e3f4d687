import test from "ava";
import { switchName } from "../../lab/lab.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { parseLldp } from "../../provider/discovery/parse-lldp.ts";
import type { Section } from "../../provider/discovery/sections.ts";
import { uplinkFacts } from "../../provider/planning/index.ts";
import type { HostFacts } from "../../provider/schema/facts.ts";
import { useLldpHost } from "./lldp-host.ts";

const { look, run } = useLldpHost(test, "lldpd", { lldp: false });

const start = (where: string) => run(where, "mkdir -p /run/lldpd && lldpd");

const relayOf = (facts: HostFacts) => {
  const nic = facts.links.find(({ name }) => name === "eth1");
  return nic && uplinkFacts(facts, nic).reflectiveRelay;
};

test.serial(
  "where lldpd runs, the switch is heard through it; without an EVB TLV it is not known to be unable",
  async (t) => {
    t.deepEqual((await look()).lldp, {}, "no daemon, nothing looked at");
    await start("hv1");
    const listening = await waitUntil("lldpd to listen on eth1", 20, async () => {
      const { lldp } = await look();
      return lldp.eth1 === undefined ? undefined : lldp;
    });
    t.is(listening.eth1, null);

    await start(switchName);
    const facts = await waitUntil("the switch's LLDP frame", 40, async () => {
      const seen = await look();
      return seen.lldp.eth1 && seen.lldp.eth2 ? seen : undefined;
    });
    t.like(facts.lldp.eth1, { systemName: "switch", reflectiveRelayAdvertised: null });
    t.regex(facts.lldp.eth1?.chassis ?? "", /^[0-9a-f:]{17}$/);
    t.regex(facts.lldp.eth1?.port ?? "", /^[0-9a-f:]{17}$/);
    t.is(facts.lldp.mgmt, null);
    t.is(relayOf(facts), "unknown");
  },
);

test.serial(
  "the EVB TLV that lldpd only shows as octets is read: it can reflect, or it says that it can't",
  async (t) => {
    const advertise = (status: string, what: "add" | "replace") =>
      run(
        switchName,
        `lldpcli configure lldp custom-tlv ${what} oui 00,80,c2 subtype 13 oui-info ${status},00,68,54,14`,
      );
    const heard = (able: boolean) =>
      waitUntil(`the EVB TLV (${able})`, 40, async () => {
        const facts = await look();
        return facts.lldp.eth1?.reflectiveRelayAdvertised === able ? facts : undefined;
      });
    await advertise("02", "add");
    t.is(relayOf(await heard(true)), "advertised");
    await advertise("00", "replace");
    t.is(relayOf(await heard(false)), "unknown");
  },
);

const section = (what: string, text: string, status = 0): Section => ({
  name: "lldpd",
  subject: [what],
  status,
  text,
  parts: [],
});
const json0 = (interfaces: readonly object[]) => JSON.stringify({ lldp: [{ interface: interfaces }] });
const status = (value: string) => [{ value }];

test("an interface that lldpd does not listen on was not looked at, nor is anything known of an answer that is none", (t) => {
  const interfaces = json0([
    { name: "eth1", status: status("RX and TX") },
    { name: "eth2", status: status("TX only") },
    { name: "eth3", status: status("disabled") },
  ]);
  t.deepEqual(parseLldp([section("interfaces", interfaces), section("neighbors", '{"lldp":[{}]}')]), { eth1: null });
  t.deepEqual(parseLldp([section("interfaces", "no JSON"), section("neighbors", "", 1)]), {});
  for (const neighbours of [section("neighbors", '{"lldp":[{"inter'), section("neighbors", "", 124)]) {
    t.deepEqual(parseLldp([section("interfaces", interfaces), neighbours]), {}, "not that nobody was heard");
  }
});

test("of answers that are cut off anywhere nothing is known", (t) => {
  const interfaces = json0([{ name: "eth1", status: status("RX and TX") }]);
  const neighbours = json0([{ name: "eth1", chassis: [{ id: status("02:00:00:00:00:01") }] }]);
  for (let length = 0; length < neighbours.length; length += 1) {
    const cut = section("neighbors", neighbours.slice(0, length));
    t.deepEqual(parseLldp([section("interfaces", interfaces), cut]), {});
  }
  for (let length = 0; length < interfaces.length; length += 1) {
    const cut = section("interfaces", interfaces.slice(0, length));
    t.deepEqual(parseLldp([cut, section("neighbors", '{"lldp":[{}]}')]), {});
  }
});

test("a switch that is heard twice is one neighbour", (t) => {
  const evb = { oui: "00,80,C2", subtype: "13", len: "5", value: "02,00,68,54,14" };
  const twice = json0([
    {
      name: "eth1",
      chassis: [{ id: status("02:00:00:00:00:01"), name: status("leaf-1") }],
      port: [{ id: status("Ethernet1/1") }],
    },
    { name: "eth1", chassis: [{ id: status("02:00:00:00:00:02") }], "unknown-tlvs": [{ "unknown-tlv": [evb] }] },
  ]);
  t.deepEqual(parseLldp([section("neighbors", twice)]), {
    eth1: {
      chassis: "02:00:00:00:00:01",
      port: "Ethernet1/1",
      systemName: "leaf-1",
      reflectiveRelayAdvertised: true,
    },
  });
});
