import type { ExecutionContext } from "ava";
import type { Lab } from "../../lab/lab.ts";
import type { Stack } from "../../lab/stack.ts";
import { changesBetween, snapshotOf } from "../resources/host-snapshot.ts";

const unchanged = ["--yes", "--skip-preview", "--expect-no-changes"];

/** The hosts of a lab as they are, for `asBefore`. */
export const hostsNow = (lab: Lab): Promise<string[]> =>
  Promise.all(lab.hypervisors.map(({ name }) => snapshotOf(lab, name)));

/** Nothing is left of what was made since, and all that was there is there. */
export async function asBefore(t: ExecutionContext, lab: Lab, before: readonly string[]): Promise<void> {
  const now = await hostsNow(lab);
  t.deepEqual(
    now.map((host, index) => changesBetween(before[index] ?? "", host)),
    now.map(() => []),
  );
}

/** Previewed (which changes nothing), made, and the same when asked again: a second update and a refresh find nothing to do. */
export async function bringUp(t: ExecutionContext, stack: Stack, previewShows: readonly string[]): Promise<void> {
  const preview = await stack.must(["preview", "--diff"]);
  for (const shown of previewShows) t.true(preview.includes(shown), `${shown} in the preview:\n${preview}`);
  await stack.must(["up", "--yes", "--skip-preview"]);
  await stack.must(["up", ...unchanged]);
  await stack.must(["refresh", ...unchanged]);
}

/** Destroys it and removes its folder, also where the test has failed by then. */
export async function takeDown(stack: Stack): Promise<void> {
  try {
    await stack.must(["destroy", "--yes", "--skip-preview"]);
  } finally {
    await stack.remove();
  }
}
