import { z } from "zod";

/**
 * A virtual station interface (VSI) of IEEE 802.1Qbg, as the adjacent switch is told of it by VDP: which port profile, of which
 * database, this VM's port takes. The numbers are the network administrator's. libvirt's names in the XML are `managerid`,
 * `typeid`, `typeidversion` and `instanceid`, with these ranges (https://libvirt.org/formatdomain.html#direct-attachment-to-physical-interface,
 * libvirt's netdev_vport_profile_conf.c).
 */
const number = (highest: number) => z.number().int().min(0).max(highest);

const profile = {
  /** The database that holds the port profiles: 0 to 255. 0 is reserved by the standard. */
  managerId: number(0xff),
  /** The port profile in it: 0 to 16777215. */
  typeId: number(0xffffff),
  /** Its version: 0 to 255. */
  typeIdVersion: number(0xff),
};

const uuid = z
  .string()
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, "a UUID: 09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f")
  .toLowerCase();

/** As a program gives it. */
export const vsiSchema = z.strictObject({
  ...profile,
  /**
   * The UUID by which the switch knows this port. Default: derived from organization, project, stack and name, and kept from
   * then on. libvirt would make up another one at each definition.
   */
  instanceId: uuid.optional(),
});

/** As libvirt has it. */
export const vsiFactsSchema = z.object({ ...profile, instanceId: uuid });
export type Vsi = z.output<typeof vsiFactsSchema>;
