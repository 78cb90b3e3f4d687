import { join } from "node:path";
import { type ChannelResult, commandChannel } from "../command-channel.ts";
import { LabError } from "../lab-error.ts";
import type { Namespace } from "../namespace.ts";

/** Where QEMU listens for what lab-channel (root/usr/local/sbin) is to run on the machine. */
export const channelSocket = (namespace: Namespace): string => join(namespace.folder, "channel");

const channelOf = (namespace: Namespace) => commandChannel(channelSocket(namespace));

/** A script as one line of shell: `printf %b` gives its line ends back. */
const inOneLine = (script: string): string => {
  const escaped = script.replaceAll("\\", "\\\\").replaceAll("'", "\\0047").replaceAll("\n", "\\n");
  return `eval "$(printf %b '${escaped}')"`;
};

/** Runs a script as root on a machine, by no network of its. */
export async function runOnMachine(namespace: Namespace, script: string, seconds: number): Promise<ChannelResult> {
  const result = await channelOf(namespace).ask(inOneLine(script), seconds);
  if (result === undefined)
    throw new LabError("lab_channel", `${namespace.name} did not end "${script}" within ${seconds} s`);
  return result;
}

/** The same of what may end the channel before its answer. */
export async function beginOnMachine(namespace: Namespace, script: string): Promise<void> {
  await channelOf(namespace).ask(inOneLine(script), 10);
}

/** Waits until a machine that boots serves commands. */
export const untilServing = (namespace: Namespace, seconds: number): Promise<void> =>
  channelOf(namespace).untilListening(`the channel to ${namespace.name}`, seconds);
