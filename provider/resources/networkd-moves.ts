import { readNetworkFiles } from "../discovery/network-files.ts";
import { ipBatch } from "../links/batch.ts";
import { markAtBoot, releaseUplink, settleBridge } from "../links/linux-bridge.ts";
import { mustBeOurs } from "../links/ours.ts";
import type { KeptFile } from "../persistence/kept-file.ts";
import { hostBridgeFiles, stagedBridge } from "../persistence/networkd.ts";
import { networkdWords, networkdWordsIn } from "../persistence/networkd-owner.ts";
import { nameOf, wantedOf } from "./linux-bridge-wanted.ts";
import { lastingBridge, type ManagedMoves, mustBeMovable, takeAddresses } from "./managed-moves.ts";

const manager = "systemd-networkd";
const reload = { verb: "reload", manager } as const;

const stage = (files: readonly KeptFile[]) => files.map((file) => ({ verb: "stage", ...file }) as const);

export const networkdMoves: ManagedMoves = {
  toBridge: async (inputs, host, nic) => {
    const found = await readNetworkFiles(host, nic.name);
    const owners = networkdWords(nic.name, found);
    mustBeMovable(manager, inputs, host, nic.name, found.files[0]?.path ?? "", owners);
    // The bridge is made by networkd: one that is there already it would not go on with (systemd 257).
    const { netdev, networks } = stagedBridge({ ...lastingBridge(inputs, nic), owners });
    const name = nameOf(inputs);
    const { moved, reached } = await takeAddresses(host, nic.name, name);
    const made = [...stage(netdev), { ...reload, link: name }];
    return { ...reached, steps: [...made, ...settleBridge(wantedOf(inputs), nic, moved), ...stage(networks), reload] };
  },
  toNic: async (bridge, host, nic, original) => {
    const aside = hostBridgeFiles(bridge.name, nic).networks.map((path) => ({ verb: "aside", path }) as const);
    const { moved, reached } = await takeAddresses(host, bridge.name, nic);
    // First, for networkd would take them itself from a bridge that has lost its port.
    const taken = [mustBeOurs(bridge), ...(moved.lines.length === 0 ? [] : [ipBatch(moved.lines)])];
    const released = releaseUplink(bridge, nic, { ...moved, lines: [] }, original);
    return { ...reached, steps: [...taken, ...released, ...aside, reload] };
  },
  forget: (bridge, nic) => {
    const { networks, netdevs } = hostBridgeFiles(bridge, nic);
    return [...[...networks, ...netdevs].map((path) => ({ verb: "forget", path }) as const), reload];
  },
  lasting: async (inputs, host, nic) => {
    const bridge = nameOf(inputs);
    const [ofBridge, ofNic] = await Promise.all([readNetworkFiles(host, bridge), readNetworkFiles(host, nic.name)]);
    const owners = networkdWordsIn(ofBridge.files[0]?.text ?? "", ofNic.files[0]?.text ?? "");
    const { networks, netdevs } = hostBridgeFiles(bridge, nic.name);
    return {
      lasting: { ...lastingBridge(inputs, nic), owners },
      staged: [...networks, ...netdevs].filter((path) => path.startsWith("/run/")),
    };
  },
  atBoot: (inputs) => markAtBoot(wantedOf(inputs)),
};
