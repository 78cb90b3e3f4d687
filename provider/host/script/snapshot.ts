/**
 * The part of the host script that notes what links are, and brings them back to that: by state, so that it may be done twice, or
 * behind a change of which nobody knows how far it came.
 *
 * Noted are, of each link, its master, MTU, MAC, alias and whether it is up, its addresses and unicast routes of all tables (in the
 * kernel's own form, by `ip addr save` and `ip route save`: nothing of them is lost in between), its number of VFs, and what else it
 * has (snapshot-notes.ts). A link that goes down loses static routes and IPv6 addresses: nobody else gives them back.
 */
export const snapshot = `
snapshot_master() {
  snapshot_value=
  [ -e "/sys/class/net/$1/master" ] || return 0
  snapshot_value=$(readlink "/sys/class/net/$1/master")
  snapshot_value=\${snapshot_value##*/}
}

snapshot_up() {
  link_attribute "$1/flags"
  snapshot_value=$((link_value & 1))
}

# What a link is, as text that is the same while the link is. Lifetimes run, duplicates are looked for, a carrier comes and goes.
snapshot_text() {
  snapshot_master "$1"
  echo "master $snapshot_value"
  for snapshot_name in mtu address ifalias brport/hairpin_mode brport/isolated; do
    link_attribute "$1/$snapshot_name"
    echo "$snapshot_name $link_value"
  done
  snapshot_up "$1"
  echo "up $snapshot_value"
  snapshot_vfs "$1"
  echo "vfs $snapshot_value"
  ip -o addr show dev "$1" | sed 's/^[0-9]*: *//; s/\\\\.*//; s/ \\(tentative\\|dadfailed\\|optimistic\\|dynamic\\)//g; s/ *$//' | sort
  for snapshot_family in $snapshot_families; do
    ip $snapshot_family route show table all type unicast dev "$1"
  done | snapshot_for_good | sort
}

# Of routes, without what comes and goes.
snapshot_for_good() { sed 's/ expires [0-9]*sec//; s/ nhid [0-9]*//; s/ \\(linkdown\\|dead\\|offload\\|rt_offload\\)//g; s/ *$//'; }

# take_snapshot FOLDER LINK…
take_snapshot() {
  snapshot_folder=$1
  shift
  for snapshot_link; do
    snapshot_file=$snapshot_folder/$snapshot_link
    snapshot_text "$snapshot_link" >"$snapshot_file.text" && ip addr save dev "$snapshot_link" >"$snapshot_file.addresses" ||
      return
    for snapshot_family in $snapshot_families; do
      ip $snapshot_family route save table all type unicast dev "$snapshot_link" >"$snapshot_file.routes$snapshot_family" ||
        return
    done
    take_notes "$snapshot_file" "$snapshot_link" $snapshot_kinds functions vf || return
  done
  take_notes "$snapshot_folder/host" host rules
}

# snapshot_was FILE NAME: what it was.
snapshot_was() {
  snapshot_value=
  while IFS= read -r snapshot_line; do
    case $snapshot_line in "$2 "*) snapshot_value=\${snapshot_line#"$2 "}; return ;; esac
  done <"$1.text"
}

# Addresses that were not there go, one by one: to flush them would take the routes of those that stay.
snapshot_drop_addresses() {
  ip -o addr show dev "$2" | while read -r snapshot_index snapshot_name snapshot_family snapshot_address snapshot_rest; do
    snapshot_peer=
    case $snapshot_rest in 'peer '*) snapshot_peer=\${snapshot_rest#peer } snapshot_peer="peer \${snapshot_peer%% *}" ;; esac
    grep -qF " $snapshot_family $snapshot_address \${snapshot_peer:+$snapshot_peer }" "$1.text" ||
      ip addr del "$snapshot_address" $snapshot_peer dev "$2"
  done
}

# snapshot_restore_word FILE LINK ATTRIBUTE WORD: by \`ip link set\`, where it differs.
snapshot_restore_word() {
  link_attribute "$2/$3"
  snapshot_was "$1" "$3"
  [ "$snapshot_value" = "$link_value" ] || ip link set dev "$2" "$4" "$snapshot_value"
}

# restore_master FOLDER LINK
restore_master() {
  snapshot_master "$2"
  snapshot_now=$snapshot_value
  snapshot_was "$1/$2" master
  case $snapshot_value in
    "$snapshot_now") ;;
    '') ip link set dev "$2" nomaster ;;
    *) ip link set dev "$2" master "$snapshot_value" ;;
  esac
}

# restore_link FOLDER LINK: what differs, in the order in which one needs the other.
restore_link() {
  restore_master "$1" "$2"
  set -- "$1/$2" "$2"
  snapshot_restore_vfs "$1" "$2"
  snapshot_restore_word "$1" "$2" mtu mtu
  snapshot_restore_word "$1" "$2" address address
  snapshot_restore_word "$1" "$2" ifalias alias
  bring_back "$1" "$2" settings
  snapshot_up "$2"
  snapshot_now=$snapshot_value
  snapshot_was "$1" up
  case $snapshot_value in "$snapshot_now") ;; 1) ip link set dev "$2" up ;; *) ip link set dev "$2" down ;; esac
  snapshot_drop_addresses "$1" "$2"
  # Of what is there already they say so, and go on.
  ip addr restore <"$1.addresses" >/dev/null 2>&1
  for snapshot_family in $snapshot_families; do
    ip $snapshot_family route restore <"$1.routes$snapshot_family" >/dev/null 2>&1
  done
  bring_back "$1" "$2" $(snapshot_kinds_of "$1" "$2")
}

# Routes that a router or a server has told of since then are not ours to miss. (The file is what it was.)
snapshot_without_told() {
  while IFS= read -r snapshot_line; do
    case $snapshot_line in *' proto ra '* | *' proto dhcp '*) grep -qxF -e "$snapshot_line" "$1" || continue ;; esac
    printf '%s\\n' "$snapshot_line"
  done
}

# VFs that are those of before are left alone.
snapshot_kinds_of() {
  echo $snapshot_kinds
  [ "$(snapshot_functions "$2")" = "$(cat "$1.functions")" ] || echo vf
}

restore_host() { bring_back "$1/host" host rules; }

# is_restored FOLDER LINK…: says what differs. (Nothing is written: the disk may be full.)
is_restored() {
  snapshot_folder=$1
  shift
  snapshot_wrong=$(
    for snapshot_link; do snapshot_differs "$snapshot_folder/$snapshot_link" "$snapshot_link"; done
    lacks "$snapshot_folder/host" host rules
  )
  [ -z "$snapshot_wrong" ] || { printf '%s\\n' "$snapshot_wrong" | tr '\\n' ','; return 1; }
}

snapshot_differs() {
  snapshot_now=$(snapshot_text "$2" 2>&1 | snapshot_without_told "$1.text")
  snapshot_value=$(cat "$1.text")
  [ "$snapshot_now" = "$snapshot_value" ] || printf '%s was: %s; it is: %s\\n' "$2" "$snapshot_value" "$snapshot_now"
  lacks "$1" "$2" $(snapshot_kinds_of "$1" "$2")
}

snapshot_families=-4
[ ! -d /proc/sys/net/ipv6 ] || snapshot_families='-4 -6'
`;
