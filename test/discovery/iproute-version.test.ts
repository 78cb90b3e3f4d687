import test from "ava";
import { checkIprouteVersion } from "../../provider/discovery/iproute-version.ts";

test("an iproute2 older than 4.18 is refused, told by its version or by its day", (t) => {
  for (const old of ["ss180129", "ss140804", "4.17.0", "4.9"]) {
    t.throws(() => checkIprouteVersion("hv1", old), { code: "tool-too-old", message: new RegExp(`iproute2 ${old}`) });
  }
});

test("4.18 and newer do, and what tells no version is judged by what it does", (t) => {
  for (const fine of ["ss180813", "ss200127", "4.18.0", "5.10", "6.1.0", "10.0", "", "BusyBox v1.35.0", null]) {
    t.notThrows(() => checkIprouteVersion("hv1", fine));
  }
});
