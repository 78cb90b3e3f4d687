import { helperPath } from "./helper-path.ts";

/** Where files of ours stand beside the records: what the host's network manager reads. */
export const keptElsewhere = [
  "/etc/systemd/network/*-pulumi-kvm-network-*[!d]",
  "/etc/systemd/network/*-pulumi-kvm-network-*.d/*",
  "/etc/NetworkManager/conf.d/*-pulumi-kvm-network-*",
  "/etc/NetworkManager/system-connections/pulumi-kvm-network-*",
  "/etc/network/interfaces.d/pulumi-kvm-network-*",
].join(" ");

/**
 * The part of the host script that makes things outlast a reboot: `keep PATH` writes a file of ours, whole or not at all and to
 * the disk, `forget PATH` removes it. Only in a few folders, and only under our name: see `judge_kept`.
 *
 * What is kept below `links/LINK/` are records: requests as they were made, to be made again when that link appears. Their first
 * line says when: `make NAME`, unless NAME is there already; or `set`, always. A copy of this very script reads them, and judges
 * each step anew: a record can do no more than a request. udev has it run for each link that appears, whoever makes it
 * (libvirt's macvtaps too), and a unit of ours for all links, before libvirt starts its domains.
 *
 * On a host without systemd ifupdown runs them (`pre-up`). Where there is neither, `keep` says `nothing`, and is no failure.
 */
export const keepVerb = `
kept=/etc/pulumi-kvm-network
kept_rules=/etc/udev/rules.d/90-pulumi-kvm-network.rules
kept_unit=/etc/systemd/system/pulumi-kvm-network.service
kept_link_unit=/etc/systemd/system/pulumi-kvm-network@.service
kept_wanted=/etc/systemd/system/multi-user.target.wants/pulumi-kvm-network.service
kept_head='# Made by pulumi-kvm-network, and removed with the last of what it keeps here.'

# By 90 udev has given the link its name; one that is given another moves, and is told of anew.
kept_rules_text=$kept_head'
ACTION!="remove", SUBSYSTEM=="net", TEST=="/etc/pulumi-kvm-network/links/$name", TAG+="systemd", ENV{SYSTEMD_WANTS}+="pulumi-kvm-network@.service"
'
kept_unit_text=$kept_head'
[Unit]
Description=What pulumi-kvm-network keeps on this host
After=network-pre.target systemd-networkd.service NetworkManager.service networking.service
Before=libvirtd.service virtqemud.service libvirt-guests.service
ConditionPathExists=/etc/pulumi-kvm-network/replay

[Service]
Type=oneshot
RemainAfterExit=yes
TimeoutStartSec=120
ExecStartPre=-udevadm settle --timeout=30
ExecStart=/bin/sh /etc/pulumi-kvm-network/replay --replay

[Install]
WantedBy=multi-user.target
'
kept_link_unit_text=$kept_head'
[Unit]
Description=What pulumi-kvm-network keeps of the link %f
DefaultDependencies=no
ConditionPathExists=/etc/pulumi-kvm-network/replay

[Service]
Type=oneshot
TimeoutStartSec=120
ExecStart=/bin/sh /etc/pulumi-kvm-network/replay --replay %f
'

to_disk() { sync -- "$1" 2>/dev/null || sync; }

has_text() { [ -f "$1" ] && [ "$(cat -- "$1" && echo .)" = "$2." ]; }

# put FILE TEXT MODE: the file has this text, also after a power cut; or the one that it had.
put() { put_beside "$@" && put_in_place "$1"; }

# Of several files each is written before the first one is put in place: then there is room for all of them.
put_beside() {
  put_nowhere "$1"
  has_text "$1" "$2" && return
  # networkd, which is not root, reads what is for it: its folders, too.
  case $3 in 0644) umask 022 ;; esac
  mkdir -p -- "\${1%/*}"
  kept_folder_made=$?
  umask 077
  [ "$kept_folder_made" -eq 0 ] || return
  beside "$1" new
  printf '%s' "$2" >"$beside" && chmod "$3" "$beside" && to_disk "$beside" && return
  put_nowhere "$1"
  return 1
}

put_in_place() {
  beside "$1" new
  [ -e "$beside" ] || return 0
  mv -f -- "$beside" "$1" && to_disk "\${1%/*}" && return
  put_nowhere "$1"
  return 1
}

put_nowhere() {
  for put_file; do
    beside "$put_file" new
    [ ! -e "$beside" ] || rm -f -- "$beside"
  done
}

# This script: as it came by standard input (start-command.ts), or as it is installed (installed-helper.ts).
this_script() {
  if [ -n "$script_as_sent" ]; then printf %b "$script_as_sent"; else cat ${helperPath}; fi
}

# What does the records, and what runs it.
keep_replay() {
  kept_script=$(this_script) && put "$kept/replay" "$kept_script$newline" 0700 || return
  [ -d /run/systemd/system ] || return 0
  put "$kept_unit" "$kept_unit_text" 0644 && put "$kept_link_unit" "$kept_link_unit_text" 0644 &&
    put "$kept_rules" "$kept_rules_text" 0644 || return
  keep_wanted "$kept_wanted"
}

# keep_wanted LINK: has a boot start the unit of that name.
keep_wanted() {
  [ -e "$1" ] && return
  mkdir -p "\${1%/*}" && ln -s "../\${1##*/}" "$1" && to_disk "\${1%/*}"
}

verb_keep() {
  say_now
  [ -d /run/systemd/system ] || [ -s /run/network/ifstate ] || { echo nothing; return; }
  mode_of "$1"
  keep_replay && put_beside "$1" "$input" "$mode" && bootguard_note "$1" "$input" && put_in_place "$1" || {
    put_nowhere "$1"
    keep_end_if_empty
    return 1
  }
  bootguard_unsay "$1"
  keep_told "$1"
  echo kept
}

# As much as all that is kept of a busy host. Written through: some disks say only then that they are full.
verb_room() {
  say_now
  mkdir -p -- "$kept" || return
  { head -c 262144 /dev/zero >"$kept/room.$$"; } && to_disk "$kept/room.$$"
  kept_status=$?
  rm -f -- "$kept/room.$$"
  rmdir -- "$kept" 2>/dev/null
  return "$kept_status"
}

# NetworkManager takes a link that appears for its own at once: it is told at once.
keep_told() {
  case $1 in
    */NetworkManager/system-connections/*) nm connection reload ;;
    */NetworkManager/*) nm general reload conf ;;
  esac >/dev/null 2>&1
  return 0
}

verb_forget() {
  say_now
  [ ! -e "$1" ] || bootguard_note "$1" || return
  keep_remove "$1" && bootguard_forget "$1" && keep_end_if_empty || return
  [ -e "$kept/replay" ] || bootguard_unsay_all
}

# An empty folder goes with what was last in it, a file with its last drop-in.
keep_remove() {
  [ ! -d "$1.d" ] || return 0
  beside "$1" aside
  rm -f -- "$1" "$beside" || return
  keep_told "$1"
  kept_folder=\${1%/*}
  case $kept_folder in
    *.d) rmdir -- "$kept_folder" 2>/dev/null && rm -f -- "\${kept_folder%.d}" ;;
    $kept/links/*) rmdir -- "$kept_folder" 2>/dev/null ;;
  esac
  return 0
}

# What runs the records goes with the last of all.
keep_end_if_empty() {
  set +f
  for kept_file in $kept/links/*/* ${keptElsewhere}; do
    [ -e "$kept_file" ] && { set -f; to_disk "$kept"; return; }
  done
  set -f
  # It has ended long ago, and stands for active all the same.
  [ ! -d /run/systemd/system ] || timeout 10 systemctl stop pulumi-kvm-network.service >/dev/null 2>&1
  rm -f -- "$kept_wanted" "$kept_unit" "$kept_link_unit" "$kept_rules" "$kept/replay" || return
  rmdir -- "$kept/links" "$kept" 2>/dev/null
  to_disk /etc
}

# replay [PATH]: the records of the link whose path in /sys this is, or of all links. Two at a time would meet.
replay() {
  bootguard_begin
  alone may '-w 60' /run/pulumi-kvm-network.lock replay_alone "$1"
}

replay_alone() {
  say() { :; }
  say_error() { :; }
  replayed=0
  if [ -n "$1" ]; then
    replay_link "\${1##*/}"
  else
    set +f
    # Twice: what the first time makes may have records of its own.
    for kept_folder in $kept/links/* $kept/links/*; do
      set -f
      replay_link "\${kept_folder##*/}"
    done
  fi
  return "$replayed"
}

replay_link() {
  judge_link "$1" && [ -e "/sys/class/net/$1" ] || return 0
  set +f
  for kept_file in "$kept/links/$1"/*; do
    set -f
    [ -f "$kept_file" ] || continue
    # The end of a record that was cut off ends the shell that reads it.
    [ "$( (replay_record <"$kept_file") 3>&1 >/dev/null)" = done ] && continue
    echo "$kept_file: not done" >&2
    replayed=1
  done
  set -f
}

replay_record() {
  IFS= read -r line || return
  case $line in
    'make '*) [ ! -e "/sys/class/net/\${line#make }" ] || { echo done >&3; return; } ;;
    set) ;;
    *) return ;;
  esac
  ended=unread
  serve
  [ -n "$ended$refused" ] || echo done >&3
}
`;
