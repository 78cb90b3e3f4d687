import type { Host } from "../host/host.ts";
import { readNetwork } from "./read-network.ts";
import { parseSections } from "./sections.ts";

/** What ifupdown says of one link. */
export interface Interfaces {
  /** As which logical interface the link is up; undefined: it is not. */
  readonly logical: string | undefined;
  /** The files that it reads, and those that are staged, without what is not known. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** What it does not understand of them: what comes behind that counts for nothing. */
  readonly complaints: string;
}

/** What the `facts` verb printed of one link's network. */
export const parseInterfaces = (host: string, output: string): Interfaces => {
  const sections = parseSections(host, output);
  const textOf = (name: string) => sections.find(({ subject }) => subject[0] === name)?.text.trim() ?? "";
  const logical = textOf("logical");
  return {
    logical: logical === "" ? undefined : logical,
    files: sections
      .filter(({ subject }) => subject[0] === "interfaces")
      .map(({ subject: [, ...path], text }) => ({ path: path.join(" "), text })),
    complaints: textOf("complaints"),
  };
};

export const readInterfaces = (host: Host, link: string): Promise<Interfaces> =>
  readNetwork(host, link, parseInterfaces);
