/** A link as `ip` shows it: up and with a carrier, unless told otherwise. */
export interface ShownLink {
  readonly name: string;
  readonly carrier?: boolean;
}

const shownAs = ({ name, carrier = true }: ShownLink, index: number) => ({
  ifindex: index + 2,
  ifname: name,
  flags: ["BROADCAST", "UP", ...(carrier ? ["LOWER_UP"] : [])],
  mtu: 1500,
  link_type: "ether",
});

/** What a batch of `ip -d -j addr show dev NAME` prints of a host that has these links: it ends at the first that is not there. */
export const batchText = (input: string, links: readonly ShownLink[]): string => {
  const asked = [...input.matchAll(/^addr show dev (.*)$/gm)].map(([, name]) =>
    links.find((link) => link.name === name),
  );
  const there = asked.includes(undefined) ? asked.slice(0, asked.indexOf(undefined)) : asked;
  return there.map((link, index) => `${JSON.stringify(link === undefined ? [] : [shownAs(link, index)])}\n`).join("");
};

/** What the `facts` verb prints of a host that has these links, and these routes as `ip -j route` has them. */
export const factsText = (links: readonly ShownLink[], routes: readonly object[] = []): string => {
  const nonce = "00000000-0000-0000-0000-000000000001";
  const shown = links.map(shownAs);
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
