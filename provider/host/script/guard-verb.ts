/**
 * The part of the host script that has the next boot prove what is kept of the links which the host is reached by (docs/persistence.md):
 *
 * `guard SECONDS LINKS MADE`: until the request's end each file is noted, as it is, before `keep` or `forget` changes it; and with the first
 * of them what is so of the LINKS now (boot-guard.ts). Of links without an address nothing is guarded. MADE: those of them that the files make.
 *
 * Below `guard/`, `armed` has the boot that it was armed in, SECONDS, LINKS, MADE, and what was so, a sentence a line; `paths` the files, in the
 * order in which they were changed; `before/` those that were there. Once `armed` is called `restoring` there is nothing to prove any more:
 * what a power cut leaves half done the next boot finishes. `said`: what was put in place again, and why, until it is kept or forgotten,
 * or nobody has come to that for thirty days.
 */
export const guardVerb = `
bootguard=$kept/guard
bootguard_unit=/etc/systemd/system/pulumi-kvm-network-guard.service
bootguard_wanted=/etc/systemd/system/multi-user.target.wants/pulumi-kvm-network-guard.service
bootguard_unit_text=$kept_head'
[Unit]
Description=Whether this host is reached by what pulumi-kvm-network keeps here
After=systemd-networkd.service NetworkManager.service networking.service
ConditionPathExists=/etc/pulumi-kvm-network/guard

[Service]
Type=simple
ExecStart=/bin/sh /etc/pulumi-kvm-network/replay --guard
StandardError=journal+console

[Install]
WantedBy=multi-user.target
'

verb_guard() { bootguard_asked=$1 bootguard_links=$2 bootguard_made=$3; }

# Sets bootguard_seen; fails where the host is not reached by these links.
bootguard_look() {
  bootguard_seen=$(bootguard_list $bootguard_links)
  [ -n "$(printf '%s\\n' "$bootguard_seen" | grep -v ' has carrier$')" ]
}

# What stands in armed or restoring; fails where there is neither, or not all of it.
bootguard_read() {
  bootguard_state=armed
  [ -e "$bootguard/armed" ] || bootguard_state=restoring
  bootguard_boot= bootguard_links= bootguard_made=
  {
    read -r bootguard_boot && read -r bootguard_seconds && read -r bootguard_links && read -r bootguard_made &&
      read -r bootguard_word
  } 2>/dev/null <"$bootguard/$bootguard_state"
}

# bootguard_write [PATHS]: what is guarded, all of it or, where there is no room, as it was.
bootguard_write() {
  read -r bootguard_boot </proc/sys/kernel/random/boot_id
  bootguard_text=$bootguard_boot$newline$bootguard_seconds$newline$bootguard_links$newline$bootguard_made$newline$bootguard_seen$newline
  { [ "$#" -eq 0 ] || put_beside "$bootguard/paths" "$1" 0600; } && put_beside "$bootguard/armed" "$bootguard_text" 0600 &&
    { [ ! -d /run/systemd/system ] || { put "$bootguard_unit" "$bootguard_unit_text" 0644 && keep_wanted "$bootguard_wanted"; }; } &&
    { [ "$#" -eq 0 ] || put_in_place "$bootguard/paths"; } && put_in_place "$bootguard/armed" &&
    rm -f -- "$bootguard/restoring" && return
  bootguard_fail
}

bootguard_fail() {
  put_nowhere "$bootguard/paths" "$bootguard/armed"
  [ -e "$bootguard/armed" ] || [ -e "$bootguard/restoring" ] || bootguard_end
  return 1
}

# Of several resources, together: of each the host is reached by some of its links.
bootguard_join() {
  set -- "$bootguard_asked" "$bootguard_links" "$bootguard_made"
  bootguard_read || bootguard_seconds=$1
  [ "$bootguard_seconds" -ge "$1" ] || bootguard_seconds=$1
  bootguard_unite $bootguard_links $2
  bootguard_links=$bootguard_words
  bootguard_unite $bootguard_made $3
  bootguard_made=$bootguard_words
  [ "$bootguard_links" = "$2" ] || bootguard_look
}

bootguard_unite() {
  bootguard_words=
  for bootguard_word; do
    case " $bootguard_words " in *" $bootguard_word "*) ;; *) bootguard_words=\${bootguard_words:+$bootguard_words }$bootguard_word ;; esac
  done
}

# Sets where a file of before is.
bootguard_find() { bootguard_before=$bootguard/before/$(printf %s "$1" | tr / +); }

# bootguard_copy FROM TO MODE
bootguard_copy() { bootguard_text=$(cat -- "$1" && echo .) && put "$2" "\${bootguard_text%.}" "$3"; }

# bootguard_note PATH [TEXT]: before it is changed, to this text; of several changes the first one counts.
bootguard_note() {
  [ -n "$bootguard_asked" ] || return 0
  # A boot removes these.
  case $1 in /run/*) return ;; esac
  [ "$#" -eq 1 ] || ! has_text "$@" || return 0
  if [ -z "$bootguard_seen" ]; then
    bootguard_look || { bootguard_asked=; return 0; }
    bootguard_join
  fi
  if ! grep -qsxF -e "$1" "$bootguard/paths"; then
    bootguard_find "$1"
    [ ! -e "$1" ] || bootguard_copy "$1" "$bootguard_before" 0600 || { bootguard_fail; return; }
    bootguard_text=$(cat "$bootguard/paths" 2>/dev/null)
    bootguard_write "\${bootguard_text:+$bootguard_text$newline}$1$newline" && return
    rm -f -- "$bootguard_before"
    return 1
  fi
  bootguard_write
}

# bootguard_forget PATH: nothing of before is put in the place of what goes with its resource.
bootguard_forget() {
  bootguard_unsay "$1"
  # What was kept before it was armed, or by whom the host is not reached, is nothing to it.
  [ -z "$bootguard_asked" ] && [ -e "$bootguard/paths" ] || return 0
  [ ! -s "$bootguard/paths" ] || grep -qxF -e "$1" "$bootguard/paths" || return 0
  bootguard_find "$1"
  rm -f -- "$bootguard_before"
  bootguard_text=
  while IFS= read -r bootguard_path; do
    bootguard_find "$bootguard_path"
    [ ! -e "$bootguard_path" ] && [ ! -e "$bootguard_before" ] || bootguard_text=$bootguard_text$bootguard_path$newline
  done <"$bootguard/paths"
  [ -n "$bootguard_text" ] && bootguard_read && { [ -n "$bootguard_seen" ] || bootguard_look; } || { bootguard_end; return; }
  bootguard_write "$bootguard_text"
}

# bootguard_unsay PATH: what was taken back is there again, or is wanted no longer. The first line says why.
bootguard_unsay() {
  [ -e "$bootguard/said" ] && grep -qxF -e "$1" "$bootguard/said" || return 0
  bootguard_text=$(grep -vxF -e "$1" "$bootguard/said")
  case $bootguard_text in *"$newline"*) put "$bootguard/said" "$bootguard_text$newline" 0600 ;; *) bootguard_unsay_all ;; esac
}

# Its resource may have left the program: nobody keeps or forgets it then.
bootguard_unsay_old() {
  [ ! -e "$bootguard/said" ] || [ -n "$(find "$bootguard/said" -mtime -30)" ] || bootguard_unsay_all
}

bootguard_unsay_all() {
  rm -f -- "$bootguard/said"
  rmdir -- "$bootguard" "$kept" 2>/dev/null
  return 0
}

bootguard_end() {
  rm -f -- "$bootguard/armed" "$bootguard/restoring" "$bootguard_wanted" "$bootguard_unit"
  rm -rf -- "$bootguard/before" "$bootguard/paths"
  rmdir -- "$bootguard" 2>/dev/null
  to_disk "$kept"
}

# ifupdown may take as long before the guard begins.
bootguard_late=300

# Whether a boot is yet to be judged. Where nothing does that, nobody waits for it for ever.
bootguard_is_pending() {
  [ -e "$bootguard/armed" ] || [ -e "$bootguard/restoring" ] || return 1
  bootguard_read && ! bootguard_is_of_now && bootguard_uptime && [ "$bootguard_now" -lt $((bootguard_seconds + bootguard_late)) ]
}

bootguard_holder() {
  echo "its boot guard waits until it is reached as before its start, for at most $((bootguard_seconds + bootguard_late - bootguard_now)) s more"
}

bootguard_is_of_now() {
  read -r bootguard_word </proc/sys/kernel/random/boot_id
  [ "$bootguard_boot" = "$bootguard_word" ]
}

bootguard_uptime() {
  read -r bootguard_now bootguard_word </proc/uptime
  bootguard_now=\${bootguard_now%.*}
}
`;
