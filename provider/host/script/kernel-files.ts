/** The part of the host script that reads what the kernel keeps in files, without starting a process. */
export const kernelFiles = `
# began PID: nothing when there is no such process, or it has ended and nobody has asked how.
began() {
  began=
  { IFS= read -r kernel_stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- \${kernel_stat##*) }
  case $1 in Z | X) ;; *) began=\${20} ;; esac
}

# is_process PID BEGAN: it runs still. Numbers are given out again.
is_process() {
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  began "$1"
  [ -n "$began" ] && [ "$began" = "$2" ]
}

# link_attribute LINK/NAME: sets link_value; to nothing when the driver refuses, as for the carrier of a link that is down.
link_attribute() {
  link_value=
  { read -r link_value <"/sys/class/net/$1"; } 2>/dev/null
}
`;
