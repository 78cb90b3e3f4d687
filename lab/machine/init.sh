#!/bin/busybox sh
# The first program of a machine: hands over to the systemd on its disk.
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do /bin/busybox insmod "/modules/$module"; done </modules/order
until /bin/busybox mount -t ext4 -o noatime /dev/vda /root; do /bin/busybox sleep 0.5; done
# At the first boot: systemd would not look again at what is enabled while it starts.
chosen=/root/var/lib/lab-network-manager
if [ ! -e $chosen ]; then
  /bin/busybox mount -t sysfs sysfs /sys
  manager=$(/bin/busybox cat /sys/firmware/qemu_fw_cfg/by_name/opt/lab/network-manager/raw)
  /bin/busybox umount /sys
  /bin/busybox cp -a "/root/usr/local/share/lab-network-managers/$manager/." /root/etc/systemd/system/
  echo "$manager" >$chosen
fi
/bin/busybox mount -o move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
