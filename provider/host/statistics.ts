/** What reaching one host has cost so far. */
export interface HostStatistics {
  readonly host: string;
  /** Connections made (not the attempts that failed). */
  connections: number;
  /** Writes of one or more requests. */
  roundTrips: number;
  requests: number;
}

const byHost = new Map<string, HostStatistics>();

export const statisticsOf = (host: string): HostStatistics => {
  const statistics = byHost.get(host) ?? { host, connections: 0, roundTrips: 0, requests: 0 };
  byHost.set(host, statistics);
  return statistics;
};

/** Connections, round trips and requests of this process, by host. */
export const hostStatistics = (): readonly HostStatistics[] => [...byHost.values()].map((each) => ({ ...each }));
