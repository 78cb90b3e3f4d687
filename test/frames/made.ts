import test from "ava";
import type { Endpoint } from "../../lab/endpoint.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import type { Provided } from "../../prove/provide.ts";
import { closeHosts } from "../../provider/host/open-host.ts";
import { labName } from "../lab/lab-test.ts";

/** What the tests of a file make: taken away after the last of them, however they ended. */
export class Made {
  readonly provided: Provided[] = [];
  readonly open: Endpoint[] = [];
  #lab: Lab | undefined;

  async startLab(size: { hypervisors: number; uplinks: number }): Promise<Lab> {
    this.#lab = await createLab({ name: labName(), ...size, libvirt: false });
    return this.#lab;
  }

  get lab(): Lab {
    if (this.#lab === undefined) throw new Error("the test that starts the lab failed");
    return this.#lab;
  }

  async remove(): Promise<void> {
    for (const endpoint of this.open) await endpoint.close();
    for (const each of this.provided.reverse()) await each.remove();
    closeHosts();
    await this.#lab?.down();
  }
}

export const useMade = (): Made => {
  const made = new Made();
  test.after.always(() => made.remove());
  return made;
};
