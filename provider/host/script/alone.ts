/**
 * The part of the host script that does one thing at a time, on hosts that have a flock(1): `alone must|may HOW FILE FUNCTION ARGUMENT…`.
 * HOW is flock's own word for how long somebody else is waited for; who `must` have the lock does nothing without it, who `may` goes on then.
 *
 * What is closed for a function the shell itself keeps, and hands on to no program: what the function leaves behind (busybox' timeout
 * does so for a while) does not hold the lock.
 */
export const alone = `
alone() {
  alone_may=$1 alone_how=$2 alone_file=$3
  shift 3
  {
    ! command -v flock >/dev/null || flock $alone_how 9 || [ "$alone_may" = may ] || return 0
    "$@" 9>&-
  } 9>>"$alone_file"
}
`;
