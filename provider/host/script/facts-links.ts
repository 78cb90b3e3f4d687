/** The part of the host script that observes links, what hardware they stand on, their routes and the VLANs of bridges' ports. */
export const factsLinks = String.raw`
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
`;
