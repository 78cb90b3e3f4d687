import { missingForPepa } from "../pepa-requirements.ts";
import type { Rule } from "../rule.ts";

const frames = "test/frames/pepa.test.ts";

/** Private mode holds broadcasts back, not unicast; the filter that closes this has to be possible on the host. */
export const pepaFilterRule: Rule = {
  id: "pepa-filter",
  source: `${frames}: without the filter unicast between two private macvtaps passes under a reflecting switch`,
  judge: (candidate, _request, facts) =>
    candidate.kind === "macvtap-private" && facts !== undefined ? missingForPepa(facts) : undefined,
};

/** A guest that may change its address could take its neighbour's. */
export const pepaHoldsAddressRule: Rule = {
  id: "pepa-holds-address",
  source: `${frames}: a pepa endpoint that sends with another address than its own is dropped`,
  judge: (candidate, { options }) =>
    candidate.kind === "macvtap-private" && options.includes("trustGuestRxFilters")
      ? {
          reason: "pepa holds a guest to its one address, and trustGuestRxFilters lets it change that",
          remedy: "leave trustGuestRxFilters out, or ask for veb or vepa",
          property: "trustGuestRxFilters",
        }
      : undefined,
};
