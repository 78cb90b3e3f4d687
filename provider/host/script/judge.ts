/**
 * The part of the host script that judges a step before anything is done: what is not listed is refused. It trusts nobody,
 * so that an installed copy can be the only thing that sudo allows an account.
 */
export const judge = `
judge_step() {
  [ -z "$refused" ] || return 0
  shift
  case $1 in
    run) shift && judge_run "$@" ;;
    read) judge_read "$2" ;;
    set) judge_set "$2" "$3" ;;
    facts) judge_facts "$@" ;;
    probe) judge_probe "$@" ;;
    room) [ "$#" -eq 1 ] ;;
    supersede) [ "$#" -eq 3 ] && case $2$3 in *[!0-9]*) false ;; esac ;;
    keep | forget) [ "$#" -eq 2 ] && judge_kept "$2" ;;
    transaction) shift && judge_transaction "$@" ;;
    *) false ;;
  esac && [ -z "$unsafe" ] && [ "\${#input}" -le 1000000 ] || refused="$* $unsafe$newline"
}

judge_run() {
  case $1 in
    ip) shift && judge_ip ' link addr address route neigh rule -V ' "$@" ;;
    bridge) shift && judge_ip ' link fdb mdb vlan -V ' "$@" ;;
    virsh) shift && judge_virsh "$@" ;;
    nft) shift && judge_nft "$@" ;;
    ethtool)
      # Not -f (flashes), -E (writes the EEPROM), -p (blinks).
      case $2 in
        -i | -k | -P | -g | -l | -S | -K | -c | --version) ;;
        --show-priv-flags) [ "$#" -eq 3 ] && judge_link "$3" || return 1 ;;
        --set-priv-flags) [ "$#" -eq 5 ] && judge_link "$3" && judge_private_flag "$4 $5" || return 1 ;;
        -*) return 1 ;;
      esac
      ;;
    lldptool) shift && judge_lldptool "$@" ;;
    devlink) shift && judge_devlink "$@" ;;
    # The one that hands devices to guests; its name alone, for modprobe takes options after it.
    modprobe) [ "$#" -eq 2 ] && [ "$2" = vfio-pci ] ;;
    *) return 1 ;;
  esac
}

# judge_ip OBJECTS ARGUMENT…: never netns or vrf, which run commands, a batch file, or xdp, which loads programs.
judge_ip() {
  objects=$1
  shift
  while :; do
    case $1 in
      -4 | -6 | -d | -details | -j | -json | -s | -stats | -o | -oneline | -br | -brief | -p | -pretty | -force) shift ;;
      -b | -batch) [ "$#" -eq 2 ] && [ "$2" = - ] && return || return 1 ;;
      *) break ;;
    esac
  done
  for word; do
    case $word in xdp | xdpgeneric | xdpdrv | xdpoffload) return 1 ;; esac
  done
  case $1 in '' | *[!A-Za-z-]*) return 1 ;; esac
  case $objects in *" $1 "*) ;; *) return 1 ;; esac
}

# judge_input COMMAND LINE: what a line of a batch may begin with, and hold. A trailing backslash hides what comes next.
judge_input() {
  case $1 in
    ip | bridge | nft) case $2 in *'\\' | *"$tab"*) unsafe=$2 ;; esac ;;
  esac
  case $1 in
    ip)
      case $2 in
        *[\\ \\"\\']xdp[\\ \\"\\']* | *xdpgeneric* | *xdpdrv* | *xdpoffload*) unsafe=$2 ;;
        'link '* | 'addr '* | 'address '* | 'route '* | 'neigh '* | 'rule '* | '#'* | '') ;;
        *) unsafe=$2 ;;
      esac
      ;;
    bridge)
      case $2 in
        'link '* | 'fdb '* | 'mdb '* | 'vlan '* | '#'* | '') ;;
        *) unsafe=$2 ;;
      esac
      ;;
    nft)
      case $2 in *include*[\\"\\']* | *flush*ruleset*) unsafe=$2 ;; esac
      ;;
  esac
}

# Only the local daemon (a URI can name a program to run), only these words, no file but standard input.
judge_virsh() {
  while :; do
    case $1 in
      -q | --quiet | -r | --readonly) shift ;;
      -c | --connect) [ "$2" = qemu:///system ] || return 1; shift 2 ;;
      *) break ;;
    esac
  done
  case $1 in
    list | version | uri | hostname | capabilities | domcapabilities | dominfo | domstate | domid | domuuid | domname) ;;
    dumpxml | domiflist | domif-getlink | domif-setlink | domifstat | domiftune) ;;
    net-list | net-info | net-dumpxml | net-uuid | net-start | net-destroy | net-undefine | net-autostart | net-update) ;;
    nwfilter-list | nwfilter-dumpxml | nwfilter-undefine | nwfilter-binding-list | nwfilter-binding-dumpxml) ;;
    nodedev-list | nodedev-dumpxml | nodedev-detach | nodedev-reattach) ;;
    # With a new value these start an editor; with --set they do not.
    metadata) case " $* " in *' --edit'*) return 1 ;; esac ; return 0 ;;
    attach-device | detach-device | update-device | net-define | nwfilter-define)
      case " $* " in *' /dev/stdin '*) ;; *) return 1 ;; esac
      ;;
    *) return 1 ;;
  esac
  shift
  for word; do
    case $word in
      /dev/stdin | '<'*) ;;
      */*) return 1 ;;
    esac
  done
}

judge_nft() {
  while :; do
    case $1 in
      -j | --json | -a | --handle | -n | --numeric | -s | --stateless | -c | --check) shift ;;
      -f | --file) [ "$#" -eq 2 ] && [ "$2" = - ] && return || return 1 ;;
      *) break ;;
    esac
  done
  case $* in *include*[\\"\\']* | *flush*ruleset*) return 1 ;; esac
  case $1 in
    list | add | create | insert | replace | delete | destroy | flush | --version) ;;
    *) return 1 ;;
  esac
}

# A link's name, of at most 15 bytes.
judge_link() {
  case $1 in '' | -* | . | .. | *[!A-Za-z0-9_.-]* | ????????????????*) return 1 ;; esac
}

# Of one NIC, by the agent of the nearest customer bridge: its EVB settings, letter by letter (links/evb.ts).
judge_lldptool() {
  [ "$2" = -i ] && [ "$4" = -g ] && [ "$5" = ncb ] || return 1
  judge_link "$3" || return 1
  wanted=$1
  shift 5
  case "$wanted $# $*" in
    '-l 1 adminStatus' | '-t 6 -V evb -c evbmode evbrrreq enableTx') ;;
    '-L 1 adminStatus=disabled' | '-L 1 adminStatus=rx' | '-L 1 adminStatus=tx' | '-L 1 adminStatus=rxtx') ;;
    '-T 3 -V evb evbmode=station' | '-T 3 -V evb evbmode=bridge') ;;
    '-T 3 -V evb evbrrreq=yes' | '-T 3 -V evb evbrrreq=no' | '-T 3 -V evb enableTx=yes' | '-T 3 -V evb enableTx=no') ;;
    *) return 1 ;;
  esac
}

# The one private flag that is ours to set (links/nic-modes.ts).
judge_private_flag() {
  case $1 in 'disable-source-pruning on' | 'disable-source-pruning off') ;; *) return 1 ;; esac
}

# Of one PCI device, the mode of its switch.
judge_devlink() {
  case "$# $*" in
    '5 -j dev eswitch show pci/'*) judge_pci "\${5#pci/}" ;;
    '6 dev eswitch set pci/'*' mode legacy' | '6 dev eswitch set pci/'*' mode switchdev') judge_pci "\${4#pci/}" ;;
    *) return 1 ;;
  esac
}

judge_pci() {
  case $1 in *[!0-9a-f:.]*) return 1 ;; ????*:??:??.[0-7]) ;; *) return 1 ;; esac
}

# A VF, which is nobody's disk, and no other device.
judge_vf() {
  judge_pci "$1" && [ -e "/sys/bus/pci/devices/$1/physfn" ]
}

# judge_vf_driver PATH VALUE: taken from its driver, and kept for one.
judge_vf_driver() {
  vf=\${1#/sys/bus/pci/devices/}
  vf=\${vf%%/*}
  judge_vf "$vf" || return 1
  case $1 in
    "/sys/bus/pci/devices/$vf/driver/unbind") [ "$2" = "$vf" ] ;;
    "/sys/bus/pci/devices/$vf/driver_override") case $2 in *[!A-Za-z0-9_-]*) return 1 ;; esac ;;
    *) return 1 ;;
  esac
}

judge_read() {
  case $1 in
    */../* | */.. | *"$newline"*) return 1 ;;
    /sys/* | /proc/sys/* | /proc/net/* | /proc/cmdline | /proc/modules | /proc/uptime | /proc/version | /proc/cpuinfo) ;;
    /run/pulumi-kvm-network/* | /etc/pulumi-kvm-network/* | /var/lib/pulumi-kvm-network/*) ;;
    *) return 1 ;;
  esac
}

# judge_set PATH VALUE. A link's directory leads to its whole device, and from there everywhere: of that, SR-IOV only.
judge_set() {
  case $1 in
    */../* | */.. | *"$newline"*) return 1 ;;
    /proc/sys/net/*) ;;
    /sys/class/net/*/device/sriov_numvfs | /sys/class/net/*/device/sriov_drivers_autoprobe) ;;
    /sys/class/net/*/device/* | /sys/class/net/*/subsystem/* | /sys/class/net/*/phydev/*) return 1 ;;
    /sys/class/net/*/*) ;;
    /sys/devices/*/net/*/device/* | /sys/devices/*/subsystem/* | /sys/devices/*/driver/*) return 1 ;;
    /sys/devices/*/net/*/* | /sys/devices/*/sriov_numvfs | /sys/devices/*/sriov_drivers_autoprobe) ;;
    /sys/devices/*/driver_override) ;;
    /sys/bus/pci/drivers_probe) judge_vf "$2" ;;
    /sys/bus/pci/devices/*) judge_vf_driver "$1" "$2" ;;
    /sys/bus/pci/drivers/*/*/*) return 1 ;;
    /sys/bus/pci/drivers/*/unbind) judge_vf "$2" ;;
    *) return 1 ;;
  esac
}

# Records of links, and files of ours that the network managers read.
judge_kept() {
  case $1 in
    *[!A-Za-z0-9_./@:-]* | */../* | */. | */.. | */) return 1 ;;
    /etc/pulumi-kvm-network/links/*/*/*) return 1 ;;
    /etc/pulumi-kvm-network/links/*/*) ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*.d/*/* | /etc/systemd/network/*/*[!f]) return 1 ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*.d/*.conf) ;;
    /etc/systemd/network/*/* | /etc/NetworkManager/*/*/* | /etc/network/interfaces.d/*/*) return 1 ;;
    /etc/systemd/network/[0-9][0-9]-pulumi-kvm-network-*) ;;
    /etc/NetworkManager/conf.d/[0-9][0-9]-pulumi-kvm-network-*.conf) ;;
    /etc/NetworkManager/system-connections/pulumi-kvm-network-*.nmconnection) ;;
    /etc/network/interfaces.d/pulumi-kvm-network-*) ;;
    *) return 1 ;;
  esac
}

# What a transaction is to do is judged when it is done, step by step.
judge_transaction() {
  case $2 in *[!0-9a-f]*) return 1 ;; ????????????????????????????????) ;; *) return 1 ;; esac
  case "$1 $#" in
    'proceed 2' | 'outcome 2' | 'commit 2' | 'revert 2' | 'close 2') return ;;
    'begin 6') ;;
    *) return 1 ;;
  esac
  case $3 in *[!0-9]* | '' | ????*) return 1 ;; esac
  [ "$3" -ge 10 ] || return 1
  case $4 in '' | *[!A-Za-z0-9_./:@-]*) return 1 ;; esac
  for word in $5 $6; do judge_link "$word" || return 1; done
}

judge_facts() {
  case $2 in -* | . | .. | *[!A-Za-z0-9_.-]*) return 1 ;; esac
}

# probe NIC NONCE SECONDS: a nonce of ten digits of hexadecimal, one to nine seconds.
judge_probe() {
  [ "$#" -eq 4 ] || return 1
  judge_link "$2" || return 1
  case $3 in *[!0-9a-f]*) return 1 ;; ??????????) ;; *) return 1 ;; esac
  case $4 in [1-9]) ;; *) return 1 ;; esac
}
`;
