import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import fc from "fast-check";
import { FactsUnreadableError } from "../../provider/discovery/error.ts";
import { parseNetworkProfile } from "../../provider/discovery/network-profile.ts";
import { parseSections } from "../../provider/discovery/sections.ts";
import { encodeRequest } from "../../provider/host/encode-request.ts";
import { hostScript } from "../../provider/host/script/host-script.ts";
import type { KeptFile } from "../../provider/persistence/kept-file.ts";
import type { Lasting } from "../../provider/persistence/lasting.ts";
import { stagedProfiles } from "../../provider/persistence/network-manager-bridge.ts";
import { stagedBridge } from "../../provider/persistence/networkd.ts";
import { networkdWords, networkdWordsIn } from "../../provider/persistence/networkd-owner.ts";
import type { OwnersWords } from "../../provider/persistence/owners-words.ts";
import { type OwnersProfile, profileWords, profileWordsIn } from "../../provider/persistence/profile-owner.ts";
import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";
import { movingWords, stayingWords } from "../../provider/schema/profile-words.ts";
import { hold } from "./hold.ts";
import { hostileText } from "./hostile.ts";

const folder = mkdtempSync(join(tmpdir(), "owners-words-"));
test.after.always(() => rmSync(folder, { recursive: true }));

const nic = "eth1";
const secret = "hunter2";

/** As a file has it: without a NUL, which no shell reads, in UTF-8. */
const inFile = (text: string): string => Buffer.from(text.replaceAll("\0", "")).toString();

const blank = fc.constantFrom("", "", "", " ", "\t", "  \t");
const ending = fc.oneof(blank, fc.constant("\r"));
const spaced = (text: fc.Arbitrary<string>) => fc.tuple(blank, text, ending).map((parts) => parts.join(""));
const pick = (table: Readonly<Record<string, readonly string[]>>) => fc.constantFrom(...Object.values(table).flat());

const value = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("auto", "manual", "yes", "true", "1400", "192.0.2.2/24,192.0.2.1", "fe80::1"),
  },
  { weight: 2, arbitrary: fc.constantFrom(nic, `fe80::1%${nic}`, `x${nic}`, secret, "a=b", "[ipv4]", "x\\", "") },
  { weight: 1, arbitrary: hostileText.map((text) => text.replaceAll("\n", "")) },
);

const setting = (keys: fc.Arbitrary<string>) =>
  fc
    .tuple(keys, fc.constantFrom("", "", "1", "12", "_options", "1_options", "-x"), blank, blank, value)
    .map(([key, more, before, behind, said]) => `${key}${more}${before}=${behind}${said}`);

/** What an owner's file may hold: most of it is taken over, some means something else, some is nothing that anybody would write. */
const ownersFile = (sections: readonly string[], keys: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 6, arbitrary: spaced(setting(keys)) },
        { weight: 3, arbitrary: spaced(fc.constantFrom(...sections).map((name) => `[${name}]`)) },
        { weight: 1, arbitrary: spaced(fc.constantFrom("# By hand", "; by hand", "#[ipv4]", "")) },
        { weight: 1, arbitrary: hostileText },
      ),
      { maxLength: 14 },
    )
    .map((lines) => inFile(lines.join("\n")));

const ofProfiles = ["connection", "ethernet", "802-3-ethernet", "ethtool", "ipv4", "ipv6", "hostname"];
const ownersProfile = fc.oneof(
  { weight: 4, arbitrary: ownersFile(ofProfiles, fc.oneof(pick(movingWords), pick(stayingWords))) },
  {
    weight: 1,
    arbitrary: ownersFile(
      [...ofProfiles, "802-1x", "vpn-secrets", "user", "match", "proxy", ".nmmeta", "__proto__"],
      fc.oneof(pick(movingWords), fc.constantFrom("id", "password", "wake-on-lan-password", "constructor")),
    ),
  },
);
const ofNetworkd = ["Match", "Link", "Network", "Address", "Route", "DHCPv4", "DHCP", "IPv6AcceptRA"];
const networkFile = ownersFile(
  ofNetworkd,
  fc.constantFrom("Name", "DHCP", "Address", "Gateway", "DNS", "MTUBytes", "LLDP", "UseDNS", "Token", "VLAN"),
);

const identifier = fc.constantFrom(undefined, "01:52:54:00:00:00:01", "ff:2b:50:67:35:00:04");
const ofNow: fc.Arbitrary<Omit<OwnersProfile, "text">> = fc.record({
  path: fc.constant("/etc/NetworkManager/system-connections/lan.nmconnection"),
  mac: fc.constant("52:54:00:00:00:01"),
  addresses: fc.subarray(["192.0.2.2/24", "2001:db8::5054:ff:fe00:1/64", "2001:db8:1::2/64", "2001:db8::7/128"]),
  clientId: identifier,
  duid: identifier,
  iaid6: fc.constantFrom(undefined, "2b:50:67:35"),
  metrics: fc.record({ inet: fc.constantFrom(undefined, 100), inet6: fc.constantFrom(undefined, 0, 20_100) }),
});

const bridge: Extract<Lasting, { what: "bridge" }> = {
  what: "bridge",
  name: "br-lan",
  nic,
  mac: "52:54:00:00:00:01",
  mtu: 1500,
  settings: settledBridge({}),
  port: { hairpin: false, isolated: false },
  vlans: { defaultPvid: 1, pvid: 1, tagged: ["2-4094"] },
};

interface Manager {
  readonly name: "systemd-networkd" | "NetworkManager";
  /** An owner's file, what is made of it, and how it is found again. */
  readonly owners: fc.Arbitrary<{ readonly text: string; readonly words: OwnersWords }>;
  readonly files: (owners: OwnersWords) => readonly [KeptFile, KeptFile];
  readonly again: (bridge: string, nic: string) => unknown;
  /** Where the script looks for an owner's words, and by which name. */
  readonly folders: string;
  readonly file: string;
}

const pair = ([first, second]: readonly KeptFile[]): readonly [KeptFile, KeptFile] => {
  if (first === undefined || second === undefined) throw new Error("a bridge without its two files");
  return [first, second];
};

const managers: readonly Manager[] = [
  {
    name: "NetworkManager",
    owners: fc
      .tuple(ownersProfile, ofNow)
      .map(([text, more]) => ({ text, words: profileWords(nic, { ...more, text }) })),
    files: (owners) => {
      const profile = "023239ec-4a61-443f-b82d-acc63a0f78cb";
      return pair(stagedProfiles({ ...bridge, owners: { ...owners, profile } }));
    },
    again: profileWordsIn,
    folders: "profile_folders",
    file: "lan.nmconnection",
  },
  {
    name: "systemd-networkd",
    owners: networkFile.map((text) => ({
      text,
      words: networkdWords(nic, { files: [{ path: "lan.network", text }] }),
    })),
    files: (owners) => pair(stagedBridge({ ...bridge, owners }).networks),
    again: networkdWordsIn,
    folders: "networkd_folders",
    file: "lan.network",
  },
];

/** The script as a transaction's change, but for what it does with a step that it lets through. */
const judging = hostScript
  .replace(/\nserve\n$/, "\ndo_step() { :; }\nserve\n")
  .replace("guard= ", "guard=/ ")
  .replace(/^(profile|networkd)_folders=.*$/gm, `$1_folders='${folder}'`);

const saidOf = (script: string, input: string): string =>
  spawnSync("dash", ["-c", script, "sh", ""], { input, encoding: "utf8" }).stdout;

for (const { name, owners, files, again, file } of managers) {
  test.serial(`whatever an owner has ${name} do, it is refused by name or told of the bridge as it is`, async (t) => {
    let taken = 0;
    await hold(t, `words ${name}`, owners, ({ text, words }) => {
      const { refused, unfit } = words;
      if (refused !== undefined || unfit !== undefined) {
        t.deepEqual([words.bridge, words.nic], [[], {}]);
        return;
      }
      taken += 1;
      const [ofBridge, ofNic] = files(words);
      t.deepEqual(again(ofBridge.text, ofNic.text), { bridge: words.bridge, nic: words.nic });
      const lines = new Set(text.split("\n"));
      for (const line of Object.values(words.nic).flatMap((each) => each ?? [])) t.true(lines.has(line), line);
      t.false([...words.bridge, ...Object.values(words.nic).flat()].some((line) => line?.includes("\n")));
    });
    t.true(taken > 0);
  });

  test.serial(`and the host script lets that through, where it stands in a file of root's for ${name}`, async (t) => {
    await hold(t, `judged ${name}`, owners, ({ text, words }) => {
      if (words.refused !== undefined || words.unfit !== undefined) return;
      writeFileSync(join(folder, file), text);
      const steps = files(words).map((each) => ({ verb: "stage", ...each }) as const);
      const said = saidOf(judging, `nonce\n${encodeRequest("hv1", 1, { steps })}`);
      rmSync(join(folder, file));
      t.regex(said, /nonce 1 \n$/, `${text}\n---\n${said}`);
    });
  });
}

const nonce = "00000000-0000-4000-8000-000000000000";
const whole = (parts: string) => `kvmnet-facts 1 ${nonce}\n${parts}\n${nonce} complete\n`;

/** The script that tells of one profile, and of nothing else. */
const telling = `${hostScript.replace(/\nserve\n$/, "\n")}facts_nonce=${nonce}\nfacts_profile "${folder}/told"\nsay_now\n`;
const toldOf = (text: string): string => {
  writeFileSync(join(folder, "told"), text);
  const [section] = parseSections("hv1", whole(saidOf(telling, "nonce\n").replace(/^nonce hello .*\n/, "")));
  return section?.text ?? "nothing";
};

test.serial("of a profile the host script tells all that is taken over, and none of its secrets", async (t) => {
  const now = { mac: "52:54:00:00:00:01", addresses: [], clientId: undefined, duid: undefined, iaid6: undefined };
  const wordsOf = (text: string) => {
    const metrics = { inet: undefined, inet6: undefined };
    const { refused, unfit, ...words } = profileWords(nic, { ...now, path: "lan", text, metrics });
    return { ...words, isTaken: refused === undefined && unfit === undefined };
  };
  const kept = ["[802-1x]", `password=${secret}`, "[ethernet]", `wake-on-lan-password=${secret}`];
  // NetworkManager reads no file that begins with anything but a section.
  const loadable = ownersProfile.map((text) => `[connection]\n${text}`);
  await hold(t, "profiles told", loadable, (text) => {
    const told = toldOf(text);
    t.deepEqual(wordsOf(told), wordsOf(text), `${text}\n---\n${told}`);
    t.notRegex(toldOf(`${text.replaceAll(secret, "")}\n${kept.join("\n")}\n`), new RegExp(secret));
  });
});

const answer = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("100 (connected)\n", "ao 1 x\n", "inet=100\ninet6=\n", "dhcp6.iaid=2b:50\n"),
  },
  { weight: 1, arbitrary: hostileText },
);
const sections = fc.array(
  fc.tuple(
    fc.constantFrom("device /x", "general", "checkpoints", "metrics", "profile /a b", "state"),
    answer,
    fc.nat(2),
  ),
  { maxLength: 8 },
);

test.serial("whatever NetworkManager answers of a link is known or unknown; what is cut off is an error", async (t) => {
  await hold(t, "network profiles", fc.tuple(sections, fc.nat()), ([said, at]) => {
    const parts = said.map(
      ([words, text, status]) => `\n${nonce} begin network ${words}\n${text}\n${nonce} end ${status}\n`,
    );
    const output = whole(parts.join(""));
    const found = parseNetworkProfile("hv1", output);
    if (found !== undefined) {
      const { state, metrics } = found;
      for (const each of [state, metrics.inet, metrics.inet6])
        t.true(each === undefined || (Number.isInteger(each) && each >= 0));
      for (const each of [found.clientId, found.duid, found.iaid6]) t.not(each, "");
    }
    t.throws(() => parseNetworkProfile("hv1", output.slice(0, at % output.length)), {
      instanceOf: FactsUnreadableError,
    });
  });
});
