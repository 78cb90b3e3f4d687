#!/bin/busybox sh
# The first and only program of a lab guest: brings every NIC up, also those plugged in later, and serves commands on ttyS0.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
# Answers to broadcast and multicast pings show that those frames arrive.
echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts
# A guest with two NICs in one subnet answers for each on its own.
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
# Asks again soon for an address that nobody answered for, and gives up before a ping does: the next ping asks anew.
echo 200 >/proc/sys/net/ipv4/neigh/default/retrans_time_ms
ip link set lo up
uevent /nic-up &
for nic in /sys/class/net/*; do ip link set "${nic##*/}" up; done

# The terminal hands over whole lines: the end of a request being served interrupts the shell's read, which then forgets
# what it had of the next line.
stty -F /dev/ttyS0 sane -echo -opost -ixon -isig
exec 3<>/dev/ttyS0
. /serve-commands
while :; do serve_commands; done
