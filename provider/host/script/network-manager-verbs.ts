import { ourProfiles } from "../../schema/network-manager.ts";

/**
 * The part of the host script that has NetworkManager activate its profiles, and give a link the one of before when a transaction is taken
 * back. It says in /run/NetworkManager/devices which profile a link has, as soon as that is activated (NetworkManager 1.52).
 *
 * `activate LINK PROFILE BRIDGE METRIC4 METRIC6`: the link is given this profile. With a BRIDGE it is waited for until it is that one's
 * port; with METRICs its routes go by them. NetworkManager picks them anew for a link that comes back, behind those that others
 * have by then: the host's default route would be another's.
 */
export const networkManagerVerbs = `
# nmcli waits as long as it takes for an answer that may never come.
nm() { timeout "\${nm_seconds:-10}" nmcli "$@" </dev/null; }

# Sets nm_profile of a link, to nothing where it has none.
nm_look() {
  nm_profile=
  link_attribute "$1/ifindex"
  while IFS= read -r nm_line; do
    case $nm_line in connection-uuid=*) nm_profile=\${nm_line#*=} ;; esac
  done 2>/dev/null <"/run/NetworkManager/devices/$link_value"
}

# nm_metric FAMILY LINK: the metric of those routes that nobody has given one of their own.
nm_metric() {
  ip -o "$1" route show table all type unicast dev "$2" |
    sed -n '/^fe80:/d; / proto \\(kernel\\|ra\\) /s/.* metric \\([0-9]*\\) .*/\\1/p' | head -n 1
}

# nm_note FOLDER LINK
nm_note() {
  nm_look "$2"
  [ -z "$nm_profile" ] || printf '%s\\n' "$nm_profile" "$(nm_metric -4 "$2")" "$(nm_metric -6 "$2")" >"$1/$2.profile"
}

nm_was() {
  nm_before= nm_metric4= nm_metric6=
  { IFS= read -r nm_before && IFS= read -r nm_metric4 && IFS= read -r nm_metric6; } 2>/dev/null <"$transaction/$1.profile"
}

verb_activate() {
  say_now
  nm_up "$1" "$2" >&2 || return
  [ -z "$3" ] || transaction_wait 200 nm_is_port "$1" "$3" ||
    { say_error "NetworkManager has not made $1 a port of $3$newline"; return 1; }
  [ -z "$4$5" ] || transaction_wait 50 nm_apply "$1" "$4" "$5" >&2
}

nm_up() { nm --wait 0 connection up uuid "$2" ifname "$1"; }

nm_is_port() {
  snapshot_master "$1"
  [ "$snapshot_value" = "$2" ]
}

# nm_apply LINK METRIC4 METRIC6 SETTING…: until the link is activated the next time. Its profile stays as it is.
nm_apply() {
  nm_link=$1 nm_metrics="\${2:+ipv4.route-metric $2} \${3:+ipv6.route-metric $3}"
  shift 3
  nm device modify "$nm_link" $nm_metrics "$@"
}

# A server of leases need not answer: NetworkManager would give up after a while, and take the address away that the snapshot gives
# the host. It goes on asking instead.
nm_forever='ipv4.dhcp-timeout 2147483647 ipv6.dhcp-timeout 2147483647 ipv6.ra-timeout 2147483647'

nm_is_settled() {
  for transaction_link in $(cat "$transaction/links"); do
    nm_was "$transaction_link"
    nm_look "$transaction_link"
    [ "$nm_profile" = "$nm_before" ] || return
  done
}

# The NIC comes first among the links, and brings its bridge with it where it is a port.
nm_take_back() {
  nm_seconds=5
  if nm_reload $(cat "$transaction/links" "$transaction/made"); then
    read -r transaction_nic transaction_rest <"$transaction/links"
    nm_was "$transaction_nic"
    nm_look "$transaction_nic"
    [ "$nm_profile" = "$nm_before" ] || nm_give_back
    transaction_remove_made
    transaction_wait 100 nm_is_settled
  fi
  nm_make_again
}

nm_give_back() {
  nm_up "$transaction_nic" "$nm_before"
  case $nm_before in
    ${ourProfiles}*) ;;
    *) transaction_wait 50 nm_apply "$transaction_nic" "$nm_metric4" "$nm_metric6" $nm_forever ;;
  esac
}

# nm_reload LINK…
nm_reload() { nm connection reload || nm_restart "$@"; }

# One that does not answer is ended, and begins again by what its files say then. Otherwise it would take what the host has by now for
# somebody else's, whose leases it does not renew; that stays said until it has begun, however late.
nm_begin=/run/NetworkManager/conf.d/50-pulumi-kvm-network-begin.conf
nm_restart() {
  transaction_has_systemd || return
  nm_devices=
  for nm_link; do nm_devices="$nm_devices;interface-name:$nm_link"; done
  put "$nm_begin" "[device-pulumi-kvm-network]$newline"match-device="\${nm_devices#;}$newline"keep-configuration=no"$newline" 0644
  timeout 5 systemctl kill --signal=KILL NetworkManager.service
  set -- --property=Requires=NetworkManager.service --property=After=NetworkManager.service
  timeout 5 systemd-run --quiet --collect --no-block "$@" rm -f -- "$nm_begin"
  nm_seconds=3
  for nm_try in 1 2 3 4; do
    sleep 1
    nm connection reload && return
  done
}

# A bridge that it has removed, and does not make again.
nm_make_again() {
  for transaction_link in $(cat "$transaction/links"); do
    [ -e "/sys/class/net/$transaction_link" ] || ! grep -q "/$transaction_link/bridge/" "$transaction/$transaction_link.settings" ||
      ip link add name "$transaction_link" type bridge
  done
}
`;
