import { setTimeout as sleep } from "node:timers/promises";
import { type NetworkProfile, readNetworkProfile } from "../discovery/network-profile.ts";
import type { Host } from "../host/host.ts";
import { disableIpv6 } from "../links/ipv6.ts";
import { settingsAtBoot, settleBridge } from "../links/linux-bridge.ts";
import { mustBeOurs } from "../links/ours.ts";
import { ownersProfileIn, profileOf, profilePaths, stagedProfiles } from "../persistence/network-manager-bridge.ts";
import { profileWords, profileWordsIn } from "../persistence/profile-owner.ts";
import { nameOf, refuse, wantedOf } from "./linux-bridge-wanted.ts";
import { lastingBridge, type ManagedMoves, mustBeMovable, takeAddresses } from "./managed-moves.ts";

const manager = "NetworkManager";
const reload = { verb: "reload", manager } as const;

/** NM_DEVICE_STATE_PREPARE and NM_DEVICE_STATE_ACTIVATED: in between it gives the link addresses. */
const [beginning, activated] = [40, 100];

/** So many seconds it is waited for. */
const longest = 20;

/** Where it has begun anew it does not tell of a link's profile until it is done with that. */
const settledProfile = async (host: Host, link: string): Promise<NetworkProfile | undefined> => {
  for (let seconds = 0; ; seconds += 1) {
    const found = await readNetworkProfile(host, link);
    const isAtIt = found?.profile === undefined && found?.state !== undefined && found.state < activated;
    if (!isAtIt || seconds === longest) return found;
    await sleep(1000);
  }
};

/** The profile by which it gives a link addresses, where it can be told. */
const profileOfLink = async (host: Host, link: string) => {
  const found = await settledProfile(host, link);
  if (found?.profile !== undefined) return { ...found, ...found.profile };
  return refuse(
    `${link} of ${host.name} is configured by ${manager}, which does not tell the file of its profile: is it one of another form ` +
      "(`nmcli -f NAME,FILENAME connection` there; `nmcli connection migrate`), or does it not answer? Nothing was done",
  );
};

/** Where it does not say yet that it has given a link addresses, or does not answer, nobody may take them from it. */
export const mustLeaveAlone = async (host: Host, nic: string): Promise<void> => {
  const found = await readNetworkProfile(host, nic);
  if (found === undefined || (found.state !== undefined && (found.state < beginning || found.state >= activated)))
    return;
  refuse(
    `${nic} of ${host.name} is about to be configured by ${manager} (state ${found.state ?? "not told"}): nothing was done. Try again when ` +
      '`nmcli device` there shows it connected; or, if it is to leave this NIC alone, say networkManager: "none" on the Uplink',
  );
};

export const networkManagerMoves: ManagedMoves = {
  toBridge: async (inputs, host, nic) => {
    const found = await profileOfLink(host, nic.name);
    const name = nameOf(inputs);
    const { moved, reached } = await takeAddresses(host, nic.name, name);
    const words = profileWords(nic.name, {
      ...found,
      mac: nic.mac,
      addresses: reached.obtained.addresses,
    });
    mustBeMovable(manager, inputs, host, nic.name, found.path, words);
    if (found.hasCheckpoint) {
      refuse(
        `${host.name}: somebody has ${manager} take the network back to a checkpoint later, and with it what is changed now. ` +
          "Nothing was done: try again when that is over",
      );
    }
    const { bridge, nic: ofNic } = words;
    const owners = { bridge, nic: ofNic, profile: nic.configuredBy?.profile };
    const staged = stagedProfiles({ ...lastingBridge(inputs, nic), owners });
    return {
      ...reached,
      steps: [
        ...staged.map((file) => ({ verb: "stage", ...file }) as const),
        reload,
        { verb: "activate", link: nic.name, profile: profileOf(nic.name), bridge: name },
        // The NIC has lost its addresses by then.
        ...settleBridge(wantedOf(inputs), nic, { ...moved, lines: [] }),
      ],
    };
  },
  toNic: async (bridge, host, nic, original) => {
    const [{ metrics }, port] = await Promise.all([profileOfLink(host, bridge.name), profileOfLink(host, nic)]);
    const profile = ownersProfileIn(port.text);
    const { moved, reached } = await takeAddresses(host, bridge.name, nic);
    return {
      ...reached,
      steps: [
        mustBeOurs(bridge),
        ...(original.ipv6Disabled === false ? [disableIpv6(nic, false)] : []),
        ...moved.settings,
        ...profilePaths(bridge.name, nic).map((path) => ({ verb: "aside", path }) as const),
        reload,
        // Where the owner has another by now that is NetworkManager's to choose.
        ...(profile === undefined ? [] : [{ verb: "activate", link: nic, profile, metrics, mayFail: true } as const]),
      ],
    };
  },
  forget: (bridge, nic) => [...profilePaths(bridge, nic).map((path) => ({ verb: "forget", path }) as const), reload],
  lasting: async (inputs, host, nic) => {
    const bridge = nameOf(inputs);
    const [ofBridge, port] = await Promise.all([profileOfLink(host, bridge), profileOfLink(host, nic.name)]);
    const owners = { ...profileWordsIn(ofBridge.text, port.text), profile: ownersProfileIn(port.text) };
    return {
      lasting: { ...lastingBridge(inputs, nic), owners },
      staged: profilePaths(bridge, nic.name).filter((path) => path.startsWith("/run/")),
    };
  },
  atBoot: (inputs) => settingsAtBoot(wantedOf(inputs)),
};
