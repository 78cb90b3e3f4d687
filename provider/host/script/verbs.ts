/** The part of the host script that does things: one function a verb, called with a judged step's values. */
export const verbs = `
# A here-document is a pipe without a process to fill it; it always ends with a newline.
verb_run() {
  say_now
  case $input in
    '') "$@" ;;
    *"$newline")
      input=\${input%?}
      "$@" <<END
$input
END
      ;;
    *) printf '%s' "$input" | "$@" ;;
  esac
}

# Of a number below /proc/sys a shell that reads byte by byte gets one digit: the kernel's second answer is the end.
verb_read() {
  if [ ! -e "$1" ]; then
    say_error "$1: not there$newline"
    return 1
  fi
  if [ "$#" -lt 2 ]; then
    say_now
    cat -- "$1"
    return
  fi
  text= line=
  case $1 in
    /sys/*)
      while IFS= read -r line; do text=$text$line$newline; done <"$1"
      [ -n "$line" ] && text=$text$line || text=\${text%"$newline"}
      ;;
    *)
      say_now
      text=$(cat -- "$1")
      ;;
  esac
  [ "$text" = "$2" ] && return
  say_error "$1: not as expected$newline"
  say "$text"
  return 1
}

# For who boots it is not waited beyond the first minute: what is kept of all links is done in two (keep-verb.ts).
verb_carrier() {
  link_attribute "$1/flags"
  carrier_tenths=$(($2 * 10)) carrier_uptime=0
  [ -z "$replayed" ] || read -r carrier_uptime carrier_rest </proc/uptime
  [ $((link_value & 1)) -eq 1 ] && [ "\${carrier_uptime%.*}" -lt 60 ] || carrier_tenths=0
  transaction_wait "$carrier_tenths" has_carrier "$1" && return
  say_error "$1: no carrier$newline"
  return 1
}

has_carrier() { link_attribute "$1/carrier" && [ "$link_value" = 1 ]; }

# Without a process where it works; where it does not, tee says why in the kernel's words, which not every shell knows.
verb_set() {
  { printf '%s\\n' "$2" >"$1"; } 2>/dev/null && return
  say_now
  tee -- "$1" <<END >/dev/null
$2
END
}
`;
