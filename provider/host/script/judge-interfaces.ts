import { commandOptions, movingOptions, stayingOptions } from "../../schema/interface-words.ts";
import { ourLogical } from "../../schema/network-manager.ts";

const options = [...movingOptions, ...stayingOptions, ...commandOptions].join(" ");

/**
 * Which lines a file of ours for ifupdown may have (persistence/ifupdown.ts), and which links a transaction has it bring up: it runs as root
 * what it is told to run.
 */
export const judgeInterfaces = `
# persistence/ifupdown.ts: a link and its records; a bridge of the host's, and the NIC that is its port by a mapping.
judge_ifupdown_line() {
  case $judged in
    'auto '*) judge_link "\${judged#auto }" ;;
    'allow-hotplug '*) judge_link "\${judged#allow-hotplug }" ;;
    'iface '*' inet manual' | 'iface '*' inet static' | 'iface '*' inet dhcp' | 'iface '*' inet6 auto' | 'iface '*' inet6 static')
      judge_value=\${judged#iface } judge_value=\${judge_value% inet*}
      judge_link "\${judge_value#${ourLogical}}"
      ;;
    'mapping '*) judge_link "\${judged#mapping }" ;;
    '    script grep') ;;
    '    map ${ourLogical}'*) judge_link "\${judged#'    map ${ourLogical}'}" ;;
    '    metric '*) judge_number "\${judged#'    metric '}" || judge_owners_option ;;
    '    pre-up '*) judge_pre_up "\${judged#'    pre-up '}" || judge_owners_option ;;
    *) judge_owners_option ;;
  esac
}

judge_pre_up() {
  case $1 in
    '/bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/'*)
      judge_value=\${1#'/bin/sh /etc/pulumi-kvm-network/replay --replay /sys/class/net/'}
      judge_link "\${judge_value%' || true'}"
      ;;
    'ifup '*' || true')
      judge_value=\${1#ifup }
      judge_link "\${judge_value%' || true'}"
      ;;
    '[ -e /sys/class/net/'*' type bridge')
      judge_bridge=\${1#'[ -e /sys/class/net/'} judge_bridge=\${judge_bridge%%' '*}
      judge_value=\${1#*' address '} judge_value=\${judge_value%' type bridge'}
      judge_link "$judge_bridge" && judge_mac "$judge_value" &&
        [ "$1" = "[ -e /sys/class/net/$judge_bridge ] || ip link add name $judge_bridge address $judge_value type bridge" ]
      ;;
    'ip link set dev '*' master '*)
      judge_value=\${1#'ip link set dev '}
      judge_link "\${judge_value%%' master '*}" && judge_link "\${judge_value#*' master '}"
      ;;
    *) return 1 ;;
  esac
}

# What a bridge is given of its NIC's stanzas (persistence/interfaces-owner.ts) is what root has written in files that ifupdown reads.
judge_owners_option() {
  case $judged in *\\\\) return 1 ;; '    '[!\\ $tab]*[\\ $tab]*) ;; *) return 1 ;; esac
  judge_value=\${judged#'    '}
  case " ${options} " in *" \${judge_value%%[ $tab]*} "*) ;; *) return 1 ;; esac
  [ -n "$judge_interfaces" ] || judge_interfaces=$(interfaces_lines)
  case "$newline$judge_interfaces$newline" in *"$newline$judge_value$newline"*) ;; *) return 1 ;; esac
}
judge_interfaces=

# Of the files that ifupdown reads each line, without what it is indented by.
interfaces_lines() {
  interfaces_files "$(interfaces_read)" | while IFS= read -r interfaces_file; do
    sed "s/^[ $tab]*//; s/[ $tab]*$//" "$interfaces_file"
  done 2>/dev/null
}

# ifup LINK LOGICAL NIC, ifdown LINK: a link is up as what it is called, or as the port of a bridge of ours.
judge_ifup() {
  judge_link "$2" || return 1
  case "$# $1" in
    '2 ifdown') ;;
    '4 ifup')
      case $3 in "$2" | ${ourLogical}"$2") ;; *) return 1 ;; esac
      [ -z "$4" ] || judge_link "$4"
      ;;
    *) return 1 ;;
  esac
}
`;
