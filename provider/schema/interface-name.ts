import { z } from "zod";

/** The kernel's limit (IFNAMSIZ without the final NUL). */
export const interfaceNameMaxBytes = 15;

/** A link that exists on the host. Source: dev_valid_name in the kernel's net/core/dev.c, narrowed to what is safe everywhere. */
export const interfaceNameSchema = z
  .string()
  .regex(
    /^(?!-)(?!\.{1,2}$)[A-Za-z0-9_.-]{1,15}$/,
    "an interface name has 1 to 15 of A-Z a-z 0-9 _ . - and does not begin with '-'",
  );

/** The prefixes that libvirt takes for names of its own making and silently replaces. Source: libvirt's virnetdev.h. */
const libvirtPrefixes = /^(vnet|vif|macvtap|macvlan)/;

/** A link that we make. */
export const newInterfaceNameSchema = interfaceNameSchema.refine((name) => !libvirtPrefixes.test(name), {
  message: "names that begin with vnet, vif, macvtap or macvlan are libvirt's own: choose another",
});
