import { type Vlan, type VlanList, vlanIdsOf } from "../../schema/vlan.ts";
import type { Fabric, Station } from "./fabric.ts";

const listOf = (vlan: Vlan): VlanList =>
  typeof vlan === "number" ? [vlan] : [...(vlan.native === undefined ? [] : [vlan.native]), ...vlan.tagged];

/** VLANs, one at least of each set of those that nothing in the fabric tells apart: where a list's entry begins, and after its end. */
const toldApart = ({ stations, uplinks }: Fabric): Set<number> => {
  const lists: VlanList[] = [
    ...stations.flatMap(({ attachment: { vlan } }) => (vlan === undefined ? [] : [listOf(vlan)])),
    ...uplinks.flatMap(({ vlans }) =>
      vlans === undefined ? [] : [[vlans.defaultPvid, vlans.uplinkPvid, ...vlans.uplinkTagged]],
    ),
  ];
  return new Set(
    lists.flat().flatMap((entry) => {
      const ids = vlanIdsOf([entry]);
      return [ids[0] ?? 0, (ids.at(-1) ?? 0) + 1];
    }),
  );
};

/** The tags with which a station sends: undefined for none. Behind a trunk it has several. */
export const tagsOf = (fabric: Fabric, { attachment }: Station): (number | undefined)[] => {
  const vlan = attachment.kind === "port" ? attachment.vlan : undefined;
  if (typeof vlan !== "object") return [undefined];
  const apart = toldApart(fabric);
  const tagged = vlanIdsOf(vlan.tagged).filter((id) => apart.has(id));
  return vlan.native === undefined ? tagged : [undefined, ...tagged];
};
