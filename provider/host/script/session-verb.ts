/**
 * The part of the host script by which one session follows another whose connection broke: the old one may be at a request
 * still, or be given one that was on its way, and nobody hears of it any more.
 *
 * A session is told from whatever gets its process number later by when it began (ticks since the boot: field 22 of
 * /proc/PID/stat, proc(5)), and from processes that are none of ours by its name, which only a process itself can set.
 *
 * `supersede PID BEGAN` lets it finish the command that it is at, and nothing after that: a shell looks at its traps between two
 * commands. Status 1 while it is there.
 */
export const sessionVerb = `
hello() {
  { printf kvmnet-session >"/proc/$$/comm"; } 2>/dev/null
  trap 'exit 0' TERM
  began $$
  { read -r session_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null
  printf '%s hello 1 %s %s %s\\n' "$nonce" "$$" "$began" "$session_boot"
}

verb_supersede() {
  began "$1"
  [ "$began" = "$2" ] || return 0
  { read -r session_name <"/proc/$1/comm"; } 2>/dev/null
  if [ "$session_name" != kvmnet-session ]; then
    say_error "the process $1 is no session of this script$newline"
    return 2
  fi
  kill "$1" 2>/dev/null
  return 1
}
`;
