/**
 * The part of the host script that judges a boot, by what guard-verb.ts has noted: it waits until all of that is so again, for SECONDS at
 * most, on whichever of these links. Then the guard is gone: what a boot has proven is not guarded any more. Else the files of before are put
 * in place, the last that was changed first, and the network managers take them.
 *
 * Under systemd it is a unit; elsewhere it is started with the records, which ifupdown has done at boot.
 */
export const bootGuard = `
# bootguard_list LINK…: by what a change is confirmed (resources/change-carrier.ts), but that a lease may be another one next time.
bootguard_list() {
  for bootguard_link; do
    [ -e "/sys/class/net/$bootguard_link" ] || continue
    link_attribute "$bootguard_link/carrier"
    [ "$link_value" != 1 ] || echo "$bootguard_link has carrier"
    ip -o addr show dev "$bootguard_link" | while read -r bootguard_word bootguard_word bootguard_family bootguard_address bootguard_word; do
      case "$bootguard_address $bootguard_word " in
        fe80:* | *' temporary '* | *' dadfailed '*) ;;
        *' dynamic '*) echo "$bootguard_link has an address that it was given ($bootguard_family)" ;;
        *) echo "$bootguard_link has $bootguard_address" ;;
      esac
    done
    for bootguard_family in $snapshot_families; do
      ip "$bootguard_family" route show table all type unicast dev "$bootguard_link" |
        sed -n 's/ via inet6 / via /; s/$/ /; s/.* via \\([^ ]*\\) \\(.* \\)\\{0,1\\}proto \\(dhcp\\|ra\\) .*/\\1 told/p
          s/.* via \\([^ ]*\\) .*/\\1/p' | while read -r bootguard_gateway bootguard_word; do
        bootguard_answers "$bootguard_gateway" "$bootguard_link" || continue
        [ -z "$bootguard_word" ] || bootguard_gateway="that it was told of (IPv\${bootguard_family#-})"
        echo "the gateway $bootguard_gateway answers on $bootguard_link"
      done
    done
  done
}

# As the kernel finds neighbours: it asks three times, a second apart.
bootguard_answers() { transaction_wait 35 bootguard_neighbour "$@"; }

# Whom the kernel does not ask it is told to, again where a question of the neighbour's own has come before its answer (STALE).
bootguard_neighbour() {
  case "$(ip neigh show to "$1" dev "$2") " in
    *' REACHABLE '* | *' PERMANENT '* | *' NOARP '*) return ;;
    *' INCOMPLETE '* | *' PROBE '*) ;;
    *) ip neigh flush to "$1" dev "$2"; ip neigh replace "$1" dev "$2" use ;;
  esac 2>/dev/null
  return 1
}

# Where there is no systemd: by the records, which ifupdown has done at boot.
bootguard_begin() {
  [ ! -d /run/systemd/system ] && [ -e "$bootguard/paths" ] || return 0
  (setsid /bin/sh "$kept/replay" --guard </dev/null >/dev/null 2>&1 &)
}

bootguard_run() { alone must -n /run/pulumi-kvm-network.guard bootguard_judge; }

bootguard_judge() {
  say() { :; }
  say_error() { :; }
  changes=yes
  [ -e "$bootguard/armed" ] || [ -e "$bootguard/restoring" ] || { bootguard_end; return; }
  bootguard_readable=yes
  bootguard_read || bootguard_readable=
  ! bootguard_is_of_now || return 0
  if [ "$bootguard_state" = armed ]; then
    if [ -n "$bootguard_readable" ] && bootguard_is_proven; then
      while IFS= read -r bootguard_path; do bootguard_unsay "$bootguard_path"; done <"$bootguard/paths"
      bootguard_end
      echo "this host is reached as before its start: proven"
      return
    fi
    bootguard_why="within $bootguard_seconds s of the start, this was not so: $bootguard_lacks"
    [ -n "$bootguard_readable" ] || bootguard_why="what has to be so at the start could not be read"
    bootguard_said="$(date -u +%Y-%m-%dT%H:%M:%SZ), $bootguard_why"
    # There may be no room for it, nor is any needed for the rest.
    put "$bootguard/said" "$bootguard_said$newline$(cat "$bootguard/paths")$newline" 0600
    mv -f -- "$bootguard/armed" "$bootguard/restoring" && to_disk "$bootguard"
  fi
  { IFS= read -r bootguard_said; } 2>/dev/null <"$bootguard/said"
  bootguard_put_back && keep_end_if_empty
  bootguard_take
  if [ "$bootguard_status" -eq 0 ]; then
    bootguard_end
    bootguard_cry "$bootguard_said. The files of before are in place again"
  else
    bootguard_cry "$bootguard_said. NOT ALL FILES OF BEFORE COULD BE PUT IN PLACE; the next start tries again"
  fi
  return 1
}

# For the journal and the console, or whoever has the log.
bootguard_cry() {
  echo "<3>pulumi-kvm-network: $1" >&2
  [ -d /run/systemd/system ] || logger -p daemon.err -t pulumi-kvm-network -- "$1" 2>/dev/null
}

bootguard_is_proven() {
  bootguard_uptime
  bootguard_until=$((bootguard_now + bootguard_seconds))
  while :; do
    bootguard_lacks=$(bootguard_missing)
    [ -n "$bootguard_lacks" ] || return 0
    bootguard_uptime
    [ "$bootguard_now" -lt "$bootguard_until" ] || return
    sleep 1
  done
}

bootguard_missing() {
  bootguard_seen=$(bootguard_list $bootguard_links)
  tail -n +5 "$bootguard/armed" | while IFS= read -r bootguard_word; do
    ! bootguard_is_so "$bootguard_word" || continue
    printf '%s' "$bootguard_comma$bootguard_word"
    bootguard_comma=', '
  done
}

# Whichever of the links has it: of a bridge that is not kept the NIC has the addresses at boot, as it had them before.
bootguard_is_so() {
  case $1 in
    *' has carrier') [ ! -e "/sys/class/net/\${1%% *}" ] || bootguard_is_seen "$1" ;;
    'the gateway '*) bootguard_is_anywhere "\${1% *} " '' ;;
    *) bootguard_is_anywhere '' " \${1#* }" ;;
  esac
}

# bootguard_is_anywhere BEFORE BEHIND: on a link that is no port of another, by which it would reach nobody.
bootguard_is_anywhere() {
  for bootguard_link in $bootguard_links; do
    [ ! -e "/sys/class/net/$bootguard_link/brport" ] && [ ! -e "/sys/class/net/$bootguard_link/bonding_slave" ] &&
      bootguard_is_seen "$1$bootguard_link$2" && return
  done
  return 1
}

bootguard_is_seen() { case "$newline$bootguard_seen$newline" in *"$newline$1$newline"*) ;; *) return 1 ;; esac; }

bootguard_put_back() {
  bootguard_paths= bootguard_status=0
  while IFS= read -r bootguard_path; do bootguard_paths="$bootguard_path $bootguard_paths"; done <"$bootguard/paths"
  [ -n "$bootguard_paths" ] || bootguard_status=1
  for bootguard_path in $bootguard_paths; do
    tell_step within guard "$bootguard_path"
    bootguard_find "$bootguard_path"
    if [ -e "$bootguard_before" ]; then
      mode_of "$bootguard_path"
      bootguard_copy "$bootguard_before" "$bootguard_path" "$mode" || bootguard_status=1
      keep_told "$bootguard_path"
    else
      keep_remove "$bootguard_path" || bootguard_status=1
    fi
  done
  return "$bootguard_status"
}

# Has the network managers take them. A link that the files made goes, where nothing is kept of it any more.
bootguard_take() {
  bootguard_gone=
  for bootguard_link in $bootguard_made; do
    [ -e "/sys/class/net/$bootguard_link" ] && [ ! -e "$kept/links/$bootguard_link" ] || continue
    link_attribute "$bootguard_link/ifalias"
    case $link_value in '' | pulumi-kvm-network:*) bootguard_gone="$bootguard_gone $bootguard_link" ;; esac
  done
  # A link that is down gives no lease back to a server, who would give it to another.
  for bootguard_link in $bootguard_gone; do ip link set dev "$bootguard_link" down; done
  for bootguard_link in $bootguard_links; do
    snapshot_master "$bootguard_link"
    case " $bootguard_gone " in *" \${snapshot_value:-/} "*) ip link set dev "$bootguard_link" nomaster ;; esac
  done
  case $bootguard_paths in */etc/systemd/network/*) networkd_reload ;; esac
  for bootguard_link in $bootguard_gone; do ip link del dev "$bootguard_link"; done
  case $bootguard_paths in
    */etc/network/interfaces.d/*) for bootguard_link in $bootguard_links; do ifupdown_again "$bootguard_link"; done ;;
  esac
  [ ! -e "$kept/replay" ] || /bin/sh "$kept/replay" --replay
} >&2
`;
