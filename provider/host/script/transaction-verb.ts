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
 * Under systemd watchdog and change are units, elsewhere processes with a session of their own.
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

transaction_has_systemd() { [ -d /run/systemd/system ]; }

# transaction_start UNIT OPTIONS ARGUMENT…: this script as a process of its own.
transaction_start() {
  transaction_unit=$1 transaction_options=$2
  shift 2
  if transaction_has_systemd; then
    systemd-run --quiet --collect --unit="pulumi-kvm-network-$transaction_unit" $transaction_options /bin/sh "$transaction/script" "$@"
  else
    (setsid /bin/sh "$transaction/script" "$@" </dev/null >/dev/null 2>&1 &)
  fi
}

# A process that says who it is, in FILE: numbers are given out again.
transaction_note_process() { began $$; echo "$$ $began" >"$transaction/$1"; }

# transaction_process FILE: sets its number, if it runs.
transaction_process() {
  transaction_pid= transaction_began=
  { read -r transaction_pid transaction_began; } 2>/dev/null <"$transaction/$1"
  is_process "$transaction_pid" "$transaction_began"
}

# It and all that it started: it leads a session. Without \`--\`, which neither dash nor busybox know behind -TERM.
transaction_end_process() {
  transaction_process "$1" && [ "$transaction_pid" != $$ ] || return 0
  kill -TERM "-$transaction_pid" 2>/dev/null
  transaction_wait 50 transaction_has_ended "$1" || kill -KILL "-$transaction_pid" 2>/dev/null
  transaction_wait 50 transaction_has_ended "$1"
}

transaction_has_ended() { ! transaction_process "$1"; }

# transaction_wait TENTHS CONDITION…
transaction_wait() {
  transaction_tenths=$1
  shift
  until "$@"; do
    [ "$transaction_tenths" -gt 0 ] || return
    transaction_tenths=$((transaction_tenths - 1))
    sleep 0.1 2>/dev/null || { sleep 1; transaction_tenths=$((transaction_tenths - 9)); }
  done
}

# The watchdog, and a look whether it is there.
transaction_arm() {
  if transaction_has_systemd; then
    transaction_start "revert-$1" "--on-active=$2 --timer-property=AccuracySec=1s" --revert "$1" >&2 &&
      systemctl --quiet is-active "pulumi-kvm-network-revert-$1.timer"
  else
    transaction_start '' '' --watch "$1" "$2" && transaction_wait 50 transaction_process watchdog
  fi
}

transaction_disarm() {
  if transaction_has_systemd; then
    systemctl --quiet stop "pulumi-kvm-network-revert-$1.timer" 2>/dev/null
  else
    transaction_end_process watchdog
  fi
}

# The watchdog's own process, where there is no systemd.
transaction_watch() {
  transaction_note_process watchdog || exit
  sleep "$2"
  transaction_take_back "$1"
}

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
