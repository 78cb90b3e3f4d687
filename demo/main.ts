// `npm run demo`: the whole way of a program, from its preview to frames between real VMs, and back to nothing. With
// `--machines` the second part: VFs, on a machine with a kernel and an SR-IOV NIC of its own. `--ordinary-user`: as an account that sudo
// allows the installed host script alone.
import { optionsOf } from "../lab/command-line.ts";
import { KvmNetworkError } from "../provider/schema/error.ts";
import { DemoFailed } from "./demo-failed.ts";
import { tellOfMachines } from "./machine-story.ts";
import { line, note, paint, silence } from "./screen.ts";
import { tell } from "./story.ts";

const { machines, "ordinary-user": isOrdinary } = optionsOf("npm run demo [-- --machines | --ordinary-user]", {
  machines: { type: "boolean", default: false },
  "ordinary-user": { type: "boolean", default: false },
});

const interruption = new AbortController();
const interrupted = new Promise<never>((_, reject) => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => {
      if (interruption.signal.aborted) return;
      process.exitCode = status;
      interruption.abort();
      reject(new DemoFailed(`Stopped by ${signal}.`));
    });
});

/** What is to be undone at the end, the latest first. */
const undo: (() => Promise<unknown>)[] = [];

const told = (error: unknown): string => {
  if (error instanceof DemoFailed || error instanceof KvmNetworkError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

try {
  if (machines && isOrdinary) throw new DemoFailed("--ordinary-user is for the first part, without --machines.");
  const story = machines ? tellOfMachines : tell;
  await Promise.race([story(undo, interruption.signal, isOrdinary), interrupted]);
} catch (error) {
  process.exitCode ||= 1;
  line(`\n${paint("red", told(error))}`);
  note("clearing away what was made");
  silence();
}
for (const step of undo.reverse()) {
  try {
    await step();
  } catch (error) {
    process.exitCode ||= 1;
    console.error(`Clearing away: ${told(error)}`);
  }
}
// Whatever the interrupted story still waits for.
process.exit();
