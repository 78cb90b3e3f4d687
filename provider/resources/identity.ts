import { createHash } from "node:crypto";
import { interfaceNameMaxBytes } from "../schema/interface-name.ts";
import { markPrefix } from "../schema/mark.ts";

/**
 * What a resource is called on the host. All of it is derived from a seed (organization, stack and URN) when the resource is
 * first checked, stands among its inputs from then on, and so survives a renamed resource and a lost state.
 */

const digest = (seed: string): Buffer => createHash("sha256").update(seed).digest();

/** IFALIASZ is 256 with the final NUL; libvirt takes more. */
const markMaxBytes = 200;

/** `acme/urn:pulumi:prod::net::…:VmInterface::web-1` → who made it, readable in `ip link`, unique by its last six digits. */
export const markFor = (seed: string): string => {
  const [organization = "", stack = "", project = ""] =
    /^([^/]*)\/urn:pulumi:(.*?)::(.*?)::/.exec(seed)?.slice(1) ?? [];
  const readable = `${organization}/${project}/${stack}:${resourceName(seed)}`.replaceAll(/[^A-Za-z0-9_./:-]/g, "_");
  return `${markPrefix}${readable.slice(0, markMaxBytes)}@${digest(seed).toString("hex").slice(0, 6)}`;
};

const resourceName = (seed: string): string => seed.slice(seed.lastIndexOf("::") + 2);

/** The name in a mark, for messages: `web-1`. */
export const nameOfMark = (mark: string): string => /:([^:@]*)@[0-9a-f]{6}$/.exec(mark)?.[1] ?? mark;

/** libvirt keeps an alias of the user's that begins with `ua-`. Source: libvirt formatdomain, "alias". */
export const userAlias = (mark: string): string => `ua-kvmnet-${digest(mark).toString("hex").slice(0, 16)}`;

/** A locally administered unicast address: 46 bits of the seed. Source: IEEE 802-2014, clause 8.4. */
export const macFor = (seed: string): string => {
  const octets = [...digest(`mac ${seed}`).subarray(0, 6)];
  octets[0] = ((octets[0] ?? 0) & 0xfc) | 0x02;
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(":");
};

const macIn = (told: unknown): string | undefined =>
  typeof told === "object" && told !== null && "mac" in told && typeof told.mac === "string" ? told.mac : undefined;

/**
 * The address that was decided, by the inputs of the last update: as `ref` or `plan` tell it, for the input of that name is what a
 * refresh has found.
 */
export const keptMac = ({ ref, plan, ...olds }: Readonly<Record<string, unknown>>): string | undefined =>
  macIn(ref) ?? macIn(plan) ?? macIn(olds);

/** A UUID whose bits are our own: version 8. Source: RFC 9562, clause 5.8. */
export const uuidFor = (seed: string): string => {
  const octets = digest(`uuid ${seed}`).subarray(0, 16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x80;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  return octets.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const hashDigits = 6;

/** A link's name: as much of the resource's name as fits, and six digits that keep it apart from its neighbours. */
export const linkNameFor = (seed: string, prefix = ""): string => {
  const room = interfaceNameMaxBytes - hashDigits - 1 - prefix.length;
  const slug = resourceName(seed)
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .slice(0, room)
    .replace(/^-+/, "")
    .replace(/-+$/, "");
  // libvirt silently replaces names that begin like its own; a letter in front keeps ours.
  const safe = /^(vnet|vif|macvtap|macvlan)/.test(prefix + slug) ? `x${slug.slice(0, room - 1)}` : slug;
  return `${prefix}${safe || "vm"}-${digest(`link ${seed}`).toString("hex").slice(0, hashDigits)}`;
};
