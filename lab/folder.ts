import { join } from "node:path";

/**
 * Where labs live. Not below XDG_RUNTIME_DIR: link names and address slots are one set for the machine, so all of root's
 * shells must see the same labs.
 */
export const labsFolder = "/run/pulumi-kvm-network-lab";

/** Everything of one lab stands below its folder. */
export const labFolder = (lab: string): string => join(labsFolder, lab);

/** A namespace's part of it: its private folders, its logs. */
export const namespaceFolder = (lab: string, namespace: string): string => join(labFolder(lab), namespace);
