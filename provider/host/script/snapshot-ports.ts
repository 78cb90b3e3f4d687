/**
 * The part of the host script that notes what a bridge's ports have, as snapshot-notes.ts does. A port that leaves a bridge loses its VLANs,
 * its static entries of the forwarding tables and its flags, some of which have no file in /sys; another default PVID gives or takes a
 * VLAN of any port.
 */
export const snapshotPorts = `
# Of a bridge itself and of each of its ports, all VLANs in one line.
snapshot_vlans() (
  [ -e "/sys/class/net/$1/bridge/vlan_filtering" ] || exit 0
  snapshot_shown=$(shown_vlans)
  set +f
  for snapshot_path in "/sys/class/net/$1/bridge" "/sys/class/net/$1/brif"/*; do
    [ ! -e "$snapshot_path" ] || echo "note_vlans $snapshot_path$(vlans_of "$snapshot_path")"
  done
)

# "LINK VLANS:pvid:untagged…" a line, of all links.
shown_vlans() {
  bridge -compressvlans vlan show | while IFS= read -r snapshot_line; do
    case $snapshot_line in [!\\ $tab]*)
      printf '\\n%s' "\${snapshot_line%%[ $tab]*}"
      snapshot_line=\${snapshot_line#*[ $tab]}
      ;;
    esac
    for snapshot_word in $snapshot_line; do
      case $snapshot_word in
        [0-9]*) printf ' %s' "$snapshot_word" ;;
        PVID) printf :pvid ;;
        Untagged) printf :untagged ;;
      esac
    done
  done
  echo
}

# vlans_of PATH: of those that are shown.
vlans_of() {
  snapshot_port_of "$1"
  case "$snapshot_shown$newline" in *"$newline$snapshot_port "*) ;; *) return ;; esac
  snapshot_word=\${snapshot_shown#*"$newline$snapshot_port "}
  printf ' %s' "\${snapshot_word%%"$newline"*}"
}

# snapshot_port_of PATH: sets the link, and how \`bridge\` is told of it.
snapshot_port_of() {
  case $1 in
    */brif/*) snapshot_port=\${1##*/} snapshot_self= ;;
    *) snapshot_port=\${1%/bridge} && snapshot_port=\${snapshot_port##*/} snapshot_self=self ;;
  esac
}

note_vlans() {
  note_path=$1
  shift
  snapshot_shown=$(shown_vlans)
  note_now=$(vlans_of "$note_path")
  snapshot_port_of "$note_path"
  for note_vlan in $note_now; do
    case " $* " in *" $note_vlan "*) ;; *) bridge vlan del dev "$snapshot_port" vid "\${note_vlan%%:*}" $snapshot_self ;; esac
  done
  for note_vlan; do
    case "$note_now " in *" $note_vlan "*) continue ;; esac
    bridge vlan add dev "$snapshot_port" vid $(printf %s "$note_vlan" | tr : ' ') $snapshot_self
  done
}

# Of a port, without its own address, which the kernel adds.
snapshot_port() {
  [ -e "/sys/class/net/$1/brport" ] || return 0
  link_attribute "$1/address"
  snapshot_noted="note_bridge /sys/class/net/$1/brport"
  bridge fdb show dev "$1" |
    sed -n "/^$link_value /d; s/ offload / /; / \\(static\\|permanent\\)/s#^\\([^ ]*\\) \\(.*\\)master [^ ]*#$snapshot_noted fdb replace \\1 dev $1 \\2master#p"
  snapshot_master "$1"
  bridge mdb show dev "$snapshot_value" 2>/dev/null | grep -F " port $1 " | sed -n "/ permanent/s#^#$snapshot_noted mdb add #p"
  bridge -d link show dev "$1" | grep -oE '(locked|mab|vlan_tunnel|neigh_vlan_suppress) (on|off)' |
    sed "s#^#$snapshot_noted link set dev $1 #"
}

note_bridge() {
  shift
  bridge "$@"
}
`;
