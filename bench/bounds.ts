import { type Measured, medianOf, nameOf, ratioOf } from "./pairs.ts";
import type { Fleet } from "./programs.ts";

/** Something that is claimed of this provider. */
export interface Bound {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}

export const holds = ({ measured, atMost }: Bound): boolean => measured <= atMost;

/** An endpoint's own round trips: each host's uplink has one, which finds its NIC. */
export const roundTripsPerEndpoint = (measured: Measured, { hosts, endpointsPerHost }: Fleet): number =>
  (medianOf(measured, "up", ({ roundTrips }) => roundTrips) - hosts.length) / (hosts.length * endpointsPerHost);

export const mostConnections = (all: readonly Measured[]): number =>
  Math.max(
    ...all.flatMap(({ pairs }) =>
      pairs.flatMap(({ kvm }) => Object.values(kvm).flatMap(({ connections }) => connections)),
    ),
  );

/** What must hold of every run, however small. */
export const countBounds = (all: readonly Measured[], fleet: Fleet): Bound[] => [
  { what: "connections to a host in one run (sshd's count)", measured: mostConnections(all), atMost: 1 },
  ...all.map((measured) => ({
    what: `round trips an endpoint, up, ${nameOf(measured.setting)}`,
    measured: roundTripsPerEndpoint(measured, fleet),
    atMost: measured.setting.parallel === undefined ? 1 : 0.3,
  })),
];

/** What the clock says, against a provider that does nothing. */
export const ratioBounds = (all: readonly Measured[]): Bound[] =>
  all
    .filter(({ setting }) => setting.parallel === undefined)
    .flatMap((measured) => {
      const name = nameOf(measured.setting);
      return [
        {
          what: `up / no-op, ${name}`,
          measured: ratioOf(measured, "up"),
          atMost: measured.setting.checkpoints ? 1.15 : 1.25,
        },
        { what: `second up / no-op, ${name}`, measured: ratioOf(measured, "second up"), atMost: 1.25 },
        { what: `refresh / no-op, ${name}`, measured: ratioOf(measured, "refresh"), atMost: 1.25 },
      ];
    });
