import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import type { KeptFile } from "../../provider/persistence/kept-file.ts";
import type { Lasting } from "../../provider/persistence/lasting.ts";
import { managerFiles } from "../../provider/persistence/manager-files.ts";
import { type NetworkManager, networkManagers } from "../../provider/schema/network-manager.ts";
import { facts } from "../planning/facts.ts";
import { managed, managedProfile, managedStanza, nic } from "./judged.ts";
import { refusals, shells } from "./judging.ts";

const lasting: readonly Lasting[] = [
  { what: "nic", nic: "eth1", mtu: 9000, numVfs: 4 },
  {
    what: "bridge",
    name: "br-lan",
    nic: "eth1",
    mac: nic.mac,
    mtu: 1500,
    settings: {
      stp: true,
      forwardDelaySeconds: 2,
      helloTimeSeconds: 1,
      maxAgeSeconds: 6,
      priority: 4096,
      ageingSeconds: 300,
      multicastSnooping: false,
    },
    port: { hairpin: true, isolated: false },
    vlans: { defaultPvid: 0, pvid: 10, tagged: [11, "20-30"] },
  },
  {
    what: "vf",
    nic: "eth1",
    index: 3,
    mac: nic.mac,
    vlan: 100,
    qos: 3,
    vlanProtocol: "802.1ad",
    spoofCheck: false,
    trust: true,
    linkState: "disable",
  },
  { what: "endpoint", name: "ep0", of: "web-1" },
];

/** With the host's addresses each is told in its own words. */
const lastingWith = (manager: NetworkManager): readonly Lasting[] => {
  if (manager === "systemd-networkd") return [...lasting, managed];
  if (manager === "NetworkManager") return [...lasting, managedProfile];
  return manager === "ifupdown" ? [...lasting, managedStanza] : lasting;
};

const configured = facts([
  { ...nic, configuredBy: { link: "/usr/lib/systemd/network/99-default.link" }, addresses: [] },
]);

const keep = (file: KeptFile): Request["steps"] => [{ verb: "keep", ...file }];

for (const sh of shells) {
  test(`${sh}: every file that the provider keeps for a network manager is let through`, (t) => {
    const files = networkManagers.flatMap((manager) => managerFiles(manager, lastingWith(manager), configured));
    t.true(files.length > 10);
    const said = refusals(sh, files.map(keep));
    for (const [index, file] of files.entries()) t.is(said[index], undefined, file.path);
  });
}
