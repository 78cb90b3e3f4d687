/**
 * The part of the host script that reads requests and does them.
 *
 * A request is read to its end, and every step of it judged, before its first step is done: what a broken connection cuts
 * off is not begun, and what is refused changes nothing. Its steps come last first: each call of `steps` reads one, calls
 * itself for the step before it, and does its own when that is done. (A function's arguments are the only local variables
 * that POSIX sh has.)
 *
 * Answers are framed by the session's nonce, which no command gets to see: `NONCE id index status` behind what a step
 * printed, on both streams, and `NONCE id`, `NONCE id refused` or `NONCE id busy` behind the request.
 *
 * `change ID NONCE` begins a request that changes the host: nothing of it is done while a transaction is under way there, unless
 * it is the one of that nonce (transaction-verb.ts). `settled ID` begins one that looks at what a transaction may yet take back:
 * it is answered when none is under way, before it and behind it.
 *
 * Each write to a stream becomes a packet, which both ends of the connection encrypt and decrypt. So what the script itself
 * says is collected (`say`, `say_error`), and written at the request's end or before a command writes (`say_now`).
 */
export const requestLoop = `
said= said_error= guard= changes=
# Of a change, an executable that root has put here is told each step, before and behind it: who tries what a fault does there
# (docs/reliability.md).
tell_step() {
  [ -z "$changes" ] || [ ! -x /run/pulumi-kvm-network.step ] || /run/pulumi-kvm-network.step "$@" </dev/null >/dev/null 2>&1
}
say() { said=$said$1; }
say_error() { said_error=$said_error$1; }
# Whoever asked is gone when nothing takes the answer: what was asked next is not begun.
say_now() {
  [ -z "$said" ] || printf '%s' "$said" || exit 0
  [ -z "$said_error" ] || printf '%s' "$said_error" >&2 || exit 0
  said= said_error=
}

# do_step INPUT may|must VERB VALUE…
do_step() {
  [ -z "$ended" ] || return 0
  # A transaction that was taken back meanwhile goes no further.
  [ -z "$guard" ] || [ -e "$guard" ] || { ended=yes; return 0; }
  input=$1 may=$2 verb=$3
  shift 3
  tell_step before "$index" "$verb" "$@" "$input"
  # Standard input is the requests: what a step starts does not get it.
  "verb_$verb" "$@" </dev/null
  status=$?
  tell_step behind "$index" "$verb" "$@"
  say "$nonce $id $index $status$newline"
  say_error "$nonce $id $index$newline"
  index=$((index + 1))
  [ "$status" -eq 0 ] || [ "$may" = may ] || ended=yes
}

# steps may|must: reads the values of one step, lets those before it be done, does it.
steps() {
  input= value= unsafe= unfinished= within=
  while :; do
    IFS= read -r line || exit 0
    case $line in
      '<'* | '>'*)
        # Input is judged by its command: it comes behind it, and its unfinished line last.
        [ "$#" -ge 3 ] && [ -z "$unfinished" ] || exit 3
        judge_input "\${line#?}" "$@"
        input=$input\${line#?}
        case $line in '<'*) input=$input$newline ;; *) unfinished=yes ;; esac
        ;;
      =* | +*)
        [ -z "$input" ] || exit 3
        value=$value\${line#?}
        case $line in =*) set -- "$@" "$value" && value= ;; *) value=$value$newline ;; esac
        ;;
      'step '* | end)
        judge_step "$@"
        set -- "$input" "$@"
        [ "$line" = end ] || steps "\${line#step }"
        break
        ;;
      *) exit 3 ;;
    esac
  done
  [ -n "$refused" ] || do_step "$@"
}

# What it starts does not get the requests.
busy_with_other() {
  if transaction_is_pending "$1" </dev/null; then
    ended=yes busy=$(transaction_holder)
  elif bootguard_is_pending; then
    ended=yes busy=$(bootguard_holder)
  else
    transaction_clear_old
    bootguard_unsay_old
  fi
}

serve() {
  while IFS= read -r line; do
    index=0 ended= refused= busy= settled= changes=$guard bootguard_asked= bootguard_seen=
    case $line in
      'request '*) id=\${line#request } ;;
      'change '*)
        id=\${line#change }
        by=\${id#* } id=\${id%% *} changes=yes
        busy_with_other "$by"
        ;;
      'settled '*) id=\${line#settled } settled=yes && busy_with_other '' ;;
      *) exit 3 ;;
    esac
    IFS= read -r line || exit 0
    case $line in
      'step '*) steps "\${line#step }" ;;
      end) ;;
      *) exit 3 ;;
    esac
    [ -z "$settled" ] || [ -n "$busy" ] || busy_with_other ''
    if [ -n "$refused" ]; then
      say "$refused$nonce $id refused$newline"
    else
      say "$busy$nonce $id \${busy:+busy}$newline"
    fi
    say_now
  done
}
`;
