/**
 * What `ip` and `bridge` are let do (links/): make, set and remove links of our kinds. Word by word, so that no word is taken for
 * what it is not: neither netns, nor xdp, nor a type or option that nobody here asks for.
 */
export const judgeIp = `
judge_ip_command() {
  case "$1 $2" in '-d -j') shift 2 ;; esac
  judge_ip "$@"
}

# A line of a batch is cut at blanks outside of quotes, and at # (iproute2 lib/utils.c). Only an alias has quotes (links/batch.ts).
judge_ip_line() {
  case $judged in
    *['#\\\\']* | *"$tab"*) return 1 ;;
    'link set dev '*' alias "'*'"'*) judge_quote='"' ;;
    "link set dev "*" alias '"*"'"*) judge_quote="'" ;;
    *)
      judge_plain "$judged" && judge_ip $judged
      return
      ;;
  esac
  judge_rest=\${judged#*" alias $judge_quote"}
  judge_before=\${judged%"$judge_rest"}
  judge_text=\${judge_rest%%"$judge_quote"*}
  judge_rest=\${judge_rest#*"$judge_quote"}
  judge_before=\${judge_before%"$judge_quote"}
  judge_plain "$judge_before$judge_rest" && judge_ip $judge_before "$judge_text" $judge_rest
}

# Words without quotes, which a shell and iproute2 tell apart alike.
judge_plain() {
  case $1 in '' | *[!A-Za-z0-9_.:/@+=,\\ -]*) return 1 ;; esac
}

judge_ip() {
  case "$1 $2 $3" in
    'addr show dev' | 'link del dev') [ "$#" -eq 4 ] && judge_link "$4" ;;
    'route show table') [ "$# $4 $5 $6 $7" = '8 all type unicast dev' ] && judge_link "$8" ;;
    'neigh show to' | 'neigh flush to') [ "$# $5" = '6 dev' ] && judge_address "$4" && judge_link "$6" ;;
    'neigh replace '*) [ "$# $4 $6" = '6 dev use' ] && judge_address "$3" && judge_link "$5" ;;
    'addr add '* | 'addr del '*)
      # Where nobody takes it back it is not done.
      [ -n "$guard" ] && judge_address "\${3%/*}" || return 1
      shift 3
      judge_address_settings "$@"
      ;;
    'route replace '*)
      [ -n "$guard" ] && judge_address "\${3%/*}" || return 1
      shift 3
      judge_route_settings "$@"
      ;;
    'link set dev')
      judge_link "$4" || return 1
      shift 4
      judge_link_settings "$@"
      ;;
    'link add link')
      judge_link "$4" && [ "$5" = name ] && judge_link "$6" || return 1
      shift 6
      judge_new_link "$@"
      ;;
    'link add name')
      judge_link "$4" || return 1
      shift 4
      judge_new_link "$@"
      ;;
    *) return 1 ;;
  esac
}

# An IPv4 or IPv6 address, as far as letters go: ip looks at the rest.
judge_address() {
  case $1 in '' | *[!0-9A-Fa-f.:]*) return 1 ;; esac
}

# The host's own addresses, which move between an uplink and its bridge (links/host-addresses.ts).
judge_address_settings() {
  while [ "$#" -gt 0 ]; do
    case $1 in
      noprefixroute | home | mngtmpaddr | autojoin | nodad)
        shift
        continue
        ;;
      peer) judge_address "\${2%/*}" ;;
      broadcast) judge_address "$2" ;;
      label) case $2 in '' | *[!A-Za-z0-9_.:-]*) return 1 ;; esac ;;
      dev) judge_link "$2" ;;
      scope) judge_word "$2" ;;
      metric | valid_lft | preferred_lft) judge_number "$2" ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

judge_route_settings() {
  while [ "$#" -gt 0 ]; do
    case $1 in
      onlink)
        shift
        continue
        ;;
      via)
        case $2 in inet | inet6) shift ;; esac
        judge_address "$2"
        ;;
      src) judge_address "$2" ;;
      dev) judge_link "$2" ;;
      table | proto | scope | pref) judge_word "$2" ;;
      metric | expires | mtu | advmss | hoplimit | initcwnd | initrwnd | window | rtt | rttvar | rto_min | ssthresh | cwnd | \\
        reordering | quickack)
        judge_number "$2"
        ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

judge_new_link() {
  while :; do
    case $1 in
      address) judge_mac "$2" ;;
      mtu) judge_number "$2" ;;
      allmulticast) judge_on_off "$2" ;;
      type)
        case $2 in bridge | macvtap | vlan) ;; *) return 1 ;; esac
        judge_link_type "$@"
        return
        ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

judge_link_settings() {
  while [ "$#" -gt 0 ]; do
    case $1 in
      up | down | nomaster)
        shift
        continue
        ;;
      alias) [ -n "$2" ] ;;
      address) judge_mac "$2" ;;
      mtu) judge_number "$2" ;;
      allmulticast) judge_on_off "$2" ;;
      master) judge_link "$2" ;;
      vf)
        judge_number "$2" || return 1
        shift 2
        judge_vf_settings "$@"
        return
        ;;
      type)
        case $2 in bridge | bridge_slave | macvtap) ;; *) return 1 ;; esac
        judge_link_type "$@"
        return
        ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

# type KIND SETTING…
judge_link_type() {
  judge_kind=$2
  shift 2
  while [ "$#" -gt 0 ]; do
    case "$judge_kind $1" in
      'bridge forward_delay' | 'bridge hello_time' | 'bridge max_age' | 'bridge ageing_time' | 'bridge stp_state' | \\
        'bridge priority' | 'bridge mcast_snooping' | 'bridge vlan_default_pvid' | 'bridge vlan_filtering' | 'vlan id')
        judge_number "$2"
        ;;
      'bridge_slave hairpin' | 'bridge_slave isolated') judge_on_off "$2" ;;
      'macvtap mode') case $2 in vepa | private | bridge) ;; *) return 1 ;; esac ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

judge_vf_settings() {
  while [ "$#" -gt 0 ]; do
    case $1 in
      mac) judge_mac "$2" ;;
      vlan | qos | min_tx_rate | max_tx_rate) judge_number "$2" ;;
      proto) case $2 in 802.1Q | 802.1q | 802.1ad) ;; *) return 1 ;; esac ;;
      trust | spoofchk) judge_on_off "$2" ;;
      state) case $2 in auto | enable | disable) ;; *) return 1 ;; esac ;;
      *) return 1 ;;
    esac || return 1
    shift 2
  done
}

judge_on_off() {
  case $1 in on | off) ;; *) return 1 ;; esac
}

judge_bridge() {
  [ "$#" -eq 7 ] || return 1
  case "$2 $3 $4 $6 $7" in
    'link set dev hwmode veb' | 'link set dev hwmode vepa') judge_link "$5" ;;
    *) [ "$2 $3 $4 $5 $6" = '-d -j link show dev' ] && judge_link "$7" ;;
  esac
}

# The VLANs of a bridge's port.
judge_vlan_line() {
  judge_plain "$judged" && judge_vlan $judged
}

judge_vlan() {
  case "$1 $2 $3" in 'vlan add dev' | 'vlan del dev') ;; *) return 1 ;; esac
  judge_link "$4" && [ "$5" = vid ] || return 1
  judge_number "\${6%-*}" && judge_number "\${6#*-}" || return 1
  case "$# $7 $8" in '6  ' | '8 pvid untagged') ;; *) return 1 ;; esac
}
`;
