/** The part of the host script that does things: one function a verb, called with a judged step's values. */
export const verbs = `
# Standard input is the requests: no command gets it. A here-document is a pipe without a process to fill it, and always
# ends with a newline.
verb_run() {
  case $input in
    '') "$@" </dev/null ;;
    *"$newline")
      input=\${input%?}
      "$@" <<END
$input
END
      ;;
    *) printf '%s' "$input" | "$@" ;;
  esac
}

# Kernel attributes other than those of /sys can't be read byte by byte, as \`read\` does: a second read finds the end.
verb_read() {
  if [ ! -e "$1" ]; then
    printf '%s: not there\\n' "$1" >&2
    return 1
  fi
  if [ "$#" -lt 2 ]; then
    cat -- "$1" </dev/null
    return
  fi
  text= line=
  case $1 in
    /sys/*)
      while IFS= read -r line; do text=$text$line$newline; done <"$1"
      [ -n "$line" ] && text=$text$line || text=\${text%"$newline"}
      ;;
    *) text=$(cat -- "$1" </dev/null) ;;
  esac
  [ "$text" = "$2" ] && return
  printf '%s: not as expected\\n' "$1" >&2
  printf '%s' "$text"
  return 1
}

# tee says why the kernel refused, where a shell's own message does not.
verb_set() {
  tee -- "$1" <<END >/dev/null
$2
END
}
`;
