/**
 * The part of the host script that notes what a link has beside what it is (snapshot.ts): each a line which is the command that makes it
 * so, with the path of what it is of in front. To bring it back is to do what is missing of it, and to verify it is to look what still is.
 * What is gone meanwhile, as the tap of a machine that was shut off, lacks nothing; what came meanwhile stays.
 *
 * Settings below /proc/sys/net, and a bridge's and a port's; routes that are no unicast, static neighbours and the token of its IPv6
 * addresses, which go with an address, or with an MTU below 1280; offloads, where there is an ethtool, which go with a bridge or another MTU.
 * And of the host its policy rules: systemd-networkd removes those that it has not made whenever a link gets another file (systemd.network(5)).
 */
export const snapshotNotes = `
snapshot_kinds='settings routes neighbours offloads vlans port'

# Without what a bridge or a port tells of itself, which nobody sets.
snapshot_settings() (
  set +f
  grep -sH . "/proc/sys/net/ipv4/conf/$1"/* "/proc/sys/net/ipv6/conf/$1"/* \\
    "/sys/class/net/$1/brport"/* "/sys/class/net/$1/bridge"/* "/sys/class/net/$1/device/sriov_drivers_autoprobe" 2>/dev/null |
    sed -e '/\\/brport\\/\\(state\\|change_ack\\|config_pending\\|port_no\\|designated_[a-z]*\\):/d' \\
      -e '/\\/bridge\\/\\(root_[a-z]*\\|topology_[a-z_]*\\):/d; /\\/[a-z_]*_\\(timer\\|id\\):/d' \\
      -e 's/^\\([^:]*\\):/note_setting \\1 /'
)

# The kernel takes a default PVID through its file only where a bridge does not filter.
note_setting() {
  note_path=$1
  shift
  case $note_path in
    */bridge/default_pvid)
      note_path=\${note_path%/bridge/*}
      ip link set dev "\${note_path##*/}" type bridge vlan_default_pvid "$1"
      ;;
    *) printf '%s\\n' "$*" >"$note_path" ;;
  esac
}

snapshot_routes() {
  for snapshot_family in $snapshot_families; do
    ip $snapshot_family route show table all dev "$1" | snapshot_for_good |
      sed -n "/ proto kernel /d; s#^\\(local\\|broadcast\\|anycast\\|multicast\\) .*#note_ip /sys/class/net/$1 $snapshot_family route replace & dev $1#p"
  done
}

snapshot_neighbours() {
  ip neigh show dev "$1" nud permanent |
    sed -n "s#^\\([^ ]*\\) lladdr \\([^ ]*\\) .*#note_ip /sys/class/net/$1 neigh replace \\1 lladdr \\2 dev $1 nud permanent#p"
  ip neigh show proxy dev "$1" | sed "s#^\\([^ ]*\\).*#note_ip /sys/class/net/$1 neigh replace proxy \\1 dev $1#"
  ip token show dev "$1" 2>/dev/null | sed -n "/ :: /d; s#^token #note_ip /sys/class/net/$1 token set #p"
}

note_ip() {
  shift
  ip "$@"
}

# What was asked for and can't be for now is off.
snapshot_offloads() {
  command -v ethtool >/dev/null || return 0
  ethtool -k "$1" 2>/dev/null |
    sed -n "/\\[fixed\\]/d; s/ \\[requested .*//; s#^[ $tab]*\\([^:]*\\): \\(o.*\\)#note_offload /sys/class/net/$1 \\1 \\2#p"
}

note_offload() { ethtool -K "\${1##*/}" "$2" "$3"; }

# Without what a rule's link is at the moment.
snapshot_rules() {
  for snapshot_family in $snapshot_families; do
    ip $snapshot_family rule show |
      sed "s#^\\([0-9]*\\):[ $tab]*#note_ip /proc/net $snapshot_family rule add pref \\1 #; s/lookup \\[l3mdev-table\\]/l3mdev/; s/ \\[[a-z]*\\]//g; s/ *$//"
  done
}

# take_notes FILE LINK KIND…
take_notes() {
  snapshot_notes=$1 snapshot_of=$2
  shift 2
  for snapshot_kind; do "snapshot_$snapshot_kind" "$snapshot_of" >"$snapshot_notes.$snapshot_kind" || return; done
}

# missing LINK KIND: of the notes that come, those that are not so.
missing() {
  snapshot_now=$("snapshot_$2" "$1" </dev/null)
  while IFS= read -r snapshot_line; do
    snapshot_word=\${snapshot_line#* }
    [ -e "\${snapshot_word%% *}" ] || continue
    case "$newline$snapshot_now$newline" in *"$newline$snapshot_line$newline"*) ;; *) printf '%s\\n' "$snapshot_line" ;; esac
  done
}

make_so() { while read -r snapshot_line; do $snapshot_line </dev/null; done; }

# lacking FILE LINK KIND…
lacking() {
  snapshot_notes=$1 snapshot_of=$2
  shift 2
  for snapshot_kind; do missing "$snapshot_of" "$snapshot_kind" <"$snapshot_notes.$snapshot_kind"; done
}

# One kind behind the other: some make more than they say.
bring_back() {
  snapshot_notes=$1 snapshot_of=$2
  shift 2
  for snapshot_kind; do lacking "$snapshot_notes" "$snapshot_of" "$snapshot_kind" | make_so; done
}

# lacks FILE LINK KIND…: in words, without what a router tells a link by its advertisements.
lacks() { lacking "$@" | sed -e '/\\/ipv6\\/conf\\/[^ ]*\\/\\(hop_limit\\|mtu\\) /d' -e "s/^[^ ]*/$2 lacks/"; }
`;
