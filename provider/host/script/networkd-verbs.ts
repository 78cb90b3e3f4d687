/**
 * The part of the host script that knows what systemd-networkd makes of a link. It says in /run/systemd/netif/links which file a link has
 * and how far it is (it calls that private, and discovery/ reads the same line): taken back means that it has the file of before.
 */
export const networkdVerbs = `
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

# With each link that it configures anew, as one that gets another file or leaves its bridge, it removes the host's policy rules that it has
# not made (systemd.network(5), ManageForeignRoutingPolicyRules=), a VPN's too: for a while they are made again whenever that happens.
networkd_reload() {
  networkd_rules=$(networkd_rules_before | sed '/ pref \\(0\\|32766\\|32767\\) /d; / proto static$/d')
  timeout 25 networkctl reload || return
  [ -z "$networkd_rules" ] || transaction_wait 30 networkd_has_removed_all || :
}

networkd_rules_before() { if transaction_is_over; then snapshot_rules; else cat "$transaction/host.rules"; fi; }

networkd_has_removed_all() {
  printf '%s\\n' "$networkd_rules" | missing host rules | make_so
  return 1
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

# What networkd has made it makes again while it has the file. A link that is down gives no lease back to a server, who would give it
# to another. That server need not answer: what is waited for is bounded, and the snapshot gives the host its addresses anyhow.
networkd_take_back() {
  for transaction_link in $(cat "$transaction/made"); do ip link set dev "$transaction_link" down; done
  for transaction_link in $(cat "$transaction/links"); do restore_master "$transaction" "$transaction_link"; done
  verb_reload systemd-networkd && transaction_remove_made && transaction_wait 100 networkd_is_settled
}
`;
