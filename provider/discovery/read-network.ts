import { requestOrThrow } from "../host/command-failed.ts";
import type { Host } from "../host/host.ts";

/** Asks who gives a link its addresses, and what that one's files say of it. */
export const readNetwork = async <Found>(
  host: Host,
  link: string,
  parse: (host: string, output: string) => Found,
): Promise<Found> => {
  const { results } = await requestOrThrow(host, { steps: [{ verb: "facts", link, of: "network" }] });
  return parse(host.name, results[0]?.stdout ?? "");
};
