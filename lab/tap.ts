import { constants, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { LabError } from "./lab-error.ts";
import { enter, enterNetwork, type Namespace } from "./namespace.ts";

export interface Tap {
  /** The open file: what is written to it comes out of the macvtap. */
  readonly file: number;
  /** The macvtap's address. */
  readonly mac: string;
}

/** Brings a namespace's macvtap up and opens its character device. */
export async function openTap(namespace: Namespace, link: string): Promise<Tap> {
  await run(enterNetwork(namespace, ["ip", "link", "set", "dev", link, "up"]));
  const look = 'cd "/sys/class/net/$1" && cat address && cat macvtap/tap*/dev';
  const [mac = "", numbers = ""] = (await run(enter(namespace, ["sh", "-c", look, "sh", link]))).split("\n");
  const [major, minor] = numbers.split(":");
  if (major === undefined || minor === undefined) throw new LabError("lab_tap", `${link} is no macvtap`);
  // A node of its own: /dev/tapN may be another namespace's, or missing.
  const node = join(namespace.folder, `tap-${link}`);
  rmSync(node, { force: true });
  await run(["mknod", "-m", "600", node, "c", major, minor]);
  const file = openSync(node, constants.O_RDWR | constants.O_NONBLOCK);
  rmSync(node);
  return { file, mac };
}

/** A link's whole traffic, to whatever address, as a device to open: what a NIC at the end of a cable has. */
export async function openWholeLink(namespace: Namespace, link: string, mtu: number): Promise<Tap> {
  const tap = `tap-${link}`;
  const lines = [
    `link set dev ${link} mtu ${mtu} up`,
    `link add link ${link} name ${tap} type macvtap mode passthru`,
    // The filter of groups is the NIC's own behind it.
    `link set dev ${tap} allmulticast on`,
  ];
  await run(enterNetwork(namespace, ["ip", "-batch", "-"]), { input: `${lines.join("\n")}\n` });
  return await openTap(namespace, tap);
}
