import test from "ava";
import type { Request } from "../../provider/host/host.ts";
import { type HostAddresses, moveHostAddresses, moveSettings } from "../../provider/links/host-addresses.ts";
import { createBridge, releaseUplink } from "../../provider/links/linux-bridge.ts";
import { interfacesPaths, stagedInterfaces } from "../../provider/persistence/ifupdown.ts";
import { profileOf, profilePaths, stagedProfiles } from "../../provider/persistence/network-manager-bridge.ts";
import { hostBridgeFiles, stagedBridge } from "../../provider/persistence/networkd.ts";
import { managed, managedProfile, managedStanza, mark, nic, nonce, wanted } from "./judged.ts";
import { judgingGuarded, refusals, shells } from "./judging.ts";

/** Addresses and routes with all that can be said of them. */
const onHost: HostAddresses = {
  addresses: [
    {
      family: "inet",
      local: "192.0.2.2",
      prefixlen: 24,
      broadcast: "192.0.2.255",
      scope: "global",
      label: "eth1:1",
      metric: 5,
      noprefixroute: true,
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    },
    {
      family: "inet",
      local: "192.0.2.3",
      address: "192.0.2.4",
      prefixlen: 32,
      scope: "link",
      valid_life_time: 4294967295,
      preferred_life_time: 4294967295,
    },
    {
      family: "inet6",
      local: "2001:db8::2",
      prefixlen: 64,
      scope: "global",
      mngtmpaddr: true,
      valid_life_time: 3600,
      preferred_life_time: 1800,
    },
  ],
  routes: [
    {
      type: "unicast",
      dst: "default",
      gateway: "192.0.2.1",
      table: "main",
      protocol: "static",
      scope: "global",
      metric: 50,
      prefsrc: "192.0.2.2",
      flags: ["onlink"],
      metrics: [{ mtu: 1400, advmss: 1360 }],
    },
    {
      type: "unicast",
      dst: "198.51.100.0/24",
      via: { family: "inet6", host: "fe80::1" },
      table: "77",
      protocol: "bgp",
      flags: [],
    },
    {
      type: "unicast",
      dst: "default",
      gateway: "fe80::1",
      table: "main",
      protocol: "ra",
      pref: "medium",
      expires: 1800,
      flags: [],
    },
  ],
  destinations: [],
  settings: ["1", "2", undefined],
};

const moving = (from: string, to: string) => ({
  settings: moveSettings(onHost, to),
  lines: moveHostAddresses(onHost, from, to),
});

/** What is done by a transaction alone. */
const guarded: Readonly<Record<string, Request["steps"]>> = {
  "a bridge that the host's addresses move to": createBridge(wanted, nic, moving("eth1", "br-lan")),
  "a bridge that gives them back": releaseUplink(wanted, "eth1", moving("br-lan", "eth1"), { ipv6Disabled: false }),
  "files that networkd has for a while": Object.values(stagedBridge(managed))
    .flat()
    .map((file) => ({ verb: "stage", ...file })),
  "files that networkd is to leave": hostBridgeFiles("br-lan", "eth1").networks.map((path) => ({
    verb: "aside",
    path,
  })),
  "profiles that NetworkManager has for a while": stagedProfiles(managedProfile).map((file) => ({
    verb: "stage",
    ...file,
  })),
  "profiles that NetworkManager is to leave": profilePaths("br-lan", "eth1").map((path) => ({ verb: "aside", path })),
  "a stanza that ifupdown has for a while": [{ verb: "stage", ...stagedInterfaces(managedStanza) }],
  "stanzas that ifupdown is to leave": interfacesPaths("br-lan").map((path) => ({ verb: "aside", path })),
  "links that ifupdown takes down and brings up": [
    { verb: "ifdown", link: "eth1" },
    { verb: "ifup", link: "eth1", logical: "pulumi-kvm-network-eth1" },
    { verb: "ifup", link: "br-lan", logical: "br-lan", as: "eth1" },
  ],
  "profiles that are activated": [
    { verb: "activate", link: "eth1", profile: profileOf("eth1"), bridge: "br-lan" },
    {
      verb: "activate",
      link: "eth1",
      profile: managedProfile.owners.profile,
      metrics: { inet: 100, inet6: undefined },
      mayFail: true,
    },
  ],
};

for (const sh of shells) {
  test(`${sh}: what a transaction alone may do is let through there, and nowhere else`, (t) => {
    for (const [index, name] of Object.keys(guarded).entries()) {
      const steps = Object.values(guarded);
      t.is(refusals(sh, steps, judgingGuarded)[index], undefined, name);
      t.regex(
        refusals(sh, steps)[index] ?? "",
        /^(set \/proc\/sys\/net|run ip|ip|stage|aside|activate|ifup|ifdown) /,
        name,
      );
    }
    const nested: Request["steps"] = [{ verb: "transaction", act: "outcome", nonce }];
    const keeping: Request["steps"] = [{ verb: "keep", path: "/etc/pulumi-kvm-network/links/eth1/x", text: "set\n" }];
    const guarding: Request["steps"] = [{ verb: "guard", seconds: 60, links: ["eth1"], made: [] }];
    const clearing: Request["steps"] = [{ verb: "clear", owner: mark }];
    const noting: Request["steps"] = [{ verb: "remember", key: nonce }];
    const asked = [nested, keeping, guarding, noting, clearing];
    t.deepEqual(
      refusals(sh, asked),
      asked.map(() => undefined),
    );
    for (const said of refusals(sh, asked, judgingGuarded))
      t.regex(said ?? "", /^(transaction|keep|guard|remember|clear) /);
  });
}
