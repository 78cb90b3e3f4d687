import { keptElsewhere } from "./keep-verb.ts";

/** The part of the host script that observes the host itself: its kernel, daemons, tools and filters, and what is kept there. */
export const factsSystem = `
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
`;
