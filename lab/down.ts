import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { labFolder, labsFolder } from "./folder.ts";
import { removeManagementLink } from "./links.ts";
import { endNamespace } from "./namespace.ts";
import { isAlive } from "./process-identity.ts";
import { type LabRecord, labNames, readRecord } from "./record.ts";
import { locked } from "./slot.ts";

/** Ends a lab and removes everything of it, however far its start got. False when there is no such lab. */
export const takeDown = (lab: string): Promise<boolean> => locked(() => takeDownLocked(lab));

/** The same, for who holds the lock. */
export async function takeDownLocked(lab: string): Promise<boolean> {
  const folder = labFolder(lab);
  if (!existsSync(folder)) return false;
  const record = readRecord(lab);
  // Not from the record alone: every namespace's folder is made before its init.
  const namespaces = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  await Promise.all(namespaces.map(({ name }) => endNamespace(lab, name)));
  await Promise.all(record?.hypervisors.map(({ slot }) => removeManagementLink(slot)) ?? []);
  if (record?.file) rmSync(record.file, { force: true });
  // The record last: until then a `down` that was killed can be done again.
  for (const { name } of namespaces) remove(join(folder, name));
  remove(folder);
  if (readdirSync(labsFolder).length === 0) rmSync(labsFolder, { recursive: true, force: true });
  return true;
}

/** Again and again for some seconds: a command of a killed `up` may still be writing there, on a busy machine for longer. */
const remove = (folder: string) => rmSync(folder, { recursive: true, force: true, maxRetries: 25, retryDelay: 20 });

/** Was its maker killed: before it was ready, or (when it was to live no longer than that) at any time? */
export const isLeftover = (record: LabRecord | undefined): boolean =>
  record === undefined || (!isAlive(record.owner) && !(record.ready && record.persistent));

/** Clears away what killed runs left on this machine. */
export async function sweep(): Promise<void> {
  for (const lab of labNames()) if (isLeftover(readRecord(lab))) await takeDownLocked(lab);
}
