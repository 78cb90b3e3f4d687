import { z } from "zod";

/** How an attachment is made. A new way begins with its name here, its row in planning/candidates.ts, and its XML in libvirt/. */
export const realizationKinds = [
  "linux-bridge",
  "macvtap-bridge",
  "macvtap-vepa",
  "macvtap-private",
  "macvtap-passthrough",
  "macvtap-endpoint",
  "vf-veb",
  "vf-vepa",
  "vf-passthrough",
] as const;
export type RealizationKind = (typeof realizationKinds)[number];

export const realizationSchema = z.strictObject({
  /** One of the kinds above; after a change by hand whatever was found instead. */
  kind: z.string(),
  /** The link it sits on: the bridge, the uplink or the endpoint. */
  source: z.string(),
  /** The ids of the rules that chose it. */
  because: z.array(z.string()),
});
export type Realization = z.output<typeof realizationSchema>;
