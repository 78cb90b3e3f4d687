import test from "ava";
import { parseInterfaces } from "../../provider/discovery/interfaces.ts";

const nonce = "00000000-0000-4000-8000-000000000000";
const section = (words: string, text: string, status = 0) =>
  `\n${nonce} begin network ${words}\n${text}\n${nonce} end ${status}\n`;
const printed = (...sections: string[]) => `kvmnet-facts 1 ${nonce}\n${sections.join("")}\n${nonce} complete\n`;

test("as what a link is up, the files in the order in which they are read, and what makes no sense of them", (t) => {
  const found = parseInterfaces(
    "hv1",
    printed(
      section("logical", "eth1\n"),
      section("complaints", "ifquery: /etc/network/interfaces.d/b:2: misplaced option\n"),
      section("interfaces /etc/network/interfaces", "source interfaces.d/*\n"),
      section("interfaces /etc/network/interfaces.d/a b", "auto eth1\n"),
    ),
  );
  t.is(found.logical, "eth1");
  t.is(found.complaints, "ifquery: /etc/network/interfaces.d/b:2: misplaced option");
  t.deepEqual(
    found.files.map(({ path, text }) => [path, text.trim()]),
    [
      ["/etc/network/interfaces", "source interfaces.d/*"],
      ["/etc/network/interfaces.d/a b", "auto eth1"],
    ],
  );
});

test("a link that ifupdown has not brought up is up as nothing", (t) => {
  t.deepEqual(parseInterfaces("hv1", printed()), { logical: undefined, complaints: "", files: [] });
});
