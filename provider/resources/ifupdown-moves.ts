import { readInterfaces } from "../discovery/interfaces.ts";
import type { Route } from "../links/host-addresses.ts";
import { bridgeBehindPort, releaseUplink, settleBridge } from "../links/linux-bridge.ts";
import { mustBeOurs } from "../links/ours.ts";
import { interfacesPaths, logicalOf, stagedInterfaces } from "../persistence/ifupdown.ts";
import { interfacesWords, interfacesWordsIn } from "../persistence/interfaces-owner.ts";
import type { OwnersFile } from "../persistence/owners-words.ts";
import { nameOf, nicOf, wantedOf } from "./linux-bridge-wanted.ts";
import { lastingBridge, type ManagedMoves, mustBeMovable, takeAddresses } from "./managed-moves.ts";

const manager = "ifupdown";
const ownersFile = "/etc/network/interfaces";

/** It makes routes as a hand does: what its files say of a destination is its own. */
const madeBy =
  (files: readonly OwnersFile[]) =>
  ({ dst }: Route): boolean =>
    files.some(({ text }) => (dst === "default" ? /^\s*gateway\s|\bdefault\b/m.test(text) : text.includes(dst)));

export const ifupdownMoves: ManagedMoves = {
  toBridge: async (inputs, host, nic) => {
    const name = nameOf(inputs);
    const found = await readInterfaces(host, nic.name);
    const { moved, metric, reached } = await takeAddresses(host, nic.name, name, madeBy(found.files));
    const owners = interfacesWords(nic.name, name, { ...found, metric });
    mustBeMovable(manager, inputs, host, nic.name, ownersFile, owners);
    const leased = owners.bridge.some((line) => line.endsWith(" dhcp"));
    return {
      ...reached,
      steps: [
        { verb: "stage", ...stagedInterfaces({ ...lastingBridge(inputs, nic), owners }) },
        { verb: "ifdown", link: nic.name },
        // It makes the bridge.
        { verb: "ifup", link: nic.name, logical: logicalOf(nic.name) },
        ...settleBridge(wantedOf(inputs), nic, { ...moved, lines: [] }),
        { verb: "ifup", link: name, logical: name, ...(leased ? { as: nic.name } : {}) },
      ],
    };
  },
  toNic: async (bridge, host, nic, original) => {
    const { files } = await readInterfaces(host, nic);
    const { moved, reached } = await takeAddresses(host, bridge.name, nic, madeBy(files));
    return {
      ...reached,
      steps: [
        mustBeOurs(bridge),
        { verb: "ifdown", link: bridge.name },
        { verb: "ifdown", link: nic },
        ...releaseUplink(bridge, nic, { ...moved, lines: [] }, original),
        ...interfacesPaths(bridge.name).map((path) => ({ verb: "aside", path }) as const),
        { verb: "ifup", link: nic, logical: nic },
      ],
    };
  },
  forget: (bridge) => interfacesPaths(bridge).map((path) => ({ verb: "forget", path }) as const),
  lasting: async (inputs, host, nic) => {
    const bridge = nameOf(inputs);
    const found = await readInterfaces(host, nic.name);
    const paths = interfacesPaths(bridge);
    const ours = found.files.find(({ path }) => paths.includes(path));
    // Where somebody has removed it the bridge is told anew what the owner says of the NIC.
    const owners =
      ours === undefined
        ? interfacesWords(nic.name, bridge, { ...found, logical: nic.name })
        : interfacesWordsIn(nic.name, bridge, ours.text);
    mustBeMovable(manager, { ...inputs, gateway: undefined }, host, nic.name, ownersFile, owners);
    return {
      lasting: { ...lastingBridge(inputs, nic), owners },
      staged: paths.filter((path) => path.startsWith("/run/")),
    };
  },
  atBoot: (inputs) => bridgeBehindPort(wantedOf(inputs), nicOf(inputs)),
};
