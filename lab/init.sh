# The first process of a lab namespace: makes it private, says "ready", then only reaps what its daemons leave behind.
# Killing it ends everything inside. Arguments: the namespace's folder, its host name, the cache folder for guests.
set -eu
folder=$1
name=$2
cache=$3

# Who we are, in the numbers of the runner (its /proc is still here). Written first; then the permit is looked at: `down` takes
# the permit away before it reads the number, so either it reads our number or we do not go on.
read -r stat </proc/self/stat
echo "$stat" >"$folder/init.stat"
[ -e "$folder/permit" ]

hostname "$name"
# -n: libmount would note the mounts in this machine's /run/mount.
mount -n --bind "$cache" "$folder/run/lab-guest"
mount -n -o remount,bind,ro "$folder/run/lab-guest"
for part in etc usr/local/sbin var root home tmp run; do
  mount -n --rbind "$folder/$part" "/$part"
done
mount -n -t sysfs sysfs /sys
mount -n -t cgroup2 cgroup2 /sys/fs/cgroup
mount -n -t proc proc /proc
# lldpad keeps in here which process it is, and would find another namespace's.
mount -n -t tmpfs tmpfs /dev/shm
ip link set lo up
echo ready

exec >/dev/null 2>&1 </dev/null
sleep infinity &
wait
