#!/bin/sh
# Installs Debian packages so that nothing of them starts, neither now nor at the next boot: libvirtd would bring up virbr0 with a
# DHCP server, lldpad would send on every NIC. Usage (root): sh install-quietly.sh PACKAGE…; without packages it only tidies up.
set -eu

policy=/usr/sbin/policy-rc.d
mark="pulumi-kvm-network: nothing starts while packages are installed"

# One at a time; and whoever holds the lock knows that a policy of ours is a leftover.
exec 9>/run/lock/pulumi-kvm-network
flock -w 600 9 || { echo "Another set-up has been installing packages for ten minutes: wait for it, then try again."; exit 1; }

if [ -e "$policy" ] && grep -q "$mark" "$policy"; then rm "$policy"; fi
[ $# -gt 0 ] || exit 0

if [ -e "$policy" ]; then
	answer=0
	"$policy" lldpad start >/dev/null 2>&1 || answer=$?
	if [ "$answer" -ne 101 ]; then
		echo "$policy (not ours) would let services start: let it answer 101 for lldpad and libvirtd, then try again."
		exit 1
	fi
else
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
	chmod 755 "$policy"
fi

installed() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | sort; }
before=$(mktemp)
installed >"$before"

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# A repository that does not answer matters only if something can't be installed because of it.
apt-get update || echo "apt-get update failed"
apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"

if command -v systemctl >/dev/null; then
	for package in $(installed | comm -13 "$before" -); do
		units=$(dpkg -L "$package" | grep -E '/systemd/system/[^/@]*\.(service|socket|timer)$' | sed 's,.*/,,' || true)
		# Units without an [Install] section can't be disabled and need not be.
		[ -z "$units" ] || systemctl disable $units >/dev/null 2>&1 || true
	done
fi
rm "$before"
