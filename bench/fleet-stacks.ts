import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createStack, type Stack } from "../lab/stack.ts";
import { type Fleet, fleetFile, kvmProgram, plainProgram } from "./programs.ts";
import { connectionPerCommandCode, noOpCode } from "./provider-codes.ts";
import { recordsOf } from "./records.ts";

export interface FleetStacks {
  readonly kvm: Stack;
  readonly noOp: Stack;
  readonly connectionPerCommand: Stack;
}

const destroy = ["destroy", "--yes", "--skip-preview", "--suppress-progress"];

/** The fleet with each of the providers. It is made once, to learn what the others have to repeat. */
export const makeFleetStacks = async (fleet: Fleet): Promise<FleetStacks> => {
  // One name: it is part of every URN and mark, which shall be of one length.
  const project = "bench";
  const files = { "fleet.json": fleetFile(fleet) };
  const kvm = await createStack({ project, program: kvmProgram, files });
  await kvm.must(["up", "--yes", "--skip-preview", "--suppress-progress"]);
  const records = join(kvm.folder, "records.json");
  writeFileSync(records, JSON.stringify(await recordsOf(kvm)));
  await kvm.must(destroy);
  const plain = (code: string) =>
    createStack({
      project,
      program: plainProgram,
      files: { ...files, "provider-code.js": code },
      environment: {
        KVM_BENCH_RECORDS: records,
        KVM_BENCH_SSH2: createRequire(import.meta.url).resolve("ssh2"),
      },
    });
  return { kvm, noOp: await plain(noOpCode), connectionPerCommand: await plain(connectionPerCommandCode) };
};

export const removeFleetStacks = async (stacks: FleetStacks): Promise<void> => {
  for (const stack of [stacks.connectionPerCommand, stacks.noOp, stacks.kvm]) await stack.remove();
};
