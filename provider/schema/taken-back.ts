import type { HostFacts } from "./facts.ts";

/** What a host's boot guard has done, in words. */
export const takenBackText = ({ why, paths }: NonNullable<HostFacts["takenBack"]>): string =>
  `taken back by the host at its start, so that it is reached as before. ${why} (${paths.length} files, ${paths.at(-1)} among them)`;
