import test from "ava";
import { macAddressSchema } from "../../provider/schema/mac-address.ts";
import { networkManagerSchema } from "../../provider/schema/network-manager.ts";
import { printable } from "../../provider/schema/printable.ts";

test("what a terminal would obey, and line ends, become one blank", (t) => {
  t.is(printable("a\u001b\u009b\r\nb\tc\u007f", 100), "a b c ");
  t.is(printable("é 漢字", 100), "é 漢字");
});

test("what is longer than may be is cut, and says so", (t) => {
  t.is(printable("abcde", 5), "abcde");
  t.is(printable("abcdef", 5), "abcd…");
  t.is(printable("x".repeat(100_000), 300).length, 300);
});

test("a network manager that there is not is told with those that there are", (t) => {
  const { error } = networkManagerSchema.safeParse("wicked");
  t.is(
    error?.issues[0]?.message,
    'unknown network manager "wicked": one of systemd-networkd, NetworkManager, ifupdown, none',
  );
});

test("an address is of one station, in lower case", (t) => {
  t.is(macAddressSchema.parse("52:54:00:AB:cd:0F"), "52:54:00:ab:cd:0f");
  t.is(macAddressSchema.parse("02:00:00:00:00:00"), "02:00:00:00:00:00");
  for (const wrong of [
    "01:00:5e:00:00:01",
    "ff:ff:ff:ff:ff:ff",
    "00:00:00:00:00:00",
    "52:54:00:ab:cd",
    "g2:54:00:00:00:01",
  ])
    t.false(macAddressSchema.safeParse(wrong).success, wrong);
});
