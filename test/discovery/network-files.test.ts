import test from "ava";
import { parseNetworkFiles } from "../../provider/discovery/network-files.ts";

const nonce = "00000000-0000-4000-8000-000000000000";
const section = (words: string, text: string, status = 0) =>
  `\n${nonce} begin network ${words}\n${text}\n${nonce} end ${status}\n`;
const printed = (...sections: string[]) => `kvmnet-facts 1 ${nonce}\n${sections.join("")}\n${nonce} complete\n`;

const state = "# This is private data. Do not parse.\nADMIN_STATE=configured\nDHCP6_CLIENT_IAID=0x38553e29\n";
const lease = "ADDRESS=192.0.2.7\nCLIENTID=ff38553e2900020000ab11dede0fabf5e9fca3\n";

test("a link's file, its drop-ins in the order in which they count, and the identity of its lease", (t) => {
  const file = "/run/systemd/network/10-netplan-eth1.network";
  const of = (folder: string, name: string) => `file ${folder}/systemd/network/10-netplan-eth1.network.d/${name}`;
  const found = parseNetworkFiles(
    "hv1",
    printed(
      section("state", state),
      section("lease", lease),
      section(`file ${file}`, "[Match]\nName=eth1\n"),
      section(of("/usr/lib", "20-b.conf"), "weakest\n"),
      section(of("/run", "30-c.conf"), "last\n"),
      section(of("/etc", "20-b.conf"), "strongest\n"),
      section(of("/etc", "10-a.conf"), "first\n"),
    ),
  );
  t.deepEqual(
    found.files.map(({ path, text }) => [path.split("/").at(-1), text]),
    [
      ["10-netplan-eth1.network", "[Match]\nName=eth1\n"],
      ["10-a.conf", "first\n"],
      ["20-b.conf", "strongest\n"],
      ["30-c.conf", "last\n"],
    ],
  );
  t.is(found.clientId, "ff38553e2900020000ab11dede0fabf5e9fca3");
  t.is(found.iaid6, 0x38553e29);
});

test("a link that networkd does not know has no file and no lease", (t) => {
  t.deepEqual(parseNetworkFiles("hv1", printed(section("state", "", 1), section("lease", "", 1))), { files: [] });
});
