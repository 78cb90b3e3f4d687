/**
 * The part of the host script by which a transaction gives the host's network manager other files for a while (transaction-verb.ts):
 *
 * `stage PATH` writes a file of ours, `aside PATH` puts one where no manager reads it: its name begins with a dot. Both are for a
 * transaction alone: what is taken back puts all of them back, what is confirmed removes what stands aside. What is staged is below
 * /run, so a reboot in the middle takes it away; and one that was put aside below /etc stays there, unread.
 *
 * `reload MANAGER [LINK]` has that one read its files, and waits for the link that it makes of them.
 */
export const managerVerbs = `
# beside PATH WORD: sets its value to the name of a file beside another, which nobody reads.
beside() { beside=\${1%/*}/.\${1##*/}.$2; }

# systemd-networkd reads its files as a user of its own; NetworkManager takes none that others may read.
mode_of() {
  case $1 in */systemd/network/*) mode=0644 ;; *) mode=0600 ;; esac
}

verb_stage() {
  verb_aside "$1" && echo "$1" >>"$transaction/staged" && mode_of "$1" && put "$1" "$input" "$mode"
}

verb_aside() {
  [ -e "$1" ] || return 0
  beside "$1" aside
  echo "$1" >>"$transaction/aside" && mv -f -- "$1" "$beside"
}

verb_reload() {
  case $1 in
    NetworkManager) nm connection reload ;;
    *) networkd_reload ;;
  esac >&2 || return
  [ "$#" -lt 2 ] || transaction_wait 50 [ -e "/sys/class/net/$2" ] || { say_error "$1 has not made $2$newline"; return 1; }
}

# managers_note FOLDER LINK: what each gives the link.
managers_note() { networkd_note "$1" "$2" && nm_note "$1" "$2" && ifupdown_note "$1" "$2"; }

# Puts back what was staged or put aside, and says whose it is to tell of it; fails where there is nothing. The enslaving file was put
# aside first, and is put back last.
managers_put_back() {
  managed_by= managed_files=
  ! grep -qs /network/interfaces.d/ "$transaction/staged" "$transaction/aside" || ifupdown_let_go
  { while IFS= read -r managed_file; do managers_of "$managed_file" && rm -f -- "$managed_file"; done <"$transaction/staged"; } 2>/dev/null
  { while IFS= read -r managed_file; do managed_files="$managed_file $managed_files"; done <"$transaction/aside"; } 2>/dev/null
  for managed_file in $managed_files; do
    managers_of "$managed_file"
    beside "$managed_file" aside
    [ ! -e "$beside" ] || mv -f -- "$beside" "$managed_file"
  done
  [ -n "$managed_by" ]
}

managers_of() {
  case $1 in
    */NetworkManager/*) managed_by=nm ;;
    */network/interfaces.d/*) managed_by=ifupdown ;;
    *) managed_by=networkd ;;
  esac
}

managers_take_back() { "\${managed_by}_take_back"; }

managers_drop_aside() {
  { while IFS= read -r managed_file; do beside "$managed_file" aside && rm -f -- "$beside"; done <"$transaction/aside"; } 2>/dev/null
}
`;
