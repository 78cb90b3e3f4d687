/**
 * The part of the host script that remembers what was there before a resource's first change (resources/original-note.ts), from before that
 * change until the resource is gone or the host reboots: `remember KEY` writes its input down, without any it forgets; `recall KEY` prints it.
 */
export const originalVerbs = `
originals=/run/pulumi-kvm-network/originals

verb_remember() {
  if [ -n "$input" ]; then
    put "$originals/$1" "$input" 0600 && return
    say_error "no room for notes, no change: what was there before could not be put back$newline"
    return 1
  fi
  rm -f -- "$originals/$1" || return
  rmdir -- "$originals" /run/pulumi-kvm-network 2>/dev/null
  return 0
}

verb_recall() {
  [ -e "$originals/$1" ] || return 0
  say_now
  cat -- "$originals/$1"
}
`;
