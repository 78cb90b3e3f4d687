import { isDeepStrictEqual } from "node:util";
import { isSharedFromBefore, observe, observeAnew } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";
import { HostError } from "../host/host-error.ts";
import type { KeptFile } from "../persistence/kept-file.ts";
import { KvmNetworkError } from "../schema/error.ts";
import { printable } from "../schema/printable.ts";
import { tellTakenBack } from "./boot-guard.ts";
import { type Checked, check } from "./check.ts";
import { type Difference, diff } from "./diff.ts";
import { isForgotten, mustNotBeForgotten, sayForgotten } from "./forgotten-hosts.ts";
import { hostBridge } from "./host-bridge.ts";
import { hostOf, hostOfState, newestOf, rememberConnection } from "./host-of.ts";
import { filesOf, forget, hostKeeps, keep, keptMeanwhile, mustHaveRoom, persistenceDrift } from "./keep.ts";
import { macvtapEndpoint } from "./macvtap-endpoint.ts";
import { forgetNotes, forgetOriginal, notedOriginal } from "./original-note.ts";
import { overFaults } from "./over-faults.ts";
import { isUnknown, PartlyMade } from "./partly-made.ts";
import type { CommonInputs, Properties, ResourceKind } from "./resource-kind.ts";
import { sriovVirtualFunction } from "./sriov-virtual-function.ts";
import { uplink } from "./uplink.ts";
import { vmInterface } from "./vm-interface.ts";

/** A kind's operations on plain properties: what an adapter to an engine calls. */
export interface Lifecycle {
  check(olds: Properties, news: Properties): Checked;
  diff(olds: Properties, news: Properties): Difference;
  create(inputs: Properties): Promise<{ readonly id: string; readonly state: Properties }>;
  update(olds: Properties, news: Properties): Promise<Properties>;
  read(state: Properties): Promise<{ readonly inputs: Properties; readonly state: Properties } | undefined>;
  delete(state: Properties): Promise<void>;
}

const of = <Inputs extends CommonInputs, Outputs extends Properties>(
  kind: ResourceKind<Inputs, Outputs>,
): Lifecycle => {
  /** A state holds inputs and outputs, of this version or an older one: its inputs are those that the schema knows. */
  const inputsOf = (state: Properties): Inputs => {
    const known = new Set(Object.keys(kind.inputs.shape));
    const parsed = kind.inputs.safeParse(Object.fromEntries(Object.entries(state).filter(([name]) => known.has(name))));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const what = printable(`${issue?.path.join(".")}: ${issue?.message}`, 300);
    throw new KvmNetworkError("bad-state", `${kind.kind}: ${what}. ${badStateAdvice}`);
  };
  /**
   * What is refused by what was seen of the host before is tried once more by what is there now: another resource of the program may
   * have made meanwhile what is missing, a domain above all, and nobody tells of what is not ours.
   */
  const ensureByWhatIsThere = async (
    inputs: Inputs,
    host: Host,
    previous: Properties | undefined,
  ): Promise<Outputs> => {
    const [began, { generation }] = [performance.now(), host];
    try {
      return await kind.ensure(inputs, host, previous);
    } catch (error) {
      const isRefusal =
        error instanceof KvmNetworkError && !(error instanceof HostError || error instanceof PartlyMade);
      if (!isRefusal || host.generation !== generation || !isSharedFromBefore(host, began)) throw error;
      await observeAnew(host);
      return await kind.ensure(inputs, host, previous);
    }
  };
  const ensure = async (inputs: Inputs, host: Host, previous?: Properties): Promise<Properties> => {
    mustNotBeForgotten(inputs);
    const noted = kind.notedOf?.(inputs);
    let known = previous;
    const attempt = async (knownByNow: Properties | undefined): Promise<Properties> => {
      known = knownByNow ?? (noted && (await notedOriginal(host, noted)));
      if (lastingOf(inputs) && (await hostKeeps(host))) await mustHaveRoom(host);
      const outputs = await ensureByWhatIsThere(inputs, host, known);
      return { ...inputs, ...outputs, ...(await ensureLasting(inputs, host, outputs, known)) };
    };
    try {
      return await overFaults(host, attempt, previous);
    } catch (error) {
      const kept = previous?.kept === undefined ? {} : { kept: previous.kept };
      // What may be there must not be forgotten.
      const told = isUnknown(error) ? new PartlyMade({ ...known }, error) : error;
      if (told instanceof PartlyMade) told.keep(kind.id(inputs), { ...inputs, ...kept, ...told.properties });
      throw told;
    }
  };
  /** Whether the host is to do something of it again when it boots. */
  const lastingOf = (inputs: Inputs) =>
    inputs.persist !== false && kind.lasting?.applies(inputs) ? kind.lasting : undefined;
  const ensureLasting = async (inputs: Inputs, host: Host, outputs: Outputs, previous: Properties | undefined) => {
    const lasting = lastingOf(inputs);
    let files: readonly KeptFile[] = [];
    try {
      if (!(lasting && (await hostKeeps(host)))) return await keep(host, inputs, kind.kind, [], previous);
      const outlasting = await lasting.of(inputs, host, outputs);
      files = await filesOf(outlasting, host);
      return await keep(host, inputs, kind.kind, files, previous, outlasting);
    } catch (error) {
      // It is made, whatever a reboot will make of it.
      if (!(error instanceof Error)) throw error;
      const told = `it is as asked, but the host could not be told for its next boot: ${error.message}`;
      throw new PartlyMade({ ...outputs, kept: keptMeanwhile(files, previous) }, new Error(told, { cause: error }));
    }
  };
  return {
    check: (olds, news) => {
      const checked = check(kind, olds, news);
      rememberConnection(checked.inputs.connection);
      return checked;
    },
    diff: (olds, news) => diff(kind, olds, news),
    create: async (properties) => {
      const inputs = inputsOf(properties);
      return { id: kind.id(inputs), state: await ensure(inputs, hostOf(inputs)) };
    },
    update: async (olds, news) => {
      const inputs = inputsOf(news);
      const [host, was, noted] = [hostOf(inputs), kind.notedOf?.(olds), kind.notedOf?.(inputs)];
      const outputs = await ensure(inputs, host, olds);
      // Of a NIC that is called something else by now.
      if (!isDeepStrictEqual(was, noted)) await forgetOriginal(host, inputs, was);
      return outputs;
    },
    read: async (state) => {
      const inputs = inputsOf(state);
      if (isForgotten(inputs)) {
        sayForgotten(inputs, kind.kind, "left in the state as it was");
        return { inputs, state };
      }
      const host = hostOfState(inputs);
      const found = await overFaults(host, () => kind.observe(inputs, host, state));
      const facts = await observe(host);
      tellTakenBack(host, facts);
      if (found === undefined) return undefined;
      const persistence = kind.lasting === undefined ? {} : persistenceDrift(inputs, facts, state);
      // A credential that was rotated reaches the state of those who inherit it here.
      const observed = { ...found.inputs, ...persistence, connection: newestOf(inputs) };
      const kept = state.kept === undefined ? {} : { kept: state.kept };
      return { inputs: observed, state: { ...observed, ...found.outputs, ...kept } };
    },
    delete: async (state) => {
      const inputs = inputsOf(state);
      if (isForgotten(inputs)) {
        sayForgotten(inputs, kind.kind, "removed from the state alone");
        return;
      }
      const host = hostOfState(inputs);
      try {
        await overFaults(host, async () => {
          await kind.remove(inputs, host, state);
          // Behind it: what could not be removed is still to be there after a reboot.
          await forget(host, inputs, kind.kind, state);
          await forgetNotes(host, inputs, kind.kind, kind.notedOf?.(state));
        });
      } catch (error) {
        throw isStale(error)
          ? new KvmNetworkError(error.code, `${error.message} ${staleAdvice}`, { cause: error })
          : error;
      }
    },
  };
};

const badStateAdvice =
  "This is not what a state of this version or an older one holds, and nothing was done: where a newer version made it, install " +
  "that one; else run `pulumi up`, which makes it anew from the program before it updates.";

const isStale = (error: unknown): error is KvmNetworkError =>
  error instanceof KvmNetworkError && error.code === "authentication-failed";

const staleAdvice =
  "The credential is the one of this resource's last update: if it was rotated since, `pulumi refresh` brings the new one " +
  "here from the resource that was given it.";

/** Every kind there is; a new one is a line here. */
const kinds: Readonly<Record<string, Lifecycle>> = {
  Uplink: of(uplink),
  HostBridge: of(hostBridge),
  MacvtapEndpoint: of(macvtapEndpoint),
  SriovVirtualFunction: of(sriovVirtualFunction),
  VmInterface: of(vmInterface),
};

export const lifecycle = (kind: string): Lifecycle => {
  const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (found === undefined) {
    throw new KvmNetworkError(
      "unknown-kind",
      `pulumi-kvm-network of this version has no kind ${kind}: install a newer one`,
    );
  }
  return found;
};
