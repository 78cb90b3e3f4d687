/**
 * The part of the host script that reads requests and does them.
 *
 * A request is read to its end, and every step of it judged, before its first step is done: what a broken connection cuts
 * off is not begun, and what is refused changes nothing. Its steps come last first: each call of `steps` reads one, calls
 * itself for the step before it, and does its own when that is done. (A function's arguments are the only local variables
 * that POSIX sh has.)
 *
 * Answers are framed by the session's nonce, which no command gets to see: `NONCE id index status` behind what a step
 * printed, on both streams, and `NONCE id` or `NONCE id refused` behind the request.
 *
 * Each write to a stream becomes a packet, which both ends of the connection encrypt and decrypt. So what the script itself
 * says is collected (`say`, `say_error`), and written at the request's end or before a command writes (`say_now`).
 */
export const requestLoop = `
said= said_error=
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
  input=$1 may=$2 verb=$3
  shift 3
  # Standard input is the requests: what a step starts does not get it.
  "verb_$verb" "$@" </dev/null
  status=$?
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

serve() {
  while IFS= read -r line; do
    case $line in
      'request '*) id=\${line#request } ;;
      *) exit 3 ;;
    esac
    index=0 ended= refused=
    IFS= read -r line || exit 0
    case $line in
      'step '*) steps "\${line#step }" ;;
      end) ;;
      *) exit 3 ;;
    esac
    say "$refused$nonce $id \${refused:+refused}$newline"
    say_now
  done
}
`;
