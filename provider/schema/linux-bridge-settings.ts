/** What a Linux bridge does by itself; see `host-bridge.ts` for units and ranges. */
export interface LinuxBridgeSettings {
  readonly stp: boolean;
  readonly forwardDelaySeconds: number;
  readonly helloTimeSeconds: number;
  readonly maxAgeSeconds: number;
  readonly priority: number;
  readonly ageingSeconds: number;
  readonly multicastSnooping: boolean;
}

type Given = { readonly [Setting in keyof LinuxBridgeSettings]?: LinuxBridgeSettings[Setting] | undefined };

/** Values left out are the defaults said here, not "whatever it is": what is managed can be compared. */
export const settledBridge = (given: Given): LinuxBridgeSettings => {
  // A bridge over one uplink has no loop to break, and switch ports with BPDU guard shut down.
  const stp = given.stp ?? false;
  return {
    stp,
    // A VM's port forwards from its first frame where no spanning tree has to be waited for.
    forwardDelaySeconds: given.forwardDelaySeconds ?? (stp ? 15 : 0),
    helloTimeSeconds: given.helloTimeSeconds ?? 2,
    maxAgeSeconds: given.maxAgeSeconds ?? 20,
    priority: given.priority ?? 32768,
    ageingSeconds: given.ageingSeconds ?? 300,
    multicastSnooping: given.multicastSnooping ?? true,
  };
};
