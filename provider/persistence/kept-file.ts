import { createHash } from "node:crypto";
import { encodeRequest } from "../host/encode-request.ts";
import type { Request } from "../host/host.ts";

/** A file of ours that outlasts a reboot. */
export interface KeptFile {
  readonly path: string;
  readonly text: string;
}

export const digestOf = ({ text }: KeptFile): string => createHash("sha256").update(text).digest("hex");

interface RecordOf {
  /** The link at whose appearance it is done. */
  readonly link: string;
  /** Its place among those of the link, and what it is about: they are done in the order of their names. */
  readonly name: string;
  /** The link that it makes: not done while that is there. */
  readonly makes?: string;
}

/** A request that the host makes again of itself at each boot (host/script/keep-verb.ts). */
export const recordOf = ({ link, name, makes }: RecordOf, steps: Request["steps"]): KeptFile => ({
  path: `/etc/pulumi-kvm-network/links/${link}/${name}`,
  text: `${makes === undefined ? "set" : `make ${makes}`}\n${encodeRequest(link, 1, { steps })}`,
});
