#!/bin/busybox sh
# The first program of a machine: hands over to the systemd on its disk.
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module; do /bin/busybox insmod "/modules/$module"; done </modules/order
until /bin/busybox mount -t ext4 -o noatime /dev/vda /root; do /bin/busybox sleep 0.5; done
/bin/busybox mount -o move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
