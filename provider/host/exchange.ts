import type { Outcome, Sent, Shell } from "./shell.ts";

/** One round trip: over when every request is settled. Meanwhile the connection keeps the process alive. */
export const exchange = async (shell: Shell, requests: readonly Sent[]): Promise<void> => {
  shell.connection.ref();
  await new Promise<void>((resolve) => {
    let left = requests.length;
    const settled = (settle: Sent["settle"]) => (outcome: Outcome) => {
      settle(outcome);
      left -= 1;
      if (left === 0) resolve();
    };
    shell.send(requests.map((sent) => ({ ...sent, settle: settled(sent.settle) })));
  });
  shell.connection.unref();
};
