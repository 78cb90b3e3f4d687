/** A link as `ip` shows it: up and with a carrier, unless told otherwise. */
export interface ShownLink {
  readonly name: string;
  readonly carrier?: boolean;
}

/** What the `facts` verb prints of a host that has these links, and these routes as `ip -j route` has them. */
export const factsText = (links: readonly ShownLink[], routes: readonly object[] = []): string => {
  const nonce = "00000000-0000-0000-0000-000000000001";
  const shown = links.map(({ name, carrier = true }, index) => ({
    ifindex: index + 2,
    ifname: name,
    flags: ["BROADCAST", "UP", ...(carrier ? ["LOWER_UP"] : [])],
    mtu: 1500,
    link_type: "ether",
  }));
  const sections = {
    tools: "ip:ip utility, iproute2-6.1.0\n",
    system: "",
    attributes: "/proc/sys/kernel/hostname:hv1\n/proc/sys/kernel/osrelease:6.18.0\n/proc/sys/kernel/random/boot_id:1\n",
    links: JSON.stringify(shown),
    routes: JSON.stringify(routes),
  };
  const text = Object.entries(sections).map(([name, of]) => `\n${nonce} begin ${name}\n${of}\n${nonce} end 0\n`);
  return `kvmnet-facts 1 ${nonce}\n${text.join("")}\n${nonce} complete\n`;
};
