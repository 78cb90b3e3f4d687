/** The part of the host script that takes a transaction back, and clears away what was noted for it. */
export const transactionTakeBack = `
# Who wins the rename does it; who comes second waits for the first, and does it behind one that died.
transaction_take_back() {
  transaction_look
  [ "$transaction_nonce" = "$1" ] || return 0
  if mv "$transaction/armed" "$transaction/reverting" 2>/dev/null; then
    transaction_stop_change "$1"
  else
    [ -e "$transaction/reverting" ] || return 0
    transaction_wait 300 transaction_is_left
    [ -e "$transaction/reverting" ] || return 0
  fi
  changes=yes
  tell_step within revert begun
  transaction_note_process reverter
  transaction_said=$(transaction_repair)
  transaction_status=$?
  printf '%s' "$transaction_said" >"$transaction/said"
  [ "$transaction_status" -eq 0 ] && transaction_value=reverted || transaction_value=revert_failed
  mv "$transaction/reverting" "$transaction/$transaction_value" 2>/dev/null
  transaction_disarm "$1"
}

transaction_is_left() { [ ! -e "$transaction/reverting" ] || ! transaction_process reverter; }

# Unless it is the change itself that gives up.
transaction_stop_change() {
  transaction_process change && [ "$transaction_pid" != $$ ] || return 0
  if transaction_has_systemd; then
    timeout 30 systemctl --quiet stop "pulumi-kvm-network-change-$1.service"
  else
    transaction_end_process change
  fi
}

# Says what is not as it was. A duplicate address is looked for, and the kernel makes link-local ones: that takes a moment.
transaction_repair() {
  transaction_tries=0
  if managers_put_back; then managers_take_back; fi >/dev/null 2>&1
  until transaction_repaired=$(transaction_repair_once); do
    transaction_tries=$((transaction_tries + 1))
    [ "$transaction_tries" -lt 10 ] || { echo "$transaction_repaired"; return 1; }
    sleep 1
  done
  [ "$managed_by" != ifupdown ] || ifupdown_agree >/dev/null 2>&1 || :
}

transaction_remove_made() {
  for transaction_link in $(cat "$transaction/made"); do
    [ -e "/sys/class/net/$transaction_link" ] || continue
    link_attribute "$transaction_link/ifalias"
    # Somebody else's of the same name came meanwhile: not ours to remove.
    case $link_value in '' | "$transaction_owner") ip link del dev "$transaction_link" 2>&1 ;; esac
  done
  return 0
}

transaction_repair_once() {
  transaction_remove_made
  for transaction_link in $(cat "$transaction/links"); do
    restore_link "$transaction" "$transaction_link" >/dev/null 2>&1
    tell_step within revert "$transaction_link"
  done
  restore_host "$transaction" >/dev/null 2>&1
  is_restored "$transaction" $(cat "$transaction/links")
}

# What could not be taken back stays, for whoever sees to it.
transaction_close() {
  transaction_look
  [ "$transaction_nonce" = "$1" ] && transaction_is_over && [ ! -e "$transaction/revert_failed" ] || return 0
  rm -rf "$transaction"
  rmdir /run/pulumi-kvm-network 2>/dev/null
  return 0
}
`;
