/**
 * The part of the host script that finds out whether the adjacent switch sends frames back: `verb_probe NIC NONCE SECONDS` prints
 * `active`, `absent`, or `unknown` with a reason.
 *
 * Two macvtaps in vepa mode on the NIC send each other frames of IEEE 802's local experimental EtherType: in this mode the
 * kernel hands a frame to the wire whoever its addressee is, so one that arrives was sent back by the switch. Unicast, so
 * that no broadcast and no other host's frame can pass for it, and both ways, so that the switch knows both addresses after
 * the first pair and floods no more. A switch may lose the first ones (it learns, its port only begins to forward): they are
 * sent again each second.
 *
 * `absent` takes proof that the frames left: the macvtap's and the NIC's counters say so (a dropping filter or queue shows in the
 * first), and the carrier was there throughout. Everything else that keeps a frame from arriving is `unknown`.
 *
 * Links are named by the nonce and marked with the process they belong to. They go when the probe ends, whatever ends it but
 * SIGKILL, and those of a process that is no more go with the next probe.
 */
export const probeVerb = `
probe_mark=pulumi-kvm-network:probe

# Links of this process (it does one thing at a time, so they are done with), and of those that have ended.
probe_clear() {
  set +f
  for probe_path in /sys/class/net/kvmp*; do
    set -f
    probe_alias=
    { read -r probe_alias <"$probe_path/ifalias"; } 2>/dev/null
    case $probe_alias in "$probe_mark "*) ;; *) continue ;; esac
    set -- $probe_alias
    [ "$2" != "$$" ] && is_process "$2" "$3" && continue
    ip link del dev "\${probe_path##*/}" 2>/dev/null
  done
  set -f
}

# /dev/tapN is made by devtmpfs or udev, for every network namespace: it must be this very device.
probe_tap() {
  probe_tap_device=
  link_attribute "$1/ifindex"
  [ -c "/dev/tap$link_value" ] || return 1
  probe_numbers=$(stat -c '%t:%T' "/dev/tap$link_value") || return 1
  probe_tap_device=/dev/tap$link_value
  link_attribute "$1/tap$link_value/dev" && [ "$(printf '%x:%x' "\${link_value%:*}" "\${link_value#*:}")" = "$probe_numbers" ]
}

# The frames left: as many as the macvtap sent, and as the NIC counted more than before.
probe_left() {
  link_attribute "$probe_a/statistics/tx_packets"
  [ "\${link_value:-0}" -ge "$probe_rounds" ] || return 1
  link_attribute "$probe_nic/statistics/tx_packets"
  [ "\${link_value:-0}" -gt "$probe_sent_before" ]
}

probe_unknown() { printf 'unknown %s\\n' "$*"; }

# Descriptors 3 and 4 are the two devices; a write to one is one frame, behind its virtio_net_hdr of ten octets. The printf
# is not the shell's own: bash's writes line by line.
probe_exchange() {
  probe_rounds=0
  while [ "$probe_rounds" -lt "$1" ]; do
    { env printf "$probe_to_a" >&4 && env printf "$probe_to_b" >&3; } 2>/dev/null || break
    probe_rounds=$((probe_rounds + 1))
    timeout 1 grep -aq -- "$probe_text" <&4 2>/dev/null && { echo active; return; }
  done
  link_attribute "$probe_nic/carrier"
  probe_carrier=$link_value
  link_attribute "$probe_nic/carrier_changes"
  if [ "$probe_carrier" != 1 ] || [ "$link_value" != "$probe_changes" ]; then
    probe_unknown "the carrier of $probe_nic was lost meanwhile"
  elif [ "$probe_rounds" -lt "$1" ] || ! probe_left; then
    probe_unknown "the probe's own frames did not leave $probe_nic: something on the host (a filter, a queue) drops them"
  else
    echo absent
  fi
}

probe_between() {
  probe_nic=$1 probe_nonce=$2
  probe_a=kvmp\${2%??}a probe_b=kvmp\${2%??}b probe_text="kvm-network probe $2"
  link_attribute "$1/ifindex"
  [ -n "$link_value" ] || { probe_unknown "there is no link $1"; return; }
  [ ! -e "/sys/class/net/$1/master" ] || { probe_unknown "$1 is a port of a bridge or bond, and takes no macvtap"; return; }
  link_attribute "$1/carrier"
  [ "$link_value" = 1 ] || { probe_unknown "$1 has no carrier, or is down"; return; }
  link_attribute "$1/carrier_changes"
  probe_changes=$link_value
  link_attribute "$1/statistics/tx_packets"
  probe_sent_before=\${link_value:-0}
  for probe_command in env timeout grep stat; do
    command -v "$probe_command" >/dev/null || { probe_unknown "there is no $probe_command on the host"; return; }
  done

  probe_rest=$2 probe_octets= probe_words=
  while [ -n "$probe_rest" ]; do
    probe_octet=\${probe_rest%"\${probe_rest#??}"} probe_rest=\${probe_rest#??}
    probe_octets=$probe_octets:$probe_octet probe_words="$probe_words 0x$probe_octet"
  done
  probe_bytes=$(printf '\\\\%03o' $probe_words)
  # 02 and 06: locally administered. 60 octets at least go on the wire; grep wants whole lines.
  probe_header='\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000'
  probe_payload="\\\\210\\\\265\\\\n$probe_text\\\\n                    "
  probe_to_b="$probe_header\\\\006$probe_bytes\\\\002$probe_bytes$probe_payload"
  probe_to_a="$probe_header\\\\002$probe_bytes\\\\006$probe_bytes$probe_payload"

  began $$
  probe_said=$(ip -batch - 2>&1 <<END
link add link $1 name $probe_a address 02$probe_octets type macvtap mode vepa
link set dev $probe_a alias "$probe_mark $$ $began"
link add link $1 name $probe_b address 06$probe_octets type macvtap mode vepa
link set dev $probe_b alias "$probe_mark $$ $began"
END
  ) || { probe_unknown "no macvtap can be made on $1: \${probe_said%%"$newline"*}"; return; }
  # Before they come up: the host says nothing of its own by them.
  for probe_link in $probe_a $probe_b; do
    { echo 1 >"/proc/sys/net/ipv6/conf/$probe_link/disable_ipv6"; } 2>/dev/null
    probe_said=$(ip link set dev "$probe_link" up 2>&1) || { probe_unknown "the macvtap on $1 does not come up: $probe_said"; return; }
  done
  if probe_tap "$probe_a"; then
    probe_tap_a=$probe_tap_device
    probe_tap "$probe_b" && probe_exchange "$3" 3<>"$probe_tap_a" 4<>"$probe_tap_device" && return
  fi
  probe_unknown "there is no device /dev/tapN for a macvtap on $1"
}

# In a process of its own: what ends it early ends in its trap, and what not even that outlives is cleared behind it.
verb_probe() {
  say_now
  probe_clear
  (
    trap probe_clear EXIT
    trap 'exit 1' INT TERM
    probe_between "$@"
  )
  probe_clear
}
`;
