import test from "ava";
import { type Bandwidth, bandwidthSchema, rateUnitsPerMbps } from "../../provider/schema/bandwidth.ts";

test("a rate is taken only if libvirt's unit can hold it exactly", (t) => {
  const rate = (averageMbps: number) => bandwidthSchema.safeParse({ inbound: { averageMbps } }).success;
  for (const mbps of [1, 10, 2500, 0.008, 1.6, 0.4, 1_000_000]) {
    t.true(rate(mbps), String(mbps));
    // There and back again: what a refresh reads is what was given.
    t.is(Math.round(mbps * rateUnitsPerMbps) / rateUnitsPerMbps, mbps);
  }
  for (const mbps of [0, -1, 0.5, 0.001, 1_000_001, Number.NaN]) t.false(rate(mbps), String(mbps));
});

test("a limit has a direction, and its peak is not below its average", (t) => {
  const given: Bandwidth = { inbound: { averageMbps: 10, peakMbps: 20, burstKiB: 64 }, outbound: { averageMbps: 1 } };
  t.deepEqual(bandwidthSchema.parse(given), given);
  t.false(bandwidthSchema.safeParse({}).success);
  t.false(bandwidthSchema.safeParse({ outbound: { averageMbps: 10, peakMbps: 9 } }).success);
  t.false(bandwidthSchema.safeParse({ outbound: { averageMbps: 10, burstKiB: 0 } }).success);
});
