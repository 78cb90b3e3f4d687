/** The part of the host script that does things: one function a verb, called with a judged step's values. */
export const verbs = `
# A here-document is a pipe without a process to fill it; it always ends with a newline.
verb_run() {
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
    printf '%s: not there\\n' "$1" >&2
    return 1
  fi
  if [ "$#" -lt 2 ]; then
    cat -- "$1"
    return
  fi
  text= line=
  case $1 in
    /sys/*)
      while IFS= read -r line; do text=$text$line$newline; done <"$1"
      [ -n "$line" ] && text=$text$line || text=\${text%"$newline"}
      ;;
    *) text=$(cat -- "$1") ;;
  esac
  [ "$text" = "$2" ] && return
  printf '%s: not as expected\\n' "$1" >&2
  printf '%s' "$text"
  return 1
}

# Without a process where it works; where it does not, tee says why in the kernel's words, which not every shell knows.
verb_set() {
  { printf '%s\\n' "$2" >"$1"; } 2>/dev/null && return
  tee -- "$1" <<END >/dev/null
$2
END
}
`;
