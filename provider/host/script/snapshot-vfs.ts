/**
 * The part of the host script that brings a NIC's VFs back to their number, and behind that to what the NIC held of each, as
 * snapshot-notes.ts does. Another number goes by way of none, so that all of them are new then; otherwise they are left alone: a
 * domain may have been given one meanwhile.
 */
export const snapshotVfs = `
# The kernel numbers VFs from 0; sriov_numvfs is not read (see facts_device).
snapshot_vfs() {
  snapshot_value=0
  while [ -e "/sys/class/net/$1/device/virtfn$snapshot_value" ]; do snapshot_value=$((snapshot_value + 1)); done
}

# Their devices by numbers that are not given out again.
snapshot_functions() (
  set +f
  [ ! -e "/sys/class/net/$1/device/virtfn0" ] || ls -Ldi "/sys/class/net/$1/device"/virtfn*
)

# Made without their drivers, which take a VF as it is: igbvf keeps the address that it finds.
snapshot_restore_vfs() {
  snapshot_was "$1" vfs
  snapshot_count=$snapshot_value
  snapshot_vfs "$2"
  [ "$snapshot_value" != "$snapshot_count" ] || return 0
  snapshot_device=/sys/class/net/$2/device
  { read -r snapshot_word <"$snapshot_device/sriov_drivers_autoprobe"; } 2>/dev/null
  echo 0 >"$snapshot_device/sriov_drivers_autoprobe"
  [ "$snapshot_value" = 0 ] || echo 0 >"$snapshot_device/sriov_numvfs"
  [ "$snapshot_count" = 0 ] || echo "$snapshot_count" >"$snapshot_device/sriov_numvfs"
  echo "$snapshot_word" >"$snapshot_device/sriov_drivers_autoprobe"
}

# What \`ip link show\` tells of them, and then their drivers.
snapshot_vf() {
  [ -e "/sys/class/net/$1/device/virtfn0" ] || return 0
  ip link show dev "$1" | sed -n '/^ *vf /{
    s/link.ether/MAC/; s/ brd [0-9a-f:]*//; s/MAC 00:00:00:00:00:00,*//; s/MAC /mac /
    / vlan /!s/$/, vlan 0/
    s/, qos / qos /; s/, vlan protocol / proto /; s/, tx rate [0-9]* (Mbps)//; s/Mbps//g
    s/spoof checking/spoofchk/; s/link-state/state/
    p
  }' | while read -r snapshot_word snapshot_count snapshot_rest; do
    printf '%s\\n' "$snapshot_rest" | tr , '\\n' | sed -n "s#^ *\\([a-z_]* .*[^ ]\\) *\\$#note_ip /sys/class/net/$1/device/virtfn$snapshot_count link set dev $1 vf $snapshot_count \\1#p"
  done
  snapshot_vfs "$1"
  snapshot_count=0
  while [ "$snapshot_count" -lt "$snapshot_value" ]; do
    snapshot_path=/sys/class/net/$1/device/virtfn$snapshot_count
    snapshot_word=$(readlink "$snapshot_path/driver") && echo "note_driver $snapshot_path \${snapshot_word##*/}"
    snapshot_count=$((snapshot_count + 1))
  done
}

note_driver() {
  note_pci=$(readlink "$1")
  note_pci=\${note_pci##*/}
  case $2 in vfio-pci) echo vfio-pci >"$1/driver_override" ;; esac
  echo "$note_pci" >/sys/bus/pci/drivers_probe
}
`;
