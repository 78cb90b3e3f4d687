/* What /etc/network/interfaces says of a NIC: the options of ifupdown 0.8 by their names, interfaces(5), and those of resolvconf(8). */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Options that go with the host's addresses. */
export const movingOptions: readonly string[] = words(`address netmask broadcast metric gateway pointopoint scope
  hostname leasetime vendor client
  privext accept_ra autoconf dhcp request_prefix preferred-lifetime dad-attempts dad-interval ll-attempts ll-interval
  dns-nameservers dns-nameserver dns-search dns-domain dns-sortlist dns-options dns-default-route`);

/** Those that are the NIC's: they stay where they are. Behind the first three they are ethtool's (its README.Debian). */
export const stayingOptions: readonly string[] = words(`mtu hwaddress description
  link-speed link-duplex ethernet-port ethernet-autoneg ethernet-wol
  offload-gro offload-gso offload-lro offload-rx offload-sg offload-tso offload-tx`);

/** What is run when it comes and goes. */
export const commandOptions: readonly string[] = words("pre-up up post-up down pre-down post-down");

/** What begins a section of its own, or says when a link is brought up. */
export const headWords: readonly string[] = words(
  "iface mapping script map source source-directory auto allow-auto allow-hotplug no-auto-down no-scripts rename",
);
