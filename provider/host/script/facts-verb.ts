import { keptElsewhere } from "./keep-verb.ts";

/** The name at the end of a path: JavaScript would take the shell's own syntax for its. */
const lastPart = (variable: string): string => `\${${variable}##*/}`;

/**
 * The part of the host script that observes everything in one go: a shell function `verb_facts`, parsed by `discovery/`.
 *
 * Its output is cut into sections by lines that begin with a word read from the kernel's random source at each call, so that
 * nothing a guest, a neighbour or a user wrote (domain descriptions, LLDP system names, aliases) can pass for one of them.
 * `verb_facts NAME` prints only what the kernel keeps in files about one link, without starting a process: the other half of
 * an `ip -d -j addr show dev NAME` that has just been done.
 *
 * Forks are what costs here (1–2 ms each, virsh 15 ms): attributes of all links come from one grep, symbolic links are
 * resolved by `cd -P`, everything else is a builtin, whose text is collected (see requestLoop).
 */
export const factsVerb = String.raw`
facts_section() { say "$newline$facts_nonce $*$newline"; }

# ATTRIBUTE FILE: "FILE:value", nothing when it is not there or the driver refuses.
facts_attribute() {
  facts_value=
  [ -r "$1" ] && { read -r facts_value <"$1"; } 2>/dev/null
  [ -n "$facts_value" ] && say "$1:$facts_value$newline"
}

# What a hardware NIC stands on: where its symbolic links lead.
facts_device() {
  [ -e "$1/wireless" ] || [ -e "$1/phy80211" ] && say "$1:wireless$newline"
  [ -e "$1/device" ] || return 0
  for facts_link in device device/driver device/iommu_group device/../iommu_group; do
    cd -P "$1/$facts_link" 2>/dev/null && say "$1/$facts_link:$PWD$newline"
  done
  # Its VFs, which the kernel numbers from 0.
  facts_index=0
  while [ -e "$1/device/virtfn$facts_index" ]; do
    for facts_link in "device/virtfn$facts_index" "device/virtfn$facts_index/driver" "device/virtfn$facts_index/iommu_group"; do
      cd -P "$1/$facts_link" 2>/dev/null && say "$1/$facts_link:$PWD$newline"
    done
    facts_attribute "$1/device/virtfn$facts_index/driver_override"
    facts_index=$((facts_index + 1))
  done
  cd /
  # Not read: who reads sriov_numvfs waits for who writes it, and that one for as long as a domain holds a VF
  # (drivers/pci/iov.c, drivers/vfio/vfio_main.c).
  [ -e "$1/device/sriov_totalvfs" ] && say "$1/device/sriov_numvfs:$facts_index$newline"
}

facts_of_link() {
  case $1 in '' | . | .. | -* | *[!A-Za-z0-9_.-]*)
    say_error "not an interface name$newline"
    return 2
    ;;
  esac
  facts_path=/sys/class/net/$1
  facts_section begin attributes
  for facts_name in flags carrier addr_assign_type speed device/sriov_totalvfs; do
    facts_attribute "$facts_path/$facts_name"
  done
  facts_attribute "/proc/sys/net/ipv6/conf/$1/disable_ipv6"
  set +f
  for facts_name in "$facts_path"/tap*/dev; do facts_attribute "$facts_name"; done
  set -f
  facts_device "$facts_path"
  facts_section end 0
}

facts_of_links() {
  facts_section begin links
  say_now
  ip -d -j addr show
  facts_section end $?
  facts_section begin routes
  say_now
  ip -j route show table all type unicast
  facts_section end $?
  facts_section begin attributes
  say_now
  set +f
  grep -sH . /sys/class/net/*/addr_assign_type /sys/class/net/*/speed /sys/class/net/*/tap*/dev \
    /sys/class/net/*/device/sriov_totalvfs \
    /proc/sys/net/ipv6/conf/*/disable_ipv6 2>/dev/null
  [ -d /run/systemd/system ] || [ -d /run/NetworkManager/devices ] &&
    grep -sHE '^(NETWORK_FILE|E:ID_NET_LINK_FILE|connection-uuid|uuid)=' /run/systemd/netif/links/* /run/udev/data/n[0-9]* \
      /run/NetworkManager/devices/* /etc/NetworkManager/system-connections/pulumi-kvm-network-* \
      /run/NetworkManager/system-connections/pulumi-kvm-network-* 2>/dev/null
  [ ! -s /run/network/ifstate ] || grep -sH . /run/network/ifstate.*
  for facts_path in /sys/class/net/*; do facts_device "$facts_path"; done
  set -f
  facts_section end 0
}

# Ports have VLANs where a bridge filters them: where none does, no process is started.
facts_of_vlans() {
  facts_value=
  set +f
  for facts_path in /sys/class/net/*/bridge/vlan_filtering; do
    { read -r facts_value <"$facts_path"; } 2>/dev/null
    [ "$facts_value" = 1 ] && break
  done
  set -f
  [ "$facts_value" = 1 ] || return 0
  facts_section begin vlans
  say_now
  bridge -compressvlans -j vlan show
  facts_section end $?
}

facts_of_system() {
  facts_section begin system
  for facts_name in kernel/hostname kernel/osrelease kernel/random/boot_id net/bridge/bridge-nf-call-iptables; do
    facts_attribute "/proc/sys/$facts_name"
  done
  say "session:$KVMNET_SESSION$newline"
  [ -c /dev/vhost-net ] && say "vhost-net:yes$newline"
  [ -d /sys/bus/pci/drivers/vfio-pci ] && say "vfio-pci:yes$newline"
  [ -d /run/systemd/system ] && say "systemd:yes$newline"
  [ -s /run/network/ifstate ] && say "manager:ifupdown$newline"
  set +f
  for facts_name in /run/systemd/network/*netplan* /run/NetworkManager/system-connections/netplan-*; do
    [ -e "$facts_name" ] && say "manager:netplan$newline" && break
  done
  facts_daemons=$(grep -shE '^(NetworkManager|systemd-network|ovs-vswitchd|lldpad|lldpd)$' /proc/[0-9]*/comm)
  set -f
  say "$facts_daemons$newline"
  facts_section end 0
  facts_section begin tools
  say ip:
  say_now
  ip -V
  command -v nft >/dev/null && say nft: && say_now && nft --version </dev/null
  facts_section end 0
  # Without br_netfilter no firewall rule sees a bridged frame.
  [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || return 0
  facts_section begin forward
  say_now
  if command -v nft >/dev/null; then
    nft list chains </dev/null
  else
    iptables -S FORWARD </dev/null
  fi 2>/dev/null
  facts_section end $?
}

# What is kept over reboots, by its digest. Only root may look.
facts_of_kept() {
  [ -r /etc/pulumi-kvm-network/links ] || return 0
  facts_section begin kept
  say_now
  set +f
  sha256sum /etc/pulumi-kvm-network/links/*/* ${keptElsewhere} 2>/dev/null
  set -f
  facts_section end 0
}

# That a boot has taken some of it back, and why.
facts_of_guard() {
  [ -r /etc/pulumi-kvm-network/guard/said ] || return 0
  facts_section begin guard
  say_now
  cat /etc/pulumi-kvm-network/guard/said
  facts_section end $?
}

# Filters of ours are for macvtaps of ours: where there are none, no process is started.
facts_of_netdev() {
  command -v nft >/dev/null || return 0
  facts_value=
  set +f
  for facts_path in /sys/class/net/*; do
    [ -e "$facts_path/macvtap" ] || continue
    { read -r facts_value <"$facts_path/ifalias"; } 2>/dev/null
    case $facts_value in pulumi-kvm-network:*) break ;; esac
    facts_value=
  done
  set -f
  [ -n "$facts_value" ] || return 0
  facts_section begin netdev
  say_now
  nft -t list ruleset netdev </dev/null
  facts_section end $?
}

# Two processes: who is there, and then the XML of all of them. Names never become part of a command: UUIDs do.
facts_of_libvirt() {
  facts_virsh=$(command -v virsh) || return 0
  facts_section begin libvirt
  # A distribution's virsh (13 ms) would only find out as much.
  if [ "$facts_virsh" = /usr/bin/virsh ] && [ ! -S /run/libvirt/libvirt-sock ] && [ ! -S /run/libvirt/virtqemud-sock ]; then
    say "failed to connect to libvirt: neither libvirtd nor virtqemud has a socket in /run/libvirt$newline"
    facts_section end 1
    return 0
  fi
  # Whoever is not root may look, as libvirt's default for its read-only socket is.
  facts_readonly=
  [ -w /run ] || facts_readonly=-r
  facts_list=$($facts_timeout virsh -q $facts_readonly -c qemu:///system \
    "version --daemon; list --uuid; list --inactive --uuid; echo '
transient
'; list --all --transient --uuid; echo '
end
'" 2>&1 </dev/null)
  facts_status=$?
  say "$facts_list$newline"
  facts_section end "$facts_status"
  [ "$facts_status" -eq 0 ] || return 0
  facts_commands=
  facts_count=0
  for facts_word in $facts_list; do
    case $facts_word in
      transient) break ;;
      *[!0-9a-f-]*) continue ;;
      ????????-????-????-????-????????????) ;;
      *) continue ;;
    esac
    facts_commands="$facts_commands
echo '
$facts_nonce domain live $facts_word
'; dumpxml $facts_word; echo '
$facts_nonce domain config $facts_word
'; dumpxml --inactive $facts_word;"
    facts_count=$((facts_count + 1))
    [ $((facts_count % 100)) -eq 0 ] && facts_of_domains
  done
  [ -n "$facts_commands" ] && facts_of_domains
}

# One argument of a process holds 128 KiB: a hundred domains at a time. The list at the end tells domains that went away in
# between from a daemon that did.
facts_of_domains() {
  facts_section begin domains
  say_now
  $facts_timeout virsh -q $facts_readonly -c qemu:///system "$facts_commands
echo '
$facts_nonce domain still there
'; list --all --uuid; hostname; echo '
$facts_nonce domain end
'" 2>/dev/null </dev/null
  facts_section end $?
  facts_commands=
}

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

verb_facts() {
  read -r facts_nonce </proc/sys/kernel/random/uuid || return 1
  say "kvmnet-facts 1 $facts_nonce$newline"
  if [ $# -gt 1 ]; then
    facts_of_network "$1"
  elif [ $# -gt 0 ]; then
    facts_of_link "$1" || return 2
  else
    facts_timeout= facts_lldp=
    command -v timeout >/dev/null && facts_timeout='timeout 5'
    facts_of_links
    facts_of_vlans
    facts_of_system
    facts_of_kept
    facts_of_guard
    facts_of_netdev
    facts_of_libvirt
    facts_of_lldp
    facts_of_lldpd
    facts_of_networkd
  fi
  facts_section complete
}
`;
