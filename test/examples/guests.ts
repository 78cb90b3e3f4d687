import type { Guest } from "../../lab/guest.ts";
import type { Stack } from "../../lab/stack.ts";
import { waitUntil } from "../../lab/wait-until.ts";

/** Gives each guest its address on the NIC that the stack's VmInterface of its name has made. */
export async function addressGuests(stack: Stack, guests: ReadonlyMap<Guest, string>): Promise<void> {
  const resources = await stack.resources();
  await Promise.all(
    [...guests].map(async ([guest, address]) => {
      const own = resources.find(({ urn }) => urn.endsWith(`:VmInterface::${guest.name}`));
      await guest.addressOn(String(own?.outputs.mac), `${address}/24`);
    }),
  );
}

/** Waits until a guest reaches an address: a NIC just plugged in takes its time. */
export const reaches = (guest: Guest, address: string): Promise<boolean> =>
  waitUntil(`${guest.name} reaches ${address}`, 10, async () => ((await guest.ping(address)) ? true : undefined));
