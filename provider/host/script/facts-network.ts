import { commandOptions, headWords, movingOptions, stayingOptions } from "../../schema/interface-words.ts";

const told = [...headWords, ...movingOptions, ...stayingOptions, ...commandOptions].join(" ");

/**
 * The part of the host script that tells who gives one link its addresses, and what that one's files say of it: `facts LINK network`.
 * The texts are the network managers' own; discovery/ parses them.
 */
export const factsNetwork = `
facts_of_network() {
  link_attribute "$1/ifindex"
  facts_index=$link_value
  [ ! -e "/run/systemd/netif/links/$facts_index" ] || facts_of_networkd_link "$1"
  [ ! -e "/run/NetworkManager/devices/$facts_index" ] || facts_of_profile "$1"
  [ ! -s "/run/network/ifstate.$1" ] || facts_of_interfaces "$1"
}

# facts_file WORD… PATH
facts_file() {
  facts_section begin network "$@"
  shift $(($# - 1))
  say_now
  cat -- "$1" 2>/dev/null
  facts_section end $?
}

facts_of_networkd_link() {
  facts_file state "/run/systemd/netif/links/$facts_index"
  facts_file lease "/run/systemd/netif/leases/$facts_index"
  networkd_look "$1"
  [ -n "$networkd_file" ] || return 0
  facts_file file "$networkd_file"
  set +f
  for facts_name in /usr/lib /usr/local/lib /run /etc; do
    for facts_path in "$facts_name/systemd/network/\${networkd_file##*/}.d"/*.conf; do
      [ ! -e "$facts_path" ] || facts_file file "$facts_path"
    done
  done
  set -f
}

# Somebody's checkpoint would take back later what is changed here: no command tells of those, NetworkManager's D-Bus interface does.
facts_of_profile() {
  facts_file device "/run/NetworkManager/devices/$facts_index"
  facts_section begin network general
  say_now
  nm -g GENERAL.STATE device show "$1" 2>/dev/null
  facts_section end $?
  facts_section begin network checkpoints
  say_now
  facts_name=org.freedesktop.NetworkManager
  timeout 5 busctl get-property $facts_name /org/freedesktop/NetworkManager $facts_name Checkpoints 2>/dev/null </dev/null
  facts_section end $?
  facts_section begin network metrics
  say "inet=$(nm_metric -4 "$1")\${newline}inet6=$(nm_metric -6 "$1")$newline"
  facts_section end 0
  nm_look "$1"
  [ -n "$nm_profile" ] || return 0
  facts_path=$(nm -t -e no -f UUID,FILENAME connection show 2>/dev/null | sed -n "s/^$nm_profile://p")
  [ ! -f "$facts_path" ] || facts_profile "$facts_path"
}

# Of a profile what concerns addresses and the NIC; of the rest the names of its sections, for there are secrets in it.
facts_profile() {
  facts_section begin network profile "$1"
  facts_open=
  while IFS= read -r facts_line || [ -n "$facts_line" ]; do
    facts_word=\${facts_line#"\${facts_line%%[! $tab]*}"}
    facts_word=\${facts_word%"\${facts_word##*[! $tab$return]}"}
    case $facts_word in
      '[connection]' | '[ethernet]' | '[802-3-ethernet]' | '[ethtool]' | '[ipv4]' | '[ipv6]' | '[hostname]' | '[proxy]' | '[.nmmeta]')
        facts_open=yes
        ;;
      '['*) facts_open= ;;
      wake-on-lan-password*) facts_line='wake-on-lan-password=' ;;
    esac
    case $facts_word in
      '['*) facts_line=$facts_word ;;
      pulumi-kvm-network.*) ;;
      *) [ -n "$facts_open" ] || continue ;;
    esac
    say "$facts_line$newline"
  done <"$1"
  facts_section end 0
}

# Which files ifupdown reads it says itself, and what it does not understand there; those that are staged it does not read.
facts_of_interfaces() {
  ifupdown_look "$1"
  facts_section begin network logical
  say "$ifupdown_logical$newline"
  facts_section end 0
  facts_section begin network complaints
  facts_said=$(interfaces_read)
  say "$(printf '%s\\n' "$facts_said" | sed '/^ifquery: \\(parsing file\\|reading directory\\) /d')$newline"
  facts_section end 0
  set +f
  for facts_path in /run/network/interfaces.d/*; do
    [ ! -f "$facts_path" ] || facts_interfaces "$facts_path"
  done
  set -f
  while IFS= read -r facts_path; do
    [ -z "$facts_path" ] || facts_interfaces "$facts_path"
  done <<END
$(interfaces_files "$facts_said")
END
}

# facts_program COMMAND
facts_program() {
  facts_name=\${1#"\${1%%[! $tab]*}"}
  facts_name=\${facts_name%%[ $tab]*}
  case \${facts_name##*/} in
    ip | ethtool | nft | iptables-restore | ip6tables-restore | ifup) ;;
    *) facts_line="$facts_word (another program)$facts_end" ;;
  esac
}

# Of an option that is not known, which may hold a secret, its name alone, and of another program than those that are known nothing; nor of
# lines that one goes on by.
facts_interfaces() {
  facts_section begin network interfaces "$1"
  facts_open=
  while IFS= read -r facts_line || [ -n "$facts_line" ]; do
    facts_word=\${facts_line#"\${facts_line%%[! $tab]*}"}
    facts_word=\${facts_word%%[ $tab]*}
    case $facts_line in *\\\\) facts_end=\\\\ ;; *) facts_end= ;; esac
    if [ -n "$facts_open" ]; then
      facts_line="(more)$facts_end"
    else
      case $facts_word in '#'*) facts_word='#' facts_end= ;; esac
      case " ${told} " in *" $facts_word "*) ;; *) facts_line=$facts_word$facts_end ;; esac
      case " ${commandOptions.join(" ")} " in *" $facts_word "*) facts_program "\${facts_line#*"$facts_word"}" ;; esac
    fi
    facts_open=$facts_end
    say "$facts_line$newline"
  done <"$1"
  facts_section end 0
}
`;
