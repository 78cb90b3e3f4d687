import { observe } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { digestOf, type KeptFile } from "../persistence/kept-file.ts";
import { managerFiles, managerOf } from "../persistence/manager-files.ts";
import { KvmNetworkError } from "../schema/error.ts";
import type { HostFacts } from "../schema/facts.ts";
import { takenBackText } from "../schema/taken-back.ts";
import { changeHost, type Steps } from "./change-host.ts";
import type { CommonInputs, Failure, Outlasting, Properties } from "./resource-kind.ts";

/** What stands among the inputs while all that shall outlast a reboot is in place. */
export const asKept = "kept";

/** Whether a host has something that does it again when it boots; undefined where nobody looked, as in facts of an older version. */
export const canKeep = (facts: HostFacts | undefined): boolean | undefined =>
  facts?.networkManagers.includes("ifupdown") ? true : facts?.systemd;

/** The input that tells of it, for a resource that has something to keep. */
export const persistenceOf = (
  persist: unknown,
  olds: Properties,
  facts: HostFacts | undefined,
): { readonly derived: Properties; readonly failures: readonly Failure[] } => {
  if (persist === false) return { derived: {}, failures: [] };
  const can = canKeep(facts);
  if (can === false && persist === true) {
    const reason =
      `${facts?.hostname} runs neither systemd nor ifupdown: nothing there would do it again when it boots. ` +
      "Leave persist out: the next `pulumi up` after a reboot does it";
    return { derived: {}, failures: [{ property: "persist", reason }] };
  }
  const isKept = can ?? olds.persistence !== undefined;
  return { derived: isKept ? { persistence: asKept } : {}, failures: [] };
};

/** Looked at once: what boots a host does not change while it runs. */
const keepers = new WeakMap<Host, Promise<boolean>>();

export const hostKeeps = (host: Host): Promise<boolean> => {
  const known = keepers.get(host);
  if (known !== undefined) return known;
  const looked = observe(host).then((facts) => canKeep(facts) === true);
  keepers.set(host, looked);
  // Not answered is no answer: the next who asks looks again.
  looked.catch(() => keepers.delete(host));
  return looked;
};

/** Tried once a run: that it is used up meanwhile is told as well, once something is made. */
const withRoom = new WeakMap<Host, Promise<void>>();

const tryRoom = async (host: Host): Promise<void> => {
  const { results, failed } = await host.request({ steps: [{ verb: "room" }] });
  if (failed === undefined) return;
  throw new KvmNetworkError(
    "no-room",
    `${host.name}: what is to outlast a reboot can't be written to /etc/pulumi-kvm-network: ${results[0]?.stderr.trim()}. ` +
      "Nothing was changed. Is the disk full, or read-only (`df /etc`, `findmnt -T /etc` there)? With persist: false nothing is written",
  );
};

/** A disk that is full, or read-only, is told before anything is changed. */
export const mustHaveRoom = (host: Host): Promise<void> => {
  const tried = withRoom.get(host) ?? tryRoom(host);
  withRoom.set(host, tried);
  tried.catch(() => withRoom.delete(host));
  return tried;
};

/** The records, and what the host's network manager reads. */
export const filesOf = async ({ records, lasting = [], manager }: Outlasting, host: Host): Promise<KeptFile[]> => {
  if (lasting.length === 0) return [...records];
  const facts = await observe(host);
  return [...records, ...managerFiles(managerOf(facts, manager), lasting, facts)];
};

/** Digests by path, as a state has them. */
type Kept = Readonly<Record<string, string>>;

const keptOf = (previous: Properties | undefined): Kept => {
  const kept = previous?.kept;
  if (typeof kept !== "object" || kept === null) return {};
  return Object.fromEntries(Object.entries(kept).map(([path, digest]) => [path, String(digest)]));
};

const digestsOf = (files: readonly KeptFile[]): Kept =>
  Object.fromEntries(files.map((file) => [file.path, digestOf(file)]));

/**
 * What may be in place where `keep` broke off, nobody knows how far it came: to forget one that is not there is no failure, and
 * the next refresh looks.
 */
export const keptMeanwhile = (files: readonly KeptFile[], previous: Properties | undefined): Kept => ({
  ...keptOf(previous),
  ...digestsOf(files),
});

/** Puts the files in place, and removes those of before that are no longer wanted. */
export const keep = async (
  host: Host,
  inputs: CommonInputs,
  kind: string,
  files: readonly KeptFile[],
  previous: Properties | undefined,
  { staged = [], guard }: Pick<Outlasting, "staged" | "guard"> = {},
): Promise<{ readonly kept?: Kept }> => {
  const paths = new Set(files.map(({ path }) => path));
  const left = Object.keys(keptOf(previous)).filter((path) => !paths.has(path));
  const guards: Steps = guard === undefined ? [] : [{ verb: "guard", ...guard }];
  const steps: Steps = [
    ...guards,
    ...files.map(({ path, text }) => ({ verb: "keep" as const, path, text })),
    ...[...left, ...staged].map((path) => ({ verb: "forget" as const, path })),
  ];
  if (steps.length === guards.length) return {};
  const what = files.length > 0 ? "have it done again at boot" : "no longer have it done again at boot";
  const { results } = await changeHost(host, inputs, kind, what, steps);
  const isKept = files.length > 0 && results[guards.length]?.stdout.trim() === asKept;
  return isKept ? { kept: digestsOf(files) } : {};
};

/** With the resource go its files. */
export const forget = async (host: Host, inputs: CommonInputs, kind: string, previous: Properties): Promise<void> => {
  await keep(host, inputs, kind, [], previous);
};

/** The input as it would be for what is there. Where nobody may look it is as it was. */
export const persistenceDrift = (inputs: Properties, facts: HostFacts, previous: Properties): Properties => {
  if (inputs.persistence === undefined || (facts.kept === undefined && canKeep(facts) !== true)) return {};
  const found = facts.kept ?? {};
  const kept = keptOf(previous);
  if (facts.takenBack?.paths.some((path) => path in kept)) return { persistence: takenBackText(facts.takenBack) };
  const wrong = Object.entries(kept).flatMap(([path, digest]) => {
    if (found[path] === undefined) return [`${path} is missing`];
    return found[path] === digest ? [] : [`${path} is changed`];
  });
  return { persistence: wrong.length === 0 ? asKept : wrong.join(", ") };
};
