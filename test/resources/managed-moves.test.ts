import test from "ava";
import { takeAddresses } from "../../provider/resources/managed-moves.ts";
import { KvmNetworkError } from "../../provider/schema/error.ts";
import { ScriptedHost } from "../transactions/scripted-host.ts";

const address = {
  ...{ family: "inet", local: "192.0.2.2", prefixlen: 24, scope: "global" },
  ...{ valid_life_time: 4294967295, preferred_life_time: 4294967295 },
};
const route = (dst: string, protocol: string) => ({
  ...{ type: "unicast", dst, gateway: "192.0.2.1", table: "main", protocol, flags: [] },
});

const hostWith = (...routes: object[]) =>
  new ScriptedHost({
    answer: (step) => {
      if (step.verb !== "run") return { status: 1 };
      return { stdout: JSON.stringify(step.argv.includes("addr") ? [{ addr_info: [address] }] : routes) };
    },
  });

test("what a network manager has given a NIC it gives the bridge; a route that was made by hand is not lost: it is refused", async (t) => {
  const managed = ["static", "dhcp", "ra", "kernel"].map((protocol) => route("198.51.100.0/24", protocol));
  const { reached } = await takeAddresses(hostWith(...managed), "eth0", "br0");
  t.deepEqual(reached.obtained, { link: "br0", addresses: ["192.0.2.2/24"] });

  const byHand = hostWith(...managed, route("203.0.113.0/24", "boot"));
  const error = await t.throwsAsync(takeAddresses(byHand, "eth0", "br0"), { instanceOf: KvmNetworkError });
  t.is(error?.code, "addresses-not-moved");
  t.regex(
    error?.message ?? "",
    /of eth0, the route to 203\.0\.113\.0\/24 was made by hand, and is none of its network manager's: .*Nothing was done/,
  );

  const own = await takeAddresses(byHand, "eth0", "br0", ({ dst }) => dst === "203.0.113.0/24");
  t.deepEqual(own.reached.obtained, { link: "br0", addresses: ["192.0.2.2/24"] });
});
