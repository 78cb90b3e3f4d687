import fc from "fast-check";
import { type Bandwidth, rateUnitsPerMbps } from "../../provider/schema/bandwidth.ts";
import { macvtapModes } from "../../provider/schema/facts.ts";
import { type Vlan, vlanListOf } from "../../provider/schema/vlan.ts";

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/);
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 5, maxLength: 5 })
  .map((octets) => ["52", ...octets.map((octet) => octet.toString(16).padStart(2, "0"))].join(":"));
const vsi = fc
  .tuple(fc.nat(0xff), fc.nat(0xffffff), fc.nat(0xff), fc.uuid())
  .map(([managerId, typeId, typeIdVersion, instanceId]) => ({ managerId, typeId, typeIdVersion, instanceId }));
const vlanId = fc.integer({ min: 1, max: 4094 });
const vlan = fc.oneof(
  vlanId,
  fc
    .tuple(fc.uniqueArray(vlanId, { minLength: 2, maxLength: 20 }), fc.boolean())
    .map(([[first = 1, ...others], hasNative]): Vlan => {
      if (hasNative) return { native: first, tagged: vlanListOf(others) };
      return { tagged: vlanListOf([first, ...others]) };
    }),
);
/** Rates in libvirt's unit. */
const limit = fc
  .tuple(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.option(fc.nat(1_000_000)),
    fc.option(fc.integer({ min: 1, max: 4096 })),
  )
  .map(([average, more, burst]) => ({
    averageMbps: average / rateUnitsPerMbps,
    ...(more === null ? {} : { peakMbps: (average + more) / rateUnitsPerMbps }),
    ...(burst === null ? {} : { burstKiB: burst }),
  }));
const bandwidth: fc.Arbitrary<Bandwidth> = fc.oneof(
  limit.map((inbound) => ({ inbound })),
  limit.map((outbound) => ({ outbound })),
  fc.tuple(limit, limit).map(([inbound, outbound]) => ({ inbound, outbound })),
);
const ringSize = fc.constantFrom(256, 512, 1024);

const alias = fc.stringMatching(/^ua-[a-zA-Z0-9_-]{1,40}$/);
const bootOrder = fc.integer({ min: 1, max: 99 });
const address = fc.integer({ min: 0, max: 255 }).map((bus) => ({
  type: "pci",
  domain: "0x0000",
  bus: `0x${bus.toString(16).padStart(2, "0")}`,
  slot: "0x00",
  function: "0x0",
}));
const pci = fc.tuple(fc.nat(0xffff), fc.nat(0xff), fc.nat(0x1f), fc.nat(7)).map(([domain, bus, slot, part]) => {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${part}`;
});

const commonOptional = {
  model: fc.constantFrom("virtio", "e1000e", "virtio-non-transitional"),
  driver: fc.constantFrom("vhost" as const, "qemu" as const),
  queues: fc.integer({ min: 1, max: 256 }),
  rxQueueSize: ringSize,
  txQueueSize: ringSize,
  mtu: fc.integer({ min: 68, max: 65535 }),
  linkState: fc.constantFrom("up" as const, "down" as const),
  trustGuestRxFilters: fc.boolean(),
  filter: fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,30}$/),
  bootOrder,
  vlan,
  bandwidth,
  address,
  alias,
  teaming: fc.constant({ type: "persistent" as const }),
};

/** A record whose keys of `optional` are there or not. */
function record<Required extends object, Optional extends object>(
  required: { [K in keyof Required]: fc.Arbitrary<Required[K]> },
  optional: { [K in keyof Optional]: fc.Arbitrary<Optional[K]> },
): fc.Arbitrary<Required & Partial<Optional>> {
  return fc
    .tuple(fc.record(required), fc.record(optional, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }) as Required & Partial<Optional>);
}

/** Every InterfaceSpec that our builders may be given. */
export const interfaceSpec = fc.oneof(
  record(
    { kind: fc.constant("bridge" as const), bridge: name, mac },
    {
      isolated: fc.boolean(),
      target: name,
      ...commonOptional,
    },
  ),
  record(
    { kind: fc.constant("direct" as const), uplink: name, mode: fc.constantFrom(...macvtapModes), mac },
    {
      target: name,
      vsi,
      ...commonOptional,
    },
  ),
  record({ kind: fc.constant("ethernet" as const), target: name, mac }, commonOptional),
  record(
    { kind: fc.constant("hostdev" as const), pci, mac },
    {
      vlan: vlanId,
      bootOrder,
      address,
      alias,
      teaming: alias.map((persistent) => ({ type: "transient" as const, persistent })),
    },
  ),
);
