// `npm run demo`: the whole way of a program, from its preview to frames between real VMs, and back to nothing.
import { KvmNetworkError } from "../provider/schema/error.ts";
import { DemoFailed } from "./demo-failed.ts";
import { line, paint } from "./screen.ts";
import { tell } from "./story.ts";

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

try {
  await Promise.race([tell(undo, interruption.signal), interrupted]);
} catch (error) {
  process.exitCode ||= 1;
  line();
  line(paint("red", error instanceof DemoFailed || error instanceof KvmNetworkError ? error.message : String(error)));
  if (!(error instanceof DemoFailed || error instanceof KvmNetworkError) && error instanceof Error) line(error.stack);
}
for (const step of undo.reverse()) {
  try {
    await step();
  } catch (error) {
    process.exitCode ||= 1;
    line(paint("red", `Clearing away: ${error instanceof Error ? error.message : error}`));
  }
}
// Whatever the interrupted story still waits for.
process.exit();
