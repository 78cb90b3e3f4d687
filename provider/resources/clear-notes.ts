import type { Host } from "../host/host.ts";
import { changeHost } from "./change-host.ts";
import type { CommonInputs } from "./resource-kind.ts";

/** With a resource go the notes of a transaction whose engine was killed before it had asked how that ended. */
export const clearNotes = async (host: Host, inputs: CommonInputs, kind: string): Promise<void> => {
  await changeHost(host, inputs, kind, "leave nothing behind", [{ verb: "clear", owner: inputs.mark }]);
};
