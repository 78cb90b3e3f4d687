import type { ExecutionContext } from "ava";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { NetworkManager } from "../../lab/lab-options.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { Machine } from "../machines/machine.ts";
import { Router } from "../machines/router.ts";

/** Runs a test on a machine of its own, which may be restarted, and whose addresses a router gives. */
export const onRoutedMachine = async (
  t: ExecutionContext,
  name: string,
  networkManager: NetworkManager,
  run: (lab: Lab, machine: Machine, router: Router) => Promise<void>,
): Promise<void> => {
  t.timeout(1_800_000);
  const lab = await createLab({ name, hypervisors: 0, machines: 1, uplinks: 2, networkManager });
  const router = new Router(lab);
  try {
    await router.start();
    await run(lab, new Machine(lab), router);
  } finally {
    closeHosts();
    await router.stop();
    await lab.down();
  }
};
