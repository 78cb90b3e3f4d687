import test from "ava";
import { linkLocal } from "../../lab/link-local.ts";

test("the address that a kernel makes up of a MAC, as everybody writes it", (t) => {
  t.is(linkLocal("52:54:00:12:34:56"), "fe80::5054:ff:fe12:3456");
});
