/** The name at the end of a path: JavaScript would take the shell's own syntax for its. */
const lastPart = (variable: string): string => `\${${variable}##*/}`;

/** The part of the host script that asks whichever LLDP daemon runs there what the host's NICs hear from their switches. */
export const factsLldp = String.raw`
# One process for who is listened for, one for who was heard.
facts_of_lldpd() {
  facts_runs lldpd && command -v lldpcli >/dev/null && grep -q 'lldpd\.socket' /proc/net/unix || return 0
  facts_lldp=lldpd
  for facts_name in interfaces neighbors; do
    facts_section begin lldpd "$facts_name"
    say_now
    $facts_timeout lldpcli -f json0 show "$facts_name" details 2>/dev/null </dev/null
    facts_status=$?
    facts_section end $facts_status
    [ "$facts_status" -ge 124 ] && return 0
  done
}

# Where networkd has not run there is no state of it; where it has ended it answers nothing.
facts_of_networkd() {
  [ -z "$facts_lldp" ] && [ -e /run/systemd/netif/state ] && command -v networkctl >/dev/null || return 0
  facts_section begin networkd
  say_now
  $facts_timeout networkctl --no-pager --full lldp 2>/dev/null </dev/null
  facts_section end $?
}

facts_runs() {
  case "$newline$facts_daemons$newline" in *"$newline$1$newline"*) ;; *) return 1 ;; esac
}

# lldpad listens on an abstract socket; asking without it, or another namespace's, would wait. The first NIC that takes too
# long ends the asking.
facts_of_lldp() {
  facts_runs lldpad && command -v lldptool >/dev/null && grep -q lldpad /proc/net/unix || return 0
  facts_lldp=lldpad
  facts_count=0
  set +f
  for facts_path in /sys/class/net/*; do
    set -f
    # Behind a VF is the NIC's own switch, and the NIC hears for all of them.
    facts_is_nic "$facts_path" && [ ! -e "$facts_path/device/physfn" ] || continue
    facts_name=${lastPart("facts_path")}
    for facts_scope in ncb nb; do
      facts_section begin lldp "$facts_scope" "$facts_name"
      say_now
      $facts_timeout lldptool -t -n -i "$facts_name" -g $facts_scope 2>/dev/null </dev/null
      facts_status=$?
      facts_section end $facts_status
      [ "$facts_status" -ge 124 ] && return 0
    done
  done
  set -f
}

# Hardware, or a veth (its two indices differ and it says no device type): of these sixteen, for a host of containers has
# hundreds, and each is asked about in a process.
facts_is_nic() {
  [ -e "$1/device" ] && return 0
  [ -e "$1/tun_flags" ] || [ -e "$1/macvtap" ] && return 1
  facts_devtype=
  while read -r facts_value; do
    case $facts_value in DEVTYPE=*) return 1 ;; esac
  done 2>/dev/null <"$1/uevent"
  { read -r facts_index <"$1/ifindex" && read -r facts_iflink <"$1/iflink"; } 2>/dev/null || return 1
  [ "$facts_index" != "$facts_iflink" ] && [ "$facts_count" -lt 16 ] && facts_count=$((facts_count + 1))
}
`;
