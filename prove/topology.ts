import fc from "fast-check";

/** A macvtap's mode, or the intent whose filter comes with it. */
export const macvtapKinds = ["bridge", "vepa", "private", "pepa"] as const;
export type MacvtapKind = (typeof macvtapKinds)[number];

/** What stands on one uplink of one hypervisor, beside the host's own stack. */
export type Side =
  | { readonly kind: "macvtaps"; readonly modes: readonly MacvtapKind[] }
  /** One VM that has the uplink, and its address, for itself: the host's stack has neither. */
  | { readonly kind: "passthrough" }
  | { readonly kind: "linux-bridge"; readonly isolated: readonly boolean[] };

/** A layer-2 network: the uplinks of one number, with what stands on each and whether the switch reflects there. */
export type Network = readonly { readonly side: Side; readonly hairpin: boolean }[];

export interface Topology {
  /** By number of the uplinks; null: none, to which what a counterexample does not need is shrunk. */
  readonly networks: readonly (Network | null)[];
  /** Stations, counted through, that send with the address of another one; a stranger's where that is themselves. */
  readonly spoofs: readonly { readonly from: number; readonly claims: number }[];
}

const sides: { readonly [Kind in Side["kind"]]: fc.Arbitrary<Side> } = {
  macvtaps: fc.record({
    kind: fc.constant("macvtaps" as const),
    // At most two of a kind.
    modes: fc.shuffledSubarray([...macvtapKinds, ...macvtapKinds], { minLength: 3, maxLength: 6 }),
  }),
  passthrough: fc.constant({ kind: "passthrough" as const }),
  "linux-bridge": fc.record({
    kind: fc.constant("linux-bridge" as const),
    isolated: fc.array(fc.boolean(), { minLength: 2, maxLength: 3 }),
  }),
};

const sideKinds = ["macvtaps", "passthrough", "linux-bridge"] as const;
type Meeting = readonly [Side["kind"], Side["kind"]];

/** Every pair of kinds, in either order. Drawn one by one, two in passthrough would hardly ever meet. */
const kindPairs = sideKinds.flatMap((one, index) => sideKinds.slice(index).map((other): Meeting => [one, other]));

/** So many networks make every pair of kinds meet. */
export const allMeetings = kindPairs.length;

const network = ([one, other]: Meeting): fc.Arbitrary<Network> => {
  const uplink = (kind: Side["kind"]) => fc.record({ side: sides[kind], hairpin: fc.boolean() });
  return fc.oneof(fc.tuple(uplink(one), uplink(other)), fc.tuple(uplink(other), uplink(one)));
};

/** Every way that VMs stand on the uplinks of two hypervisors, those included that the planner refuses. */
export const topologies: fc.Arbitrary<Topology> = fc.record({
  networks: fc.tuple(...kindPairs.map((pair) => fc.option(network(pair), { freq: 1000 }))),
  spoofs: fc.array(fc.record({ from: fc.nat(99), claims: fc.nat(99) }), { maxLength: 3 }),
});
