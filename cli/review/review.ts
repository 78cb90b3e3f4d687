import { compare, cutOf } from "./compare.ts";
import { markdown } from "./markdown.ts";
import { readPreview } from "./read-preview.ts";

export interface ReviewResult {
  /** For a pull request. */
  readonly markdown: string;
  /** The protected pairs that the update would cut. */
  readonly cuts: readonly string[];
}

/**
 * What an update does to who reaches whom.
 *
 * @param preview The output of `pulumi preview --json --show-sames`.
 * @param protectedPairs Names of VmInterfaces that must keep each other.
 * @throws PreviewError when it is something else, or leaves out what stays the same.
 */
export const review = (preview: string, protectedPairs: readonly (readonly [string, string])[] = []): ReviewResult => {
  const reviewed = compare(readPreview(preview));
  const cuts = protectedPairs.flatMap(([one, other]) => cutOf(reviewed, one, other) ?? []);
  return { markdown: markdown(reviewed, cuts), cuts };
};
