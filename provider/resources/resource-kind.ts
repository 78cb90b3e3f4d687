import type { z } from "zod";
import type { Host } from "../host/host.ts";
import type { KeptFile } from "../persistence/kept-file.ts";
import type { Lasting } from "../persistence/lasting.ts";
import type { Connection } from "../schema/connection.ts";
import type { HostFacts } from "../schema/facts.ts";
import type { NetworkManager } from "../schema/network-manager.ts";

export type Properties = Readonly<Record<string, unknown>>;

/** What every kind has among its inputs after check. */
export type CommonInputs = Properties & {
  readonly host: string;
  readonly connection: Connection;
  readonly mark: string;
};

export interface Failure {
  /** The input it is about, `a.b` for a nested one. */
  readonly property: string;
  readonly reason: string;
}

/** What check hands to a kind: its inputs as far as they are known and valid, defaults filled in. */
export interface Draft<Values> {
  readonly values: Partial<Values>;
  /** The names of those that are not known before the update. */
  readonly unknown: ReadonlySet<string>;
  /** The inputs of the last update; empty for a new resource. */
  readonly olds: Properties;
  /** What identities are derived from. */
  readonly seed: string;
  readonly facts: HostFacts | undefined;
  /** Hints of the program that are no inputs. */
  readonly hints: Properties;
}

export interface Completion {
  /** The inputs that the kind adds; UNKNOWN where one follows from what is not known yet. */
  readonly derived: Properties;
  readonly failures: readonly Failure[];
}

export interface Observation<Inputs, Outputs> {
  readonly inputs: Inputs;
  readonly outputs: Outputs;
}

/** By which links the host has to be reached after the next boot, within how many seconds, and which of them the kept files make. */
export interface BootGuard {
  readonly seconds: number;
  readonly links: readonly string[];
  readonly made: readonly string[];
}

/** Whose note of what was there before it is (original-note.ts). */
export interface Noted {
  readonly kind: string;
  readonly host: unknown;
  readonly mark: unknown;
  readonly nic: unknown;
}

/** What of a resource outlasts a reboot. */
export interface Outlasting {
  /** What the host does again of itself. */
  readonly records: readonly KeptFile[];
  /** What its network manager is to know; default nothing. */
  readonly lasting?: readonly Lasting[];
  /** Which manager, where the program says. */
  readonly manager?: NetworkManager | undefined;
  /** Files that stood in for these until they are kept. */
  readonly staged?: readonly string[];
  /** Of what the host is reached by: the next boot proves it, or takes it back. */
  readonly guard?: BootGuard | undefined;
}

/**
 * One kind of resource, whoever calls it. Create and update are both `ensure`: observe, compare with what is wanted, make the
 * difference, verify.
 */
export interface ResourceKind<Inputs extends CommonInputs, Outputs extends Properties> {
  readonly kind: string;
  /** What a program gives: each field with its type, default and messages. */
  readonly fields: z.ZodRawShape;
  /** Everything that is kept. */
  readonly inputs: z.ZodType<Inputs> & { readonly shape: Properties };
  /** The inputs that come from another resource's outputs. */
  readonly links: readonly string[];
  complete(draft: Draft<Inputs>): Completion;
  /** Of the inputs that changed, those that cannot be changed in place. */
  replacedBy(olds: Properties, news: Properties, changed: readonly string[]): readonly string[];
  id(inputs: Inputs): string;
  /** `previous`: the outputs of the last time; undefined when there is no state, though the object may be there. */
  ensure(inputs: Inputs, host: Host, previous: Properties | undefined): Promise<Outputs>;
  /** Of one that notes what was there before its first change: without a state it is made by that. */
  notedOf?(properties: Properties): Noted;
  /** What is there now; undefined when it is gone. */
  observe(inputs: Inputs, host: Host, previous: Properties): Promise<Observation<Inputs, Outputs> | undefined>;
  /** What has the host do it again when it boots; left out for kinds that a reboot undoes nothing of. */
  readonly lasting?: {
    /** Whether there is something, by the inputs as far as they are known. */
    applies(inputs: Partial<Inputs>): boolean;
    of(inputs: Inputs, host: Host, outputs: Outputs): Promise<Outlasting>;
  };
  /** Already gone is success. */
  remove(inputs: Inputs, host: Host, previous: Properties): Promise<void>;
}
