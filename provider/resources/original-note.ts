import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Host } from "../host/host.ts";
import { changeHost, type Steps } from "./change-host.ts";
import type { CommonInputs, Noted, Properties } from "./resource-kind.ts";

/**
 * What was there before a resource's first change is a state's to know. Until that is saved, and when it is lost, the host knows it: it is written down
 * there before that change, and goes with the resource.
 */

const keyOf = ({ kind, host, mark, nic }: Noted): string =>
  createHash("sha256")
    .update(JSON.stringify([kind, host, mark, nic]))
    .digest("hex")
    .slice(0, 32);

/** Writes it down, unless the state knows it already. */
export const noteOriginal = async (
  host: Host,
  inputs: CommonInputs,
  noted: Noted,
  note: Properties & { readonly original: object },
  previous: Properties | undefined,
): Promise<void> => {
  if (isDeepStrictEqual(note.original, previous?.original)) return;
  const step = { verb: "remember" as const, key: keyOf(noted), text: JSON.stringify(note) };
  await changeHost(host, inputs, noted.kind, "note what was there before", [step]);
};

/** What is noted, as a state would have it; undefined where nothing is. */
export const notedOriginal = async (host: Host, noted: Noted): Promise<Properties | undefined> => {
  const { results } = await host.request({ steps: [{ verb: "recall", key: keyOf(noted) }] });
  try {
    const note: unknown = JSON.parse(results[0]?.stdout ?? "");
    return typeof note === "object" && note !== null ? { ...note } : undefined;
  } catch {
    return undefined;
  }
};

const forgetting = (noted: Noted) => ({ verb: "remember" as const, key: keyOf(noted) });

export const forgetOriginal = async (host: Host, inputs: CommonInputs, noted: Noted | undefined): Promise<void> => {
  if (noted !== undefined)
    await changeHost(host, inputs, noted.kind, "forget what was there before", [forgetting(noted)]);
};

/** With a resource goes that, and the notes of a transaction whose engine was killed before it had asked how that ended. */
export const forgetNotes = async (
  host: Host,
  inputs: CommonInputs,
  kind: string,
  noted: Noted | undefined,
): Promise<void> => {
  const steps: Steps = [
    ...(noted === undefined ? [] : [forgetting(noted)]),
    ...(inputs.transaction === undefined ? [] : [{ verb: "clear" as const, owner: inputs.mark }]),
  ];
  if (steps.length > 0) await changeHost(host, inputs, kind, "forget what was there before", steps);
};
