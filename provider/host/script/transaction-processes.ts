/** The part of the host script that runs a transaction's change and watchdog: units under systemd, elsewhere processes with a session of their own. */
export const transactionProcesses = `
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
`;
