import test from "ava";
import { type NicModes, readNicMode } from "../../provider/links/nic-modes.ts";

/* The texts are those of iproute2 6.15 (bridge/link.c, devlink/devlink.c) and ethtool 6.14; no NIC at hand prints them. */
const cases: readonly (readonly [keyof NicModes, string, NicModes])[] = [
  [
    "embeddedSwitch",
    '[{"ifindex":3,"ifname":"eth1","flags":["UP"],"mtu":1500,"hwmode":"VEPA"}]\n',
    { embeddedSwitch: "vepa" },
  ],
  ["embeddedSwitch", '[{"ifindex":3,"ifname":"eth1","hwmode":"VEB"}]\n', { embeddedSwitch: "veb" }],
  ["embeddedSwitch", "[]\n", {}],
  [
    "eswitchMode",
    '{"dev":{"pci/0000:3b:00.0":{"mode":"switchdev","inline-mode":"none","encap-mode":"basic"}}}\n',
    { eswitchMode: "switchdev" },
  ],
  ["eswitchMode", '{"dev":{"pci/0000:3b:00.0":{"inline-mode":"link"}}}\n', {}],
  [
    "sourcePruning",
    "Private flags for eth1:\nMFP: off\ndisable-source-pruning: on\nlegacy-rx: off\n",
    { sourcePruning: false },
  ],
  ["sourcePruning", "Private flags for eth1:\ndisable-source-pruning : off\n", { sourcePruning: true }],
  ["sourcePruning", "Private flags for eth1:\nlegacy-rx: off\n", {}],
];

for (const [mode, stdout, expected] of cases) {
  test(`${mode}: ${JSON.stringify(expected)} of ${stdout.trim()}`, (t) => {
    t.deepEqual(readNicMode(mode, { status: 0, stdout, stderr: "" }), expected);
    t.deepEqual(readNicMode(mode, { status: 1, stdout, stderr: "Operation not supported" }), {});
  });
}
