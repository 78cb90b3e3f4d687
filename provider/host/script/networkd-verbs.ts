/**
 * The part of the host script by which a transaction gives systemd-networkd other files for a while (transaction-verb.ts):
 *
 * `stage PATH` writes a file of ours, `aside PATH` puts one where networkd does not read it (it takes no such ending). Both are for a
 * transaction alone: what is taken back puts all of them back, what is confirmed removes what stands aside. What is staged is below
 * /run, so a reboot in the middle takes it away; and one that was put aside below /etc stays there, unread. `reload [LINK]` has networkd
 * read its files, and waits for the link that it makes of them.
 *
 * networkd says in /run/systemd/netif/links which file a link has and how far it is (it calls that private, and discovery/ reads the
 * same line): taken back means that it has the file of before.
 */
export const networkdVerbs = `
verb_stage() {
  verb_aside "$1" && echo "$1" >>"$transaction/staged" && put "$1" "$input" 0644
}

verb_aside() {
  [ -e "$1" ] || return 0
  echo "$1" >>"$transaction/aside" && mv -f -- "$1" "$1.aside"
}

verb_reload() {
  timeout 25 networkctl reload >&2 || return
  [ "$#" -eq 0 ] || transaction_wait 50 [ -e "/sys/class/net/$1" ] || { say_error "networkd has not made $1$newline"; return 1; }
}

# Sets networkd_file and networkd_state of a link, to nothing where networkd does not know it.
networkd_look() {
  networkd_file= networkd_state=
  link_attribute "$1/ifindex"
  while IFS= read -r networkd_line; do
    case $networkd_line in
      NETWORK_FILE=*) networkd_file=\${networkd_line#*=} ;;
      ADMIN_STATE=*) networkd_state=\${networkd_line#*=} ;;
    esac
  done 2>/dev/null <"/run/systemd/netif/links/$link_value"
}

# networkd_note FOLDER LINK
networkd_note() {
  networkd_look "$2"
  printf '%s\\n' "$networkd_file" >"$1/$2.networkd"
}

# Whether each link has the file of before, and is done with it.
networkd_is_settled() {
  for transaction_link in $(cat "$transaction/links"); do
    networkd_look "$transaction_link"
    [ "$networkd_file" = "$(cat "$transaction/$transaction_link.networkd")" ] || return
    case $networkd_state in pending | initialized | configuring) return 1 ;; esac
  done
}

# Fails where there is nothing to put back. The enslaving file was put aside first, and is put back last.
networkd_put_back() {
  [ -e "$transaction/staged" ] || [ -e "$transaction/aside" ] || return
  { while IFS= read -r networkd_line; do rm -f -- "$networkd_line"; done <"$transaction/staged"; } 2>/dev/null
  networkd_files=
  { while IFS= read -r networkd_line; do networkd_files="$networkd_line $networkd_files"; done <"$transaction/aside"; } 2>/dev/null
  for networkd_line in $networkd_files; do
    [ ! -e "$networkd_line.aside" ] || mv -f -- "$networkd_line.aside" "$networkd_line"
  done
}

networkd_drop_aside() {
  { while IFS= read -r networkd_line; do rm -f -- "$networkd_line.aside"; done <"$transaction/aside"; } 2>/dev/null
}

# A server of leases need not answer: what is waited for is bounded, and the snapshot gives the host its addresses anyhow.
networkd_reload() {
  verb_reload && transaction_remove_made && transaction_wait 100 networkd_is_settled
}
`;
