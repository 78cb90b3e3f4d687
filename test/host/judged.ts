import { settledBridge } from "../../provider/schema/linux-bridge-settings.ts";
import { link } from "../planning/facts.ts";

export const nic = link("eth1", { mtu: 1500, mac: "52:54:00:00:00:01", ipv6Disabled: false });
export const mark = "pulumi-kvm-network:acme/net/prod:web-1@0a1b2c";
export const wanted = {
  name: "br-lan",
  alias: mark,
  stp: true,
  vlanFiltering: true,
  port: { hairpin: true, isolated: true },
};

export const nonce = "0123456789abcdef0123456789abcdef";

const ofOwner = {
  bridge: [
    "[IPv6AcceptRA]",
    "[Network]",
    "  Address = 192.0.2.2/24",
    "DNS=192.0.2.1#dns.example.net",
    'Domains=~example.net "a b"',
    "[DHCPv4]",
  ].concat(["UserClass=$(id) `id` \\x", "[DHCPv4]", "IAID=4294967295", "[DHCPv6]", "IAID=0"]),
  nic: { Link: ["MTUBytes=1400"], Network: ["LLDP=yes"] },
};

/** A bridge that networkd gives the host's addresses. */
export const managed = {
  what: "bridge",
  name: "br-lan",
  nic: "eth1",
  mac: nic.mac,
  mtu: 1400,
  settings: settledBridge({}),
  port: { hairpin: false, isolated: false },
  vlans: { defaultPvid: 1, pvid: 1, tagged: ["2-4094"] },
  owners: ofOwner,
} as const;

/** The same of NetworkManager. */
export const managedProfile = {
  ...managed,
  owners: {
    bridge: [
      "[connection]",
      "zone=trusted",
      "[ipv4]",
      "address1=192.0.2.2/24,192.0.2.1",
      " dns = 192.0.2.1;$(id);",
    ].concat(
      ["method=manual", "route1_options=mtu=1400", "[ipv4]", "dns-search=example.net", "[ipv4]", "may-fail=false"],
      ["[ipv4]", "route-metric=100", "dhcp-timeout=2147483647"],
      ["dhcp-client-id=01:52:54:00:00:00:01", "[ipv6]", "dhcp-timeout=2147483647", "ra-timeout=2147483647"],
      ["dhcp-duid=00:04:d7:66", "dhcp-iaid=2b:50:67:35", "addr-gen-mode=eui64", "token=::fc12:e921:8269:bdcf"],
    ),
    nic: { ethernet: ["auto-negotiate=true"], ethtool: ["feature-gro=false"] },
    profile: "023239ec-4a61-443f-b82d-acc63a0f78cb",
  },
} as const;

/** The same of ifupdown. */
export const managedStanza = {
  ...managed,
  owners: {
    bridge: [
      "auto br-lan",
      "allow-hotplug br-lan",
      "iface br-lan inet static",
      "    address 192.0.2.2/24",
      "    up ip route add 198.51.100.0/24 via 192.0.2.9",
      "    dns-nameservers\t192.0.2.1",
      "iface br-lan inet dhcp",
      "    metric 1006",
      "iface br-lan inet6 auto",
      "iface br-lan inet6 static",
    ],
    nic: { iface: ["    mtu 1400"] },
  },
} as const;
