/** The part of the host script by which a transaction that has begun goes on: it is made, looked at, and confirmed or given up. */
export const transactionCourse = `
transaction_is_mine() {
  transaction_look
  [ "$transaction_nonce" = "$1" ] && return
  say_error "there is no transaction $1 on this host (any more)$newline"
  return 1
}

transaction_proceed() {
  transaction_is_mine "$1" && transaction_start "change-$1" '' --forward "$1" >&2
}

# The change's own process. What does not come to its end, for whatever reason, is taken back.
transaction_forward() {
  nonce=$1
  transaction_note_process change || exit
  guard=$transaction/armed
  [ "$( (transaction_serve) 3>&1 >"$transaction/out" 2>"$transaction/err")" = done ] && : >"$transaction/done" && return
  transaction_take_back "$1"
}

transaction_serve() {
  ended=unread
  serve <"$transaction/forward"
  [ -n "$ended$refused" ] || echo done >&3
}

transaction_state() {
  for transaction_value in committed reverted revert_failed reverting armed; do
    [ -e "$transaction/$transaction_value" ] && break
  done
  [ "$transaction_value" = armed ] && [ -e "$transaction/done" ] && transaction_value=done
}

transaction_outcome() {
  transaction_look
  [ "$transaction_nonce" = "$1" ] || { say "none$newline$newline"; return; }
  transaction_state
  say "$transaction_value$newline"
  say_now
  { cat "$transaction/said" 2>/dev/null || :; } | tr '\\n' ' '
  echo
  cat "$transaction/out" 2>/dev/null
  cat "$transaction/err" >&2 2>/dev/null
  return 0
}

transaction_commit() {
  transaction_is_mine "$1" || return
  if [ ! -e "$transaction/done" ] || ! mv "$transaction/armed" "$transaction/committed" 2>/dev/null; then
    transaction_state
    say_error "too late: $transaction_value$newline"
    return 1
  fi
  managers_drop_aside
  transaction_disarm "$1"
}

transaction_revert() {
  transaction_is_mine "$1" && transaction_take_back "$1"
}
`;
