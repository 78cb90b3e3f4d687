import fc from "fast-check";

/** A macvtap's mode, or the intent whose filter comes with it. */
export type MacvtapKind = "bridge" | "vepa" | "private" | "pepa";

/** What stands on one uplink of one hypervisor. */
export type Side =
  | { readonly kind: "macvtaps"; readonly modes: readonly MacvtapKind[] }
  | { readonly kind: "linux-bridge"; readonly isolated: readonly boolean[] };

export interface Topology {
  /** By hypervisor, then by uplink: uplinks of one number are one network. */
  readonly sides: readonly (readonly { readonly side: Side; readonly hairpin: boolean }[])[];
  /** Stations, counted through, that send with the address of another one; a stranger's where that is themselves. */
  readonly spoofs: readonly { readonly from: number; readonly claims: number }[];
}

const side = (kinds: readonly MacvtapKind[]): fc.Arbitrary<Side> =>
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("macvtaps" as const),
        modes: fc.array(fc.constantFrom(...kinds), {
          minLength: 2,
          maxLength: 4,
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("linux-bridge" as const),
        isolated: fc.array(fc.boolean(), { minLength: 2, maxLength: 3 }),
      }),
    },
  );

/** Every way that VMs stand on so many hypervisors and uplinks, those included that the planner refuses. */
export const topologies = (
  hypervisors: number,
  uplinks: number,
  kinds: readonly MacvtapKind[],
): fc.Arbitrary<Topology> =>
  fc.record({
    sides: fc.array(
      fc.array(fc.record({ side: side(kinds), hairpin: fc.boolean() }), { minLength: uplinks, maxLength: uplinks }),
      {
        minLength: hypervisors,
        maxLength: hypervisors,
      },
    ),
    spoofs: fc.array(fc.record({ from: fc.nat(99), claims: fc.nat(99) }), { maxLength: 3 }),
  });
