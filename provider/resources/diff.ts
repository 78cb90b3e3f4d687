import { isDeepStrictEqual } from "node:util";
import { withoutCredentials } from "../schema/credentials.ts";
import { resourceFields } from "../schema/resource.ts";
import type { CommonInputs, Properties, ResourceKind } from "./resource-kind.ts";
import { containsUnknown } from "./unknown.ts";

export interface Difference {
  /** False: nothing. Undefined: whatever the inputs say. */
  readonly changes: false | undefined;
  readonly replaces: readonly string[];
}

/**
 * `olds` are the outputs of the last update, which repeat its inputs. A rotated credential is a change of the resource that
 * the program gave it to, and of no other.
 */
export const diff = <Inputs extends CommonInputs, Outputs extends Properties>(
  kind: ResourceKind<Inputs, Outputs>,
  olds: Properties,
  news: Properties,
): Difference => {
  const inherited = news.connectionFrom !== undefined;
  const value = (of: Properties, property: string) =>
    property === "connection" && inherited ? withoutCredentials(of[property]) : of[property];
  const fields = { ...resourceFields, ...kind.fields };
  const known = new Set([
    ...Object.keys(news),
    ...Object.keys(olds).filter((property) => Object.hasOwn(fields, property)),
  ]);
  const changed = [...known].filter((property) => !isDeepStrictEqual(value(olds, property), value(news, property)));
  if (changed.length === 0) return { changes: false, replaces: [] };
  // Still unknown after check means that the engine asks whether this must go before the one it links to is replaced.
  const cut = kind.links.filter((link) => containsUnknown(news[link]));
  return { changes: undefined, replaces: [...new Set([...cut, ...kind.replacedBy(olds, news, changed)])] };
};
