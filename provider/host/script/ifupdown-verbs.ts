/**
 * The part of the host script that has ifupdown bring links up and take them down. It says in /run/network/ifstate.LINK as which logical
 * interface a link is up (ifupdown 0.8): taken back means that it is up as before.
 *
 * `ifup LINK LOGICAL NIC`: LOGICAL's stanza may be one that is staged. With a NIC, servers of leases are to know the link as they know that.
 * `ifdown LINK`: by what it is up as.
 */
export const ifupdownVerbs = `
# Sets ifupdown_logical of a link, to nothing where it is not up.
ifupdown_look() {
  ifupdown_logical=
  { IFS= read -r ifupdown_logical; } 2>/dev/null <"/run/network/ifstate.$1"
}

# ifupdown_note FOLDER LINK: and whether it has a lease, of a server that need not answer again.
ifupdown_note() {
  ifupdown_look "$2"
  [ -n "$ifupdown_logical" ] || return 0
  case $(ip -o -4 addr show dev "$2") in *' dynamic '*) ifupdown_leased=yes ;; *) ifupdown_leased= ;; esac
  printf '%s\\n' "$ifupdown_logical" "$ifupdown_leased" >"$1/$2.logical"
}

ifupdown_was() {
  ifupdown_before= ifupdown_leased=
  { IFS= read -r ifupdown_before && IFS= read -r ifupdown_leased; } 2>/dev/null <"$transaction/$1.logical"
}

# Sets the file that has the stanza of a logical interface, where it is staged.
ifupdown_find() {
  ifupdown_file=
  set +f
  for ifupdown_path in /run/network/interfaces.d/*; do
    while read -r ifupdown_word ifupdown_name ifupdown_rest; do
      [ "$ifupdown_word $ifupdown_name" != "iface $1" ] || ifupdown_file=$ifupdown_path
    done 2>/dev/null <"$ifupdown_path"
  done
  set -f
}

# What ifupdown says of its files; and those that it reads, by that.
interfaces_read() { timeout 5 ifquery --verbose --list 2>&1 >/dev/null </dev/null; }
interfaces_files() { echo /etc/network/interfaces; printf '%s\\n' "$1" | sed -n 's/^ifquery: parsing file //p'; }

# What ifupdown starts (a client of leases) lives on when the change's unit ends.
ifupdown_apart() {
  if transaction_has_systemd; then systemd-run --quiet --collect --scope "$@"; else setsid "$@"; fi </dev/null >&2
}

# ifupdown_do ifup|ifdown LINK LOGICAL
ifupdown_do() {
  ifupdown_find "$3"
  ifupdown_apart "$1" --force \${ifupdown_file:+-i "$ifupdown_file"} "$2=$3"
}

verb_ifup() {
  say_now
  # dhclient has that in its file of a link's leases; others make it of the MAC.
  ifupdown_leases=/var/lib/dhcp/dhclient.
  [ -z "$3" ] || [ ! -e "$ifupdown_leases$3.leases" ] ||
    sed -n '/^default-duid /p' "$ifupdown_leases$3.leases" >"$ifupdown_leases$1.leases" || return
  ifupdown_do ifup "$1" "$2" && return
  say_error "ifupdown does not bring up $1$newline"
  return 1
}

# A link that is down gives no lease back to a server, who would give it to another.
verb_ifdown() {
  say_now
  ip link set dev "$1" down
  ifupdown_look "$1"
  ifupdown_do ifdown "$1" "\${ifupdown_logical:-$1}"
}

# ifupdown_within TENTHS ifup|ifdown LINK LOGICAL: what takes longer (a server of leases that does not answer) goes on by itself.
ifupdown_within() {
  ifupdown_tenths=$1
  shift
  ifupdown_do "$@" &
  ifupdown_process=$!
  transaction_wait "$ifupdown_tenths" ifupdown_has_ended
}

ifupdown_has_ended() {
  began "$ifupdown_process"
  [ -z "$began" ]
}

# What is at a link yet; it leads a group, and holds the link's lock.
ifupdown_end() {
  for ifupdown_word in ifup ifdown; do
    ifupdown_process=0
    { read -r ifupdown_process; } 2>/dev/null <"/run/network/$ifupdown_word-$1.pid"
    { read -r ifupdown_name; } 2>/dev/null <"/proc/$ifupdown_process/comm" && [ "$ifupdown_name" = "$ifupdown_word" ] &&
      kill -KILL "-$ifupdown_process"
  done
}

# What is not as before goes, while it is known by which stanza it has come.
ifupdown_let_go() {
  for transaction_link in $(cat "$transaction/links" "$transaction/made"); do
    ifupdown_was "$transaction_link"
    ifupdown_look "$transaction_link"
    [ "$ifupdown_logical" != "$ifupdown_before" ] || continue
    ifupdown_end "$transaction_link"
    ip link set dev "$transaction_link" down
    ifupdown_within 50 ifdown "$transaction_link" "\${ifupdown_logical:-$transaction_link}"
    ifupdown_end "$transaction_link"
  done
}

ifupdown_take_back() {
  for transaction_link in $(cat "$transaction/links"); do restore_master "$transaction" "$transaction_link"; done
  transaction_remove_made
  for transaction_link in $(cat "$transaction/links"); do
    ifupdown_was "$transaction_link"
    ifupdown_look "$transaction_link"
    [ "$ifupdown_logical" != "$ifupdown_before" ] || continue
    # A port has no IPv6: a stanza that gives it some would fail.
    snapshot_restore_settings "$transaction/$transaction_link" "$transaction_link"
    if [ -n "$ifupdown_leased" ]; then
      ifupdown_within 150 ifup "$transaction_link" "$ifupdown_before"
    else
      ifupdown_within 600 ifup "$transaction_link" "$ifupdown_before"
      ifupdown_end "$transaction_link"
    fi
  done
}

# What the snapshot has given a link for it ifupdown takes for its own.
ifupdown_agree() {
  for transaction_link in $(cat "$transaction/links"); do
    ifupdown_was "$transaction_link"
    ifupdown_look "$transaction_link"
    [ "$ifupdown_logical" = "$ifupdown_before" ] || [ -z "$ifupdown_before" ] ||
      ifup --force --no-scripts -i /dev/stdin "$transaction_link=$ifupdown_before" <<END
iface $ifupdown_before inet manual
END
  done
}

# As the files say by now, whatever it was before. Who had a port without IPv6 has gone with the bridge.
ifupdown_again() {
  ifupdown_look "$1"
  ifupdown_path=/proc/sys/net/ipv6/conf
  case $ifupdown_logical in
    "$1") ;;
    *)
      ifdown "$1"
      cat "$ifupdown_path/default/disable_ipv6" >"$ifupdown_path/$1/disable_ipv6"
      ;;
  esac
  [ ! -e "/sys/class/net/$1" ] || ifupdown_within 600 ifup "$1" "$1"
}
`;
