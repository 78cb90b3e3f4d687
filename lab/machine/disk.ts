import { constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../command.ts";
import { qemuCommand } from "./image.ts";

/**
 * Opens a machine's disk: what it writes upon the image's, in a file without a name, which is gone when QEMU ends. Not in the
 * lab's folder, which is memory on most computers.
 */
export async function openDisk(image: string): Promise<number> {
  const folder = await mkdtemp("/var/tmp/lab-disk-");
  try {
    const file = join(folder, "disk");
    const under = ["-b", join(image, "disk"), "-F", "raw"];
    await run([...qemuCommand(image, "qemu-img"), "create", "-q", "-f", "qcow2", ...under, file]);
    return openSync(file, constants.O_RDWR);
  } finally {
    await rm(folder, { recursive: true });
  }
}
