# Makes the root of the machines' disk out of a distribution's. Argument: its folder.
set -eu
root=$1

# Keys and names are each machine's own: neither keys that all machines share (sshd's package makes them) nor what mmdebstrap
# took over from the computer that it runs on.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/resolv.conf"
echo machine >"$root/etc/hostname"
# Empty, not missing: systemd would take that for a first boot and enable every unit that there is.
: >"$root/etc/machine-id"
echo '/dev/vda / ext4 noatime 0 0' >"$root/etc/fstab"

# None of the network managers runs unless a machine asks for it: then init.sh enables it by these links.
mkdir -p "$root/usr/local/share/lab-network-managers/none"
offline() { SYSTEMD_OFFLINE=1 SYSTEMCTL_SKIP_SYSV=1 chroot "$root" systemctl --quiet "$@"; }
offline disable NetworkManager.service NetworkManager-wait-online.service networking.service systemd-networkd.service
cp -a "$root/etc/systemd/system" "$root/system-without"
for manager in systemd-networkd NetworkManager ifupdown; do
  case $manager in
    NetworkManager) offline enable NetworkManager.service NetworkManager-wait-online.service ;;
    ifupdown) offline enable networking.service ;;
    *) offline enable "$manager.service" ;;
  esac
  links=$root/usr/local/share/lab-network-managers/$manager
  mv "$root/etc/systemd/system" "$links"
  (cd "$root/system-without" && find . ! -type d -exec rm "$links/{}" ";")
  cp -a "$root/system-without" "$root/etc/systemd/system"
done
rm -r "$root/system-without"

mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../lab-setup.service ../lab-channel.service "$root/etc/systemd/system/multi-user.target.wants/"
# Nothing of these is needed, and each takes an emulated CPU its time.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer getty@tty1.service libvirt-guests.service logrotate.timer serial-getty@ttyS0.service \
  sshd-keygen.service systemd-pstore.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
# Else the first boot takes the disk for one that was updated, and looks at all libraries anew.
touch "$root/etc/.updated" "$root/var/.updated"
