import test from "ava";
import { parseLldp } from "../../provider/discovery/parse-lldp.ts";
import type { Section } from "../../provider/discovery/sections.ts";

const section = (agent: string, nic: string, status: number, text: string): Section => ({
  name: "lldp",
  subject: [agent, nic],
  status,
  text,
  parts: [],
});

/** The TLV that a neighbour's always end with. */
const end = "End of LLDPDU TLV\n";

test("what the two agents of a NIC heard is one neighbour", (t) => {
  const evb = `Chassis ID TLV\n\tMAC: 02:00:00:00:00:01\nEVB Configuration TLV\n\tbridge:rrcap(0x2)\n\tstation:(00)\n${end}`;
  const name = `Chassis ID TLV\n\tMAC: 02:00:00:00:00:02\nPort ID TLV\n\tIfname: Ethernet1/1\nSystem Name TLV\n\tleaf-1\n${end}`;
  t.deepEqual(parseLldp([section("ncb", "eth1", 0, evb), section("nb", "eth1", 0, name)]), {
    eth1: {
      chassis: "02:00:00:00:00:01",
      port: "Ethernet1/1",
      systemName: "leaf-1",
      reflectiveRelayAdvertised: true,
    },
  });
});

test("a NIC that heard nobody is null, one that lldpad does not know was not looked at", (t) => {
  const unknown = "Device not found or inactive\n";
  t.deepEqual(parseLldp([section("ncb", "eth1", 0, ""), section("ncb", "eth2", 1, unknown)]), { eth1: null });
});

test("a station's wish to be reflected is not a switch's offer, nor is a name that looks like one", (t) => {
  const station = `System Name TLV\n\tbridge:rrcap\nEVB Configuration TLV\n\tbridge:(00)\n\tstation:rrreq(0x1)\n${end}`;
  t.is(parseLldp([section("ncb", "eth1", 0, station)]).eth1?.reflectiveRelayAdvertised, false);
});

test("a NIC with an agent that did not answer to the end is not one that heard nobody", (t) => {
  const half = "Chassis ID TLV\n\tMAC: 02:00:00:00:00:01\nEVB Configuration TLV\n\tbridge:(00)\n";
  for (const second of [
    section("nb", "eth1", 124, ""),
    section("nb", "eth1", 137, half),
    section("nb", "eth1", 0, half),
  ]) {
    t.deepEqual(parseLldp([section("ncb", "eth1", 0, ""), second]), {});
    t.is(parseLldp([section("ncb", "eth1", 0, half + end), second]).eth1?.chassis, "02:00:00:00:00:01");
  }
});

test("a NIC may be called what each object knows", (t) => {
  const heard = parseLldp(["__proto__", "constructor"].map((nic) => section("ncb", nic, 0, "")));
  t.deepEqual(Object.entries(heard), [
    ["__proto__", null],
    ["constructor", null],
  ]);
});
