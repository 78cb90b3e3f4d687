import type { HostBridgeRef, MacvtapEndpointRef, SriovVirtualFunctionRef, UplinkRef } from "../../schema/ref.ts";
import type { Vlan } from "../../schema/vlan.ts";
import type { Attachment, Fabric, FabricUplink, Station } from "./fabric.ts";

/** What is planned of a VM's interface: the checked inputs of a VmInterface hold it. */
export interface PlannedInterface {
  readonly name: string;
  readonly host: string;
  readonly mac: string;
  readonly realization: { readonly kind: string; readonly source: string };
  readonly bridge?: HostBridgeRef | undefined;
  readonly endpoint?: MacvtapEndpointRef | undefined;
  readonly vf?: SriovVirtualFunctionRef | undefined;
  readonly vlan?: Vlan | undefined;
  readonly isolated?: boolean | undefined;
  readonly allMulticast?: boolean | undefined;
}

/** The layer-2 network behind an uplink; undefined: nobody knows. */
export type SegmentOf = (uplink: { readonly host: string; readonly nic: string }) => string | undefined;

const macvtapModes: Readonly<Record<string, "bridge" | "vepa" | "private" | "passthrough">> = {
  "macvtap-bridge": "bridge",
  "macvtap-vepa": "vepa",
  "macvtap-private": "private",
  "macvtap-passthrough": "passthrough",
};

/** The mode of the NIC's switch that each stands for. */
const vfModes: Readonly<Record<string, "veb" | "vepa">> = {
  "vf-veb": "veb",
  "vf-vepa": "vepa",
  "vf-passthrough": "veb",
};

const uplinkRefOf = ({ bridge, endpoint, vf }: PlannedInterface): UplinkRef | undefined =>
  endpoint?.uplink ?? vf?.uplink ?? bridge?.uplink;

/** A VF has one VLAN, and so has the link below a macvtap. */
const oneOf = (vlan: Vlan | undefined) => (typeof vlan === "number" ? { vlan } : {});

const attachmentOf = (planned: PlannedInterface): Attachment | undefined => {
  const { realization, endpoint, vf, vlan, isolated = false, allMulticast = true } = planned;
  const uplink = uplinkRefOf(planned)?.nic;
  if (realization.kind === "linux-bridge")
    return { kind: "port", bridge: realization.source, isolated, ...(vlan !== undefined && { vlan }) };
  if (vfModes[realization.kind] !== undefined && uplink !== undefined) {
    const macvtap = realization.kind === "vf-passthrough";
    return { kind: "vf", uplink, ...oneOf(vlan ?? vf?.vlan), ...(macvtap && { macvtap }) };
  }
  const mode = endpoint === undefined ? macvtapModes[realization.kind] : macvtapModes[`macvtap-${endpoint.mode}`];
  if (mode === undefined || uplink === undefined) return undefined;
  // As a VM's realization private stands for pepa, whose filter is part of it; an endpoint of one's own has the mode alone.
  const filtered = mode === "private" && endpoint === undefined;
  return { kind: "macvtap", uplink, mode, allMulticast, filtered, ...oneOf(vlan) };
};

/** An uplink of which something else is told by each who names it: what one knows counts. */
const merged = (known: FabricUplink | undefined, told: FabricUplink): FabricUplink => ({ ...known, ...told });

const reflects = ({ reflectiveRelay }: UplinkRef): Pick<FabricUplink, "reflects"> =>
  reflectiveRelay === "active" || reflectiveRelay === "absent" ? { reflects: reflectiveRelay === "active" } : {};

/** A NIC has a switch of its own while it has VFs. Which mode that is in one who has a VF of it knows, else what was stated. */
const embeddedOf = ({ realization }: PlannedInterface, ref: UplinkRef): Pick<FabricUplink, "embedded"> => {
  const embedded = vfModes[realization.kind] ?? ref.embeddedSwitch;
  if (vfModes[realization.kind] !== undefined || (ref.numVfs ?? 0) > 0) return { embedded: embedded ?? "veb" };
  return {};
};

const knownOf = (planned: PlannedInterface, ref: UplinkRef): Partial<FabricUplink> => ({
  ...reflects(ref),
  ...embeddedOf(planned, ref),
  ...(ref.vfCapabilities && { vfCapabilities: ref.vfCapabilities }),
});

/** What a host's own stack is called, on an uplink or on the bridge that this is in. */
export const hostItself = (host: string, nic: string): string => `${host} itself (${nic})`;

/** The hosts' own stacks. Where a macvtap has an uplink and its address for itself, the host has none there. */
const hostsOn = ({ uplinks, stations }: Fabric): Station[] =>
  uplinks
    .filter(({ host, nic }) => !stations.some((each) => each.host === host && isPassthroughOn(nic, each)))
    .map(({ host, nic, bridge }) => ({
      name: hostItself(host, nic),
      host,
      // Its uplink's, which nobody has looked up: no VM has the same one.
      mac: hostItself(host, nic),
      attachment: { kind: "host", on: bridge ?? nic },
    }));

const isPassthroughOn = (nic: string, { attachment }: Station): boolean =>
  attachment.kind === "macvtap" && attachment.mode === "passthrough" && attachment.uplink === nic && !attachment.vlan;

/**
 * The fabric of a fleet's planned interfaces. Those whose realization is not known yet are left out: `missing` names them.
 * `hosts`: with the hosts' own stacks (`hostItself`); default false.
 */
export const fabricOf = (
  interfaces: readonly PlannedInterface[],
  segmentOf: SegmentOf = () => undefined,
  { hosts = false }: { readonly hosts?: boolean } = {},
): { readonly fabric: Fabric; readonly missing: readonly string[] } => {
  const uplinks = new Map<string, FabricUplink>();
  const stations: Station[] = [];
  const missing: string[] = [];
  for (const planned of interfaces) {
    const { name, host, mac, realization } = planned;
    const attachment = attachmentOf(planned);
    const ref = uplinkRefOf(planned);
    if (attachment === undefined) {
      missing.push(name);
      continue;
    }
    stations.push({ name, host, mac, attachment });
    // A bridge that somebody else made has an uplink of which nothing is known, or none.
    const nic = ref?.nic ?? `uplink of ${realization.source}`;
    const segment = segmentOf({ host, nic });
    const told: FabricUplink = {
      host,
      nic,
      ...(attachment.kind === "port" ? { bridge: realization.source } : {}),
      ...(attachment.kind === "port" && planned.bridge?.vlans && { vlans: planned.bridge.vlans }),
      ...(ref === undefined ? {} : knownOf(planned, ref)),
      ...(segment === undefined ? {} : { segment }),
    };
    const key = `${host} ${nic}`;
    uplinks.set(key, merged(uplinks.get(key), told));
  }
  const fabric = { uplinks: [...uplinks.values()], stations };
  return { fabric: hosts ? { ...fabric, stations: [...stations, ...hostsOn(fabric)] } : fabric, missing };
};
