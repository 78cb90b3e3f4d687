import test from "ava";
import { linkLocal } from "../../lab/link-local.ts";
import { persistenceTest } from "./persistence.ts";

// The others take as long again, each: test/reboots.
persistenceTest("systemd-networkd");

test("the address that a guest makes up", (t) => {
  t.is(linkLocal("52:54:00:12:34:56"), "fe80::5054:ff:fe12:3456");
});
