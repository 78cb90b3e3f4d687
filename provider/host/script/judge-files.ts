/**
 * Which files the host script reads, which attributes of the kernel it sets, and which files of ours it keeps, line by line: a
 * network manager runs as root what it is told to run (`up` of interfaces(5)).
 */
export const judgeFiles = `
# What everybody may read: attributes of a link, and not what its directory leads to.
judge_read() {
  case $1 in
    /sys/class/net/*/*)
      judge_file=\${1#/sys/class/net/}
      judge_link "\${judge_file%%/*}" && judge_link "\${judge_file#*/}"
      ;;
    /proc/sys/net/ipv6/conf/*/disable_ipv6)
      judge_file=\${1#/proc/sys/net/ipv6/conf/}
      judge_link "\${judge_file%/disable_ipv6}"
      ;;
    /proc/sys/net/ipv[46]/conf/*) judge_setting "$1" ;;
    # Of a transaction, its copy of this script (host/transaction.ts).
    /proc/uptime | /proc/version | /run/pulumi-kvm-network/txn/script) ;;
    *) return 1 ;;
  esac
}

# judge_set PATH VALUE. "all" and "default" are no links.
judge_set() {
  case $1 in
    /proc/sys/net/ipv[46]/conf/all/* | /proc/sys/net/ipv[46]/conf/default/*) return 1 ;;
    /proc/sys/net/ipv6/conf/*/disable_ipv6)
      judge_file=\${1#/proc/sys/net/ipv6/conf/}
      judge_link "\${judge_file%/disable_ipv6}" && case $2 in 0 | 1) ;; *) return 1 ;; esac
      ;;
    /proc/sys/net/ipv[46]/conf/*) [ -n "$guard" ] && judge_setting "$1" && judge_number "$2" ;;
    /sys/class/net/*/flags)
      judge_file=\${1#/sys/class/net/}
      judge_link "\${judge_file%/flags}" && case $2 in 0x?*) judge_hexadecimal "\${2#0x}" ;; *) return 1 ;; esac
      ;;
    /sys/class/net/*/device/sriov_numvfs)
      judge_file=\${1#/sys/class/net/}
      judge_link "\${judge_file%/device/sriov_numvfs}" && judge_number "$2"
      ;;
    /sys/bus/pci/drivers_probe) judge_vf "$2" ;;
    /sys/bus/pci/drivers/*/unbind)
      judge_file=\${1#/sys/bus/pci/drivers/}
      judge_driver "\${judge_file%/unbind}" && judge_vf "$2"
      ;;
    /sys/bus/pci/devices/*/driver/unbind)
      judge_file=\${1#/sys/bus/pci/devices/}
      judge_vf "\${judge_file%/driver/unbind}" && [ "$2" = "\${judge_file%/driver/unbind}" ]
      ;;
    /sys/bus/pci/devices/*/driver_override)
      judge_file=\${1#/sys/bus/pci/devices/}
      judge_vf "\${judge_file%/driver_override}" && { [ -z "$2" ] || judge_driver "$2"; }
      ;;
    *) return 1 ;;
  esac
}

# A setting of a link that goes with the host's addresses (links/host-addresses.ts).
judge_setting() {
  judge_file=\${1#/proc/sys/net/ipv?/conf/}
  judge_link "\${judge_file%%/*}" || return 1
  case \${1#/proc/sys/net/} in ipv4/*) judge_family=ipv4 ;; *) judge_family=ipv6 ;; esac
  case $judge_family/\${judge_file#*/} in
    ipv4/forwarding | ipv4/rp_filter | ipv4/arp_ignore | ipv4/arp_announce | ipv4/arp_filter) ;;
    ipv4/accept_local | ipv4/route_localnet | ipv4/src_valid_mark) ;;
    ipv6/accept_ra | ipv6/accept_ra_defrtr | ipv6/accept_ra_pinfo | ipv6/autoconf | ipv6/use_tempaddr) ;;
    ipv6/forwarding) ;;
    *) return 1 ;;
  esac
}

judge_hexadecimal() {
  case $1 in '' | *[!0-9a-f]*) return 1 ;; esac
}

judge_driver() {
  case $1 in '' | *[!A-Za-z0-9_-]*) return 1 ;; esac
}

# A file that gives links addresses, of a manager that is told of it anew.
judge_staged() {
  case $1 in /etc/* | /run/*) ;; *) return 1 ;; esac
  case \${1#/*/} in systemd/network/* | NetworkManager/system-connections/* | network/interfaces.d/*) ;; *) return 1 ;; esac
}

# Records of links, and files of ours that the network managers read: of /run as well, until a reboot.
judge_kept() {
  case $1 in
    /run/systemd/network/* | /run/NetworkManager/system-connections/* | /run/network/interfaces.d/*) set -- "/etc\${1#/run}" ;;
  esac
  case $1 in
    *[!A-Za-z0-9_./@:-]* | */../* | */. | */.. | */) return 1 ;;
    /etc/pulumi-kvm-network/links/*/*/*) return 1 ;;
    /etc/pulumi-kvm-network/links/*/*) ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*.d/*/* | /etc/systemd/network/*/*[!f]) return 1 ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*.d/*.conf) ;;
    /etc/systemd/network/*/* | /etc/NetworkManager/*/*/* | /etc/network/interfaces.d/*/*) return 1 ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*) ;;
    /etc/NetworkManager/conf.d/[0-9][0-9]-pulumi-kvm-network-*.conf) ;;
    /etc/NetworkManager/system-connections/pulumi-kvm-network-*.nmconnection) ;;
    /etc/network/interfaces.d/pulumi-kvm-network-*) ;;
    *) return 1 ;;
  esac
}

# A record is judged when it is done (keep-verb.ts).
judge_kept_line() {
  case $1 in /etc/pulumi-kvm-network/*) return ;; esac
  case $judged in '' | '# Made by pulumi-kvm-network, and removed with what it is for.') return ;; esac
  case $1 in
    /etc/systemd/* | /run/systemd/*) judge_networkd_line || judge_owners_line "$1" ;;
    */NetworkManager/system-connections/*) judge_profile_line ;;
    /etc/NetworkManager/*) judge_network_manager_line ;;
    *) judge_ifupdown_line ;;
  esac
}

# persistence/networkd.ts: sections, and settings that no section gives another meaning.
judge_networkd_line() {
  judge_value=\${judged#*=}
  case $judged in
    '[Match]' | '[Link]' | '[Network]' | '[NetDev]' | '[Bridge]' | '[BridgeVLAN]' | '[SR-IOV]') ;;
    Name=* | Bridge=*) judge_link "$judge_value" ;;
    PermanentMACAddress=* | MACAddress=*) judge_mac "$judge_value" ;;
    'NamePolicy=keep kernel database onboard slot path' | MACAddressPolicy=persistent) ;;
    'AlternativeNamesPolicy=database onboard slot path mac') ;;
    Kind=bridge | Unmanaged=yes | RequiredForOnline=no) ;;
    LinkLocalAddressing=no | IPv6AcceptRA=no | ConfigureWithoutCarrier=yes) ;;
    STP=* | MulticastSnooping=* | VLANFiltering=* | HairPin=* | Isolated=* | MACSpoofCheck=* | Trust=*)
      judge_yes_no "$judge_value"
      ;;
    LinkState=auto | LinkState=yes | LinkState=no | VLANProtocol=802.1Q | VLANProtocol=802.1ad) ;;
    DefaultPVID=none | PVID=no) ;;
    MTUBytes=* | SR-IOVVirtualFunctions=* | ForwardDelaySec=* | HelloTimeSec=* | MaxAgeSec=* | AgeingTimeSec=*)
      judge_number "$judge_value"
      ;;
    Priority=* | DefaultPVID=* | PVID=* | EgressUntagged=* | VirtualFunction=* | VLANId=* | QualityOfService=*)
      judge_number "$judge_value"
      ;;
    VLAN=*) judge_number "\${judge_value%-*}" && judge_number "\${judge_value#*-}" ;;
    '[Address]' | '[Route]' | '[RoutingPolicyRule]' | '[DHCP]' | '[DHCPv4]' | '[DHCPv6]' | '[IPv6AcceptRA]') ;;
    IAID=*) judge_number "$judge_value" ;;
    *) return 1 ;;
  esac
}

# What a bridge is given of its NIC's file (persistence/networkd-owner.ts) is what root has written there, line by line: an account
# that may use this script gives the host no words of its own.
judge_owners_line() {
  case $1 in *.network) ;; *) return 1 ;; esac
  set +f
  for judge_file in $networkd_folders; do
    grep -qsxF -e "$judged" "$judge_file"/*.network "$judge_file"/*.network.d/*.conf && { set -f; return; }
  done
  set -f
  return 1
}
networkd_folders='/etc/systemd/network /run/systemd/network /usr/local/lib/systemd/network /usr/lib/systemd/network'

# persistence/network-manager.ts: links that it leaves alone.
judge_network_manager_line() {
  case $judged in
    '[keyfile]' | managed=0) ;;
    '[device-pulumi-kvm-network-'*']')
      judge_value=\${judged#'[device-'}
      judge_word "\${judge_value%]}"
      ;;
    'unmanaged-devices+='* | match-device=*)
      judge_value=\${judged#*=}
      case $judge_value in *[!A-Za-z0-9_.:\\;*-]*) return 1 ;; interface-name:?*) ;; *) return 1 ;; esac
      ;;
    *) return 1 ;;
  esac
}
`;
