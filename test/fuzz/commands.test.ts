import test from "ava";
import fc from "fast-check";
import { ipLinks } from "../../provider/discovery/ip-link.ts";
import { parseJson } from "../../provider/discovery/parse-json.ts";
import { parseNetdevTables } from "../../provider/discovery/parse-netdev-tables.ts";
import type { Request, Step } from "../../provider/host/host.ts";
import { ipBatch } from "../../provider/links/batch.ts";
import { addPepaFilter, pepaFilterState, removePepaFilter } from "../../provider/links/pepa-filter.ts";
import { markFor } from "../../provider/resources/identity.ts";
import { KvmNetworkError } from "../../provider/schema/error.ts";
import { newInterfaceNameSchema } from "../../provider/schema/interface-name.ts";
import { useLabHost } from "../links/lab-host.ts";
import { hold } from "./hold.ts";
import { hostileText } from "./hostile.ts";
import { linkName, mac } from "./plausible-inputs.ts";

const labHost = useLabHost(test, "fuzz", { uplinks: 1 });

/** Words that mean something to ip, and characters that cut its lines. */
const word = fc.oneof(
  fc
    .array(
      fc.oneof(fc.constantFrom(" ", "'", '"', "\t", "#", "\\", "dev", "netns", "up", ";"), fc.string({ maxLength: 4 })),
      {
        maxLength: 8,
      },
    )
    .map((pieces) => pieces.join("")),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  hostileText,
);

/** An alias of ours has 1 to 255 bytes; half a surrogate pair has no UTF-8. */
const isAlias = (text: string) => text !== "" && Buffer.byteLength(text) < 256 && Buffer.from(text).toString() === text;

test.serial(
  "a word in a batch is one word to the real ip, letter by letter, or is refused in words before it leaves",
  async (t) => {
    const { host } = labHost();
    let refused = 0;
    await hold(t, "ip batch", fc.array(word.filter(isAlias), { minLength: 1, maxLength: 8 }), async (words) => {
      const show = ["addr", "show", "dev", "lo"];
      const batched = words.flatMap((alias): Step[] => {
        try {
          return [ipBatch([["link", "set", "dev", "lo", "alias", alias], show])];
        } catch (error) {
          if (!(error instanceof KvmNetworkError)) throw error;
          t.regex(alias, /[#\\\p{Cc}]|'.*"|".*'/su);
          refused += 1;
          return [];
        }
      });
      const { results, failed } = await host.request({ steps: batched });
      t.is(failed, undefined, results.at(-1)?.stderr);
      const shown = results.map(({ stdout }) => parseJson("hv1", "ip link", ipLinks, stdout)[0]?.ifalias ?? "");
      t.deepEqual(
        shown,
        words.filter((alias) => !/[#\\\p{Cc}]/u.test(alias) && !(alias.includes("'") && alias.includes('"'))),
      );
    });
    t.log(`${refused} words refused`);
    t.true(refused > 0);
  },
);

const filters = fc
  .record({ uplink: linkName, name: linkName, mac, who: fc.oneof(hostileText, linkName) })
  .filter(({ uplink, name }) => uplink !== name && ![uplink, name].some((each) => /^(eth1|lo|mgmt|\.\.x)$/.test(each)))
  .filter(({ uplink, name }) => [uplink, name].every((each) => newInterfaceNameSchema.safeParse(each).success));

test.serial(
  "whatever links are called, their filter is what nft reads it as, whoever owns it, and goes again",
  async (t) => {
    const { host } = labHost();
    const list = () => labHost().sh("nft -s list ruleset netdev");
    await hold(t, "nft text", filters, async ({ uplink, name, mac, who }) => {
      const endpoint = { uplink, name, mac, mark: markFor(`acme/urn:pulumi:dev::shop::Kind::${who}`) };
      const links = [uplink, name];
      const change = async (steps: Request["steps"]) => {
        const { results, failed } = await host.request({ steps, change: "a filter of a test" });
        t.is(failed, undefined, results.map(({ stderr }) => stderr).join(""));
      };
      await change([
        ipBatch(links.map((each) => ["link", "add", "name", each, "type", "bridge"])),
        addPepaFilter(endpoint),
      ]);
      const there = await list();
      await change(removePepaFilter(endpoint));
      t.is(await list(), "");
      await change([ipBatch(links.map((each) => ["link", "del", "dev", each]))]);
      const netdevTables = parseNetdevTables({ name: "netdev", subject: [], parts: [], status: 0, text: there });
      t.deepEqual(
        pepaFilterState(endpoint, netdevTables === undefined ? {} : { netdevTables }),
        { uplink: "filtered", endpoint: "filtered" },
        there,
      );
    });
  },
);
