import type { PlanRequest } from "../../provider/planning/index.ts";
import type { HostBridgeRef } from "../../provider/schema/ref.ts";

/** What is asked of an attachment to a bridge: nothing but it, unless told otherwise. */
export const asked = (bridge: HostBridgeRef, more: Partial<PlanRequest> = {}): PlanRequest => ({
  bridge,
  needs: [],
  options: [],
  allMulticast: true,
  ...more,
});
