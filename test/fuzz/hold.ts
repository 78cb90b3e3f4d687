import type { ExecutionContext } from "ava";
import fc from "fast-check";

/** How many inputs `npm run fuzz` tries a property with. `npm test` tries a twentieth of them. */
export const inputsTried = {
  "check Uplink": 11_000,
  "check HostBridge": 11_000,
  "check MacvtapEndpoint": 11_000,
  "check SriovVirtualFunction": 11_000,
  "check VmInterface": 16_000,
  diff: 8_000,
  state: 4_000,
  "interface XML": 12_000,
  "network XML": 1_000,
  "requests dash": 2_500,
  "requests bash": 2_500,
  "requests busybox": 2_500,
  "ip batch": 3_000,
  "nft text": 500,
  "manager files": 4_000,
  "words NetworkManager": 4_000,
  "words systemd-networkd": 4_000,
  "judged NetworkManager": 1_000,
  "judged systemd-networkd": 1_000,
  "profiles told": 1_000,
  "network profiles": 4_000,
  "answers cut off": 20_000,
  "foreign lines": 5_000,
} as const;

const share = process.env.FUZZ === "all" ? 1 : 1 / 20;

/** Says how many inputs were tried, and by which seed they are made again. */
export const inputsOf = (t: ExecutionContext, property: keyof typeof inputsTried) => {
  const numRuns = Math.ceil(inputsTried[property] * share);
  const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`${property}: ${numRuns} inputs, FUZZ_SEED=${seed}`);
  return { numRuns, seed };
};

/** Tries a property; what does not hold is shown as small as it can be made. */
export const hold = async <Input>(
  t: ExecutionContext,
  property: keyof typeof inputsTried,
  inputs: fc.Arbitrary<Input>,
  holds: (input: Input) => void | Promise<void>,
): Promise<void> => {
  const details = await fc.check(
    fc.asyncProperty(inputs, async (input) => await holds(input)),
    inputsOf(t, property),
  );
  if (details.failed) t.log(fc.defaultReportMessage(details));
  t.false(details.failed, String(details.errorInstance));
};
