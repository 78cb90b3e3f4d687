/**
 * The part of the host script that makes a change which may cut the host off, with a dead man's switch: unless it is confirmed in
 * time, over a connection that was made after it, the host itself takes it back.
 *
 * `transaction begin NONCE SECONDS OWNER LINKS MADE`: takes the host's one place for it, the folder \`txn\`; notes what the LINKS
 *   are (snapshot.ts) and the request that is to be made (the step's input), and starts the watchdog. MADE: the links that it
 *   makes, which are not there yet. What of this can't be done ends it: nothing is changed then.
 * `transaction proceed NONCE`: starts the change, as a process of its own that outlives the session. Each of its steps looks first
 *   whether the watchdog still waits; one that fails has all taken back at once.
 * `transaction outcome NONCE`: a line that says how it stands, a line that says why, and what the change's steps printed.
 * `transaction commit NONCE`, `transaction revert NONCE`: one of both wins, by one rename of the file \`armed\`.
 * `transaction close NONCE`: removes the folder. Where nobody comes to that, whoever asks this host for something later does so.
 *
 * Here: whose that place is, and the beginning. What follows is transaction-course.ts, and how it is taken back transaction-take-back.ts.
 */
export const transactionVerb = `
transaction=/run/pulumi-kvm-network/txn

verb_transaction() {
  transaction_act=$1
  shift
  "transaction_$transaction_act" "$@"
}

transaction_look() {
  transaction_nonce= transaction_boot= transaction_ends=0 transaction_owner=
  { read -r transaction_nonce && read -r transaction_boot && read -r transaction_ends && IFS= read -r transaction_owner; } \\
    2>/dev/null <"$transaction/owner"
  read -r transaction_uptime transaction_rest </proc/uptime
  transaction_uptime=\${transaction_uptime%.*}
}

# Whether somebody else's is under way. One of before a reboot is none: /run may outlast it.
transaction_is_pending() {
  [ -d "$transaction" ] || return 1
  transaction_look
  # Nothing is changed before it is noted whose it is: who was to note that has not come to it, or never will.
  [ -n "$transaction_nonce" ] || return 1
  [ "$transaction_nonce" != "$1" ] || return 1
  read -r transaction_rest </proc/sys/kernel/random/boot_id
  [ "$transaction_boot" = "$transaction_rest" ] || return 1
  ! transaction_is_over || return 1
  # Its watchdog is late: whatever became of that.
  [ "$transaction_uptime" -gt $((transaction_ends + 10)) ] || return 0
  transaction_take_back "$transaction_nonce"
  ! transaction_is_over
}

# Nobody asks any more how it ended (host/transaction.ts: 45 s behind its end).
transaction_is_old() {
  [ -d "$transaction" ] || return 1
  transaction_look
  transaction_is_over && [ -n "$transaction_nonce" ] && [ "$transaction_uptime" -gt $((transaction_ends + 60)) ]
}

transaction_clear_old() { ! transaction_is_old || transaction_alone transaction_clear_old_alone 2>/dev/null; }

# clear OWNER: of one whose engine has ended nobody asks any more how it ended.
verb_clear() { transaction_alone transaction_clear_of "$1"; }

transaction_clear_of() {
  transaction_look
  [ "$transaction_owner" != "$1" ] || transaction_close "$transaction_nonce"
}

transaction_clear_old_alone() { ! transaction_is_old || transaction_close "$transaction_nonce"; }

transaction_is_over() { [ ! -e "$transaction/armed" ] && [ ! -e "$transaction/reverting" ]; }

transaction_holder() {
  echo "\${transaction_owner:-somebody} changes this host's network by a transaction, for at most $((transaction_ends - transaction_uptime)) s more"
}

# Only one at a time clears away an old folder.
transaction_alone() { alone may '-w 10' /run/pulumi-kvm-network.claim "$@"; }

# The folder, with whose it is in it.
transaction_claim() { transaction_alone transaction_claim_alone "$@"; }

transaction_claim_alone() {
  if transaction_is_pending "$1"; then
    say_error "$(transaction_holder)$newline"
    return 75
  fi
  if [ -e "$transaction/revert_failed" ]; then
    transaction_look
    say_error "what $transaction_owner began could not be taken back: $(cat "$transaction/said")$newline"
    say_error "see to the host's network, then remove $transaction$newline"
    return 76
  fi
  rm -rf "$transaction" && mkdir -p "$transaction" || return
  transaction_look
  read -r transaction_boot </proc/sys/kernel/random/boot_id
  printf '%s\\n' "$1" "$transaction_boot" $((transaction_uptime + $2)) "$3" >"$transaction/owner" && return
  say_error "no room for notes, no change: nothing could be taken back$newline"
  rm -rf "$transaction"
  return 1
}

transaction_begin() {
  transaction_claim "$1" "$2" "$3" || return
  tell_step within begin claimed
  for transaction_link in $5; do
    [ ! -e "/sys/class/net/$transaction_link" ] || { say_error "$transaction_link is there already$newline"; transaction_close "$1"; return 1; }
  done
  # The largest file last: where it found room, so did the others.
  printf '%s\\n' "$4" >"$transaction/links" && printf '%s\\n' "$5" >"$transaction/made" &&
    printf '%s' "$input" >"$transaction/forward" && take_snapshot "$transaction" $4 &&
    transaction_note_files $4 && { this_script; echo; } >"$transaction/script" && : >"$transaction/armed" && transaction_arm "$1" "$2" && return
  say_error "no watchdog, no change: the above keeps this host from being able to take it back$newline"
  rm -f "$transaction/armed"
  transaction_close "$1"
  return 1
}

transaction_note_files() {
  for transaction_link; do managers_note "$transaction" "$transaction_link" || return; done
}
`;
