import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { labFolder, labsFolder } from "./folder.ts";
import { networkManagers } from "./lab-options.ts";

const identitySchema = z.object({ pid: z.number().int(), startTime: z.string() });

const recordSchema = z.object({
  name: z.string(),
  /** The process that made it, which is gone when a lab was left behind by a kill. */
  owner: identitySchema,
  /** Stays up when its owner ends (`lab up`); otherwise the next lab on this machine clears it away. */
  persistent: z.boolean(),
  /** True once everything runs: a lab whose owner died before that is a leftover. */
  ready: z.boolean(),
  /** The lab.json that tells of it. */
  file: z.string().nullable(),
  hypervisors: z.array(
    z.object({
      name: z.string(),
      slot: z.number().int(),
      uplinks: z.array(z.string()),
      /** A machine's plain NICs, all at the first uplinks' bridge. */
      nics: z.array(z.string()).default([]),
      hostKey: z.string().nullable(),
      /** Whom programs log in as. */
      user: z.string().default("root"),
      /**
       * Has a kernel of its own: a QEMU in a namespace, whose links are its NICs' other ends. Records of before there were any
       * do not say: a lab of another version that runs is not to be taken for a leftover.
       */
      machine: z.boolean().default(false),
      networkManager: z.enum(networkManagers).default("none"),
    }),
  ),
});

/** What a lab consists of, written down before it is made, so that `down` knows what to look for. */
export type LabRecord = z.infer<typeof recordSchema>;

const path = (lab: string) => join(labFolder(lab), "record.json");

export function writeRecord(record: LabRecord): void {
  writeFileSync(`${path(record.name)}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${path(record.name)}.new`, path(record.name));
}

/** Undefined when there is no such lab, or none that got as far as a record (of this shape). */
export function readRecord(lab: string): LabRecord | undefined {
  if (!existsSync(path(lab))) return undefined;
  return recordSchema.safeParse(JSON.parse(readFileSync(path(lab), "utf8"))).data;
}

/** The names of all labs on this machine, also of half made and half removed ones. */
export function labNames(): string[] {
  return existsSync(labsFolder) ? readdirSync(labsFolder) : [];
}
