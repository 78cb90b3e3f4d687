import { setTimeout as sleep } from "node:timers/promises";
import { observeAnew } from "../discovery/observe.ts";
import type { Host } from "../host/host.ts";

/** A daemon that restarts reads its domains anew: seconds on a full host. One that is down stays so. */
const waitSeconds = 15;
const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 1000;

/** Waits until a host's libvirt answers again; false when it does not in time, or is not installed. */
export const libvirtAnswers = async (host: Host): Promise<boolean> => {
  const end = performance.now() + waitSeconds * 1000;
  for (let pause = firstPauseMilliseconds; ; pause = Math.min(pause * 2, longestPauseMilliseconds)) {
    const { libvirt } = await observeAnew(host);
    if (libvirt === null || libvirt.running) return libvirt !== null;
    if (performance.now() > end) return false;
    await sleep(pause);
  }
};
