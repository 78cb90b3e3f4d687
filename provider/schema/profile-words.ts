/*
 * What a profile of NetworkManager's says of a NIC, by section of its file, and what of it goes with the host's addresses: nm-settings-keyfile(5),
 * nm-settings-nmcli(5) of NetworkManager 1.52. Numbers in a setting's name are left out here (`address1`).
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const both = `method address addresses addresses_options gateway route route_options routes routing-rule dns dns-search dns-options
  dns-priority routed-dns dad-timeout dhcp-timeout dhcp-dscp dhcp-hostname dhcp-hostname-flags dhcp-send-hostname dhcp-send-release
  dhcp-iaid ignore-auto-dns ignore-auto-routes may-fail never-default replace-local-rule required-timeout route-metric route-table
  auto-route-ext-gw`;

/** Settings that go with the host's addresses. */
export const movingWords: Readonly<Record<string, readonly string[]>> = {
  connection: words("zone metered mdns llmnr dns-over-tls mptcp-flags"),
  ipv4: words(`${both} dhcp-client-id dhcp-fqdn dhcp-reject-servers dhcp-vendor-class-identifier dhcp-ipv6-only-preferred
    link-local`),
  ipv6: words(
    `${both} dhcp-duid addr-gen-mode token ip6-privacy mtu ra-timeout temp-valid-lifetime temp-preferred-lifetime`,
  ),
  hostname: words("priority from-dhcp from-dns-lookup only-from-default"),
};

/** Those that are the NIC's: they stay where they are. */
export const stayingWords: Readonly<Record<string, readonly string[]>> = {
  connection: words("lldp"),
  ethernet:
    words(`mtu auto-negotiate speed duplex port wake-on-lan mac-address mac-address-blacklist mac-address-denylist
    cloned-mac-address accept-all-mac-addresses`),
  ethtool: words("feature ring coalesce pause channels"),
};
