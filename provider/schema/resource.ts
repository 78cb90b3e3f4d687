import { z } from "zod";
import { connectionSchema } from "./connection.ts";

/** What every kind has among its inputs. */
export const resourceFields = {
  /** The name the program gave the host: plain, so that a preview can be read where the connection is secret. */
  host: z.string().min(1),
  connection: connectionSchema,
  /** The resource that the connection was taken from: a rotated credential is that one's change, not this one's. */
  connectionFrom: z.string().optional(),
};

/** For kinds that make a link of their own. */
export const adoptField = {
  /** Take over a foreign object of the same name instead of refusing it. Default false. */
  adopt: z.boolean().optional(),
};

/** For kinds that make or set something which a reboot would undo. */
export const persistField = {
  /**
   * Have the host do it again when it boots. Default: where it can (systemd, or ifupdown); `true` refuses a host that can't;
   * `false` leaves that to the next update.
   */
  persist: z.boolean().optional(),
};

/** For kinds that may change what the host itself is reached by. */
export const rollbackField = {
  /**
   * Seconds after which the host takes back a change that may cut it off and was not confirmed (docs/transactions.md), 15 to 600. Longer
   * than what the adjacent switch needs to forward again (30 s where it runs a spanning tree without edge ports). Default 60.
   */
  rollbackSeconds: z.number().int().min(15).max(600).optional(),
};

/** Derived in check and kept from then on, whatever the resource is called later. */
export const derivedFields = {
  /** Who owns what is made: stands in the link's alias, in the domain's XML as an alias of its own. */
  mark: z.string(),
  /** That it outlasts a reboot: `kept`. What `refresh` finds instead: which files are missing or changed. */
  persistence: z.string().optional(),
  /** What of it is changed by a transaction, for the host itself is reached by it. */
  transaction: z.string().optional(),
};
