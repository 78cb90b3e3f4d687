import test from "ava";
import { usedBy } from "../../provider/resources/uplink-sriov.ts";
import { bridgeLink, facts, link } from "../planning/facts.ts";

test("the eswitch mode of a NIC that the host is reached by is not changed, nor any mode of one that carries the session", (t) => {
  const idle = link("eth1");
  t.is(usedBy(facts([idle]), idle, "eswitchMode"), undefined);

  const port = link("eth1", { master: "br0" });
  const above = facts([port, { ...bridgeLink("br0"), addresses: ["192.0.2.2/24"] }]);
  t.regex(
    usedBy(above, port, "eswitchMode") ?? "",
    /the host is reached by eth1 \(192\.0\.2\.2\/24\), and could not take that/,
  );
  t.is(usedBy(above, port, "sourcePruning"), undefined);

  const ofSession = { ...above, sessionAddress: "192.0.2.2" };
  for (const mode of ["eswitchMode", "sourcePruning", "embeddedSwitch"] as const)
    t.regex(usedBy(ofSession, port, mode) ?? "", /eth1 carries the SSH session \(192\.0\.2\.2\)/);
});
