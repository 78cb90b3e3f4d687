import { judgeFiles } from "./judge-files.ts";
import { judgeInterfaces } from "./judge-interfaces.ts";
import { judgeIp } from "./judge-ip.ts";
import { judgeNft } from "./judge-nft.ts";
import { judgeProfile } from "./judge-profile.ts";
import { judgeVirsh } from "./judge-virsh.ts";

/**
 * The part of the host script that judges a step before anything is done: what it does not know is refused, word by word and
 * line by line. It trusts nobody, so that an installed copy can be the only thing that sudo allows an account.
 *
 * It knows what the provider sends (links/, libvirt/, persistence/), and no more: a new kind of step comes with its line here.
 */
export const judge = `
judge_step() {
  [ -z "$refused" ] || return 0
  shift
  case $1 in
    run) shift && judge_run "$@" ;;
    read) [ "$#" -le 3 ] && judge_read "$2" ;;
    set) [ "$#" -eq 3 ] && judge_set "$2" "$3" ;;
    facts) judge_facts "$@" ;;
    probe) judge_probe "$@" ;;
    carrier) [ "$#" -eq 3 ] && judge_link "$2" && judge_digit "$3" ;;
    room) [ "$#" -eq 1 ] ;;
    recall) [ "$#" -eq 2 ] && judge_nonce "$2" ;;
    remember) [ "$#" -eq 2 ] && [ -z "$replayed$guard" ] && judge_nonce "$2" ;;
    reload) judge_reload "$@" ;;
    supersede) [ "$#" -eq 3 ] && case $2$3 in *[!0-9]*) false ;; esac ;;
    # Not from a record, nor by a transaction: what is kept keeps nothing itself, and none is in another.
    keep | forget) [ "$#" -eq 2 ] && [ -z "$replayed$guard" ] && judge_kept "$2" ;;
    guard) [ "$#" -eq 4 ] && [ -z "$replayed$guard" ] && judge_seconds "$2" && judge_links "$3 $4" ;;
    # For a transaction alone, which takes it back.
    stage | aside) [ "$#" -eq 2 ] && [ -n "$guard" ] && judge_staged "$2" && judge_kept "$2" ;;
    ifup | ifdown) [ -n "$guard" ] && judge_ifup "$@" ;;
    activate) [ "$#" -eq 6 ] && [ -n "$guard" ] && judge_activate "$@" ;;
    clear) [ "$#" -eq 2 ] && [ -z "$replayed$guard" ] && judge_owner "$2" ;;
    transaction) [ -z "$replayed$guard" ] && shift && judge_transaction "$@" ;;
    *) false ;;
  esac && [ -z "$unsafe" ] && [ "\${#input}" -le 1000000 ] || refused="$* $unsafe$newline"
}

# judge_input LINE may|must VERB VALUE…: a line of a step's input. What its judges know of the lines before is in "within".
judge_input() {
  [ -z "$unsafe" ] || return 0
  judged=$1
  shift 2
  case $1 in
    run) shift && judge_run_input "$@" ;;
    keep | stage) judge_kept_line "$2" ;;
    remember) judge_original ;;
    # Judged when it is done, step by step.
    transaction) ;;
    *) false ;;
  esac || unsafe="refused line: $judged"
}

judge_run() {
  case $1 in
    ip) [ "$# $*" = '5 ip -d -j -batch -' ] || { shift && judge_ip_command "$@"; } ;;
    bridge) [ "$# $*" = '3 bridge -batch -' ] || judge_bridge "$@" ;;
    virsh) shift && judge_virsh "$@" ;;
    nft) [ "$# $*" = '3 nft -f -' ] ;;
    ethtool) shift && judge_ethtool "$@" ;;
    lldptool) shift && judge_lldptool "$@" ;;
    devlink) shift && judge_devlink "$@" ;;
    # The one that hands devices to guests; its name alone, for modprobe takes options after it.
    modprobe) [ "$#" -eq 2 ] && [ "$2" = vfio-pci ] ;;
    *) return 1 ;;
  esac
}

# The command is judged at the step's end: with another one its input does not count.
judge_run_input() {
  case $1 in
    ip) judge_ip_line ;;
    bridge) judge_vlan_line ;;
    nft) judge_nft_line ;;
    virsh) judge_xml ;;
    *) return 1 ;;
  esac
}

# A link's name, of at most 15 bytes.
judge_link() {
  case $1 in '' | -* | . | .. | *[!A-Za-z0-9_.-]* | ????????????????*) return 1 ;; esac
}

judge_number() {
  case $1 in '' | *[!0-9]* | ???????????*) return 1 ;; esac
}

judge_digit() {
  case $1 in [1-9]) ;; *) return 1 ;; esac
}

judge_mac() {
  case $1 in *[!0-9A-Fa-f:]*) return 1 ;; ??:??:??:??:??:??) ;; *) return 1 ;; esac
}

judge_pci() {
  case $1 in *[!0-9a-f:.]*) return 1 ;; ????*:??:??.[0-7]) ;; *) return 1 ;; esac
}

# A VF, which is nobody's disk, and no other device.
judge_vf() {
  judge_pci "$1" && [ -e "/sys/bus/pci/devices/$1/physfn" ]
}

# Of one NIC, the private flag that is ours to set (links/nic-modes.ts).
judge_ethtool() {
  judge_link "$2" || return 1
  case "$# $1 $3 $4" in
    '2 --show-priv-flags  ') ;;
    '4 --set-priv-flags disable-source-pruning on' | '4 --set-priv-flags disable-source-pruning off') ;;
    *) return 1 ;;
  esac
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

# Of one PCI device, the mode of its switch.
judge_devlink() {
  case "$# $*" in
    '5 -j dev eswitch show pci/'*) judge_pci "\${5#pci/}" ;;
    '6 dev eswitch set pci/'*' mode legacy' | '6 dev eswitch set pci/'*' mode switchdev') judge_pci "\${4#pci/}" ;;
    *) return 1 ;;
  esac
}

# 32 digits of hexadecimal.
judge_nonce() {
  case $1 in *[!0-9a-f]*) return 1 ;; ????????????????????????????????) ;; *) return 1 ;; esac
}

# transaction ACT NONCE…; begin: seconds, the owner's mark, links, links that it makes.
judge_transaction() {
  judge_nonce "$2" || return 1
  case "$1 $#" in
    'proceed 2' | 'outcome 2' | 'commit 2' | 'revert 2' | 'close 2') return ;;
    'begin 6') ;;
    *) return 1 ;;
  esac
  judge_seconds "$3" || return 1
  judge_owner "$4" && judge_links "$5 $6"
}

# A resource's mark.
judge_owner() {
  case $1 in '' | *[!A-Za-z0-9_./:@-]*) return 1 ;; esac
}

# One line of JSON, which nobody executes.
judge_original() {
  [ -z "$input" ] && [ "\${#judged}" -le 2000 ] || return 1
  case $judged in *[!\\ -~]*) return 1 ;; '{'*'}') ;; *) return 1 ;; esac
}

# 10 to 999.
judge_seconds() {
  case $1 in *[!0-9]* | '' | ????*) return 1 ;; esac
  [ "$1" -ge 10 ]
}

judge_links() {
  for word in $1; do judge_link "$word" || return 1; done
}

# reload MANAGER [LINK]
judge_reload() {
  case $2 in systemd-networkd | NetworkManager) ;; *) return 1 ;; esac
  [ "$#" -eq 2 ] || { [ "$#" -eq 3 ] && judge_link "$3"; }
}

# activate LINK PROFILE BRIDGE METRIC METRIC: what is empty is not asked for.
judge_activate() {
  judge_link "$2" && judge_uuid "$3" || return 1
  [ -z "$4" ] || judge_link "$4" || return 1
  [ -z "$5" ] || judge_number "$5" || return 1
  [ -z "$6" ] || judge_number "$6"
}

# facts [LINK [network]]
judge_facts() {
  case $# in
    1) ;;
    2) judge_link "$2" ;;
    3) judge_link "$2" && [ "$3" = network ] ;;
    *) return 1 ;;
  esac
}

# probe NIC NONCE SECONDS: a nonce of ten digits of hexadecimal, one to nine seconds.
judge_probe() {
  [ "$#" -eq 4 ] || return 1
  judge_link "$2" || return 1
  case $3 in *[!0-9a-f]*) return 1 ;; ??????????) ;; *) return 1 ;; esac
  judge_digit "$4"
}
${judgeIp}${judgeNft}${judgeVirsh}${judgeFiles}${judgeInterfaces}${judgeProfile}`;
