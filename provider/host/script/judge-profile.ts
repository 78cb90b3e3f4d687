import { ourProfiles } from "../../schema/network-manager.ts";
import { movingWords, stayingWords } from "../../schema/profile-words.ts";

/** `SECTION/WORD` of what root says in a profile and may be said again in ours. */
const profileWords = [movingWords, stayingWords]
  .flatMap((table) => Object.entries(table))
  .flatMap(([section, names]) => names.map((name) => `${section}/${name}`))
  .join(" ");

/**
 * Which lines a profile of ours for NetworkManager may have (persistence/network-manager-bridge.ts). It may hold secrets, have programs
 * run and let accounts use it: none of that is ours to say.
 */
export const judgeProfile = `
# persistence/network-manager-bridge.ts: a bridge and its port, by uuids of ours. Of the sections that a profile may have, those that
# run nothing and hold no secret; "within" is the one that a line is in.
judge_profile_line() {
  case $judged in
    '['*']')
      within=\${judged#?} within=\${within%?}
      case $within in connection | user | bridge | bridge-port | ethernet | ethtool | hostname | ipv4 | ipv6) return ;; esac
      return 1
      ;;
  esac
  judge_value=\${judged#*=}
  case $within/$judged in
    connection/type=bridge | connection/type=ethernet | connection/slave-type=bridge) ;;
    connection/autoconnect-priority=999 | connection/autoconnect-retries=0) ;;
    connection/autoconnect=true | connection/autoconnect=false) ;;
    connection/id=pulumi-kvm-network-*) judge_link "\${judge_value#pulumi-kvm-network-}" ;;
    connection/uuid=${ourProfiles}* | connection/master=${ourProfiles}*) judge_uuid "$judge_value" ;;
    connection/interface-name=*) judge_link "$judge_value" ;;
    user/pulumi-kvm-network.owner=*) judge_uuid "$judge_value" ;;
    bridge/stp=* | bridge/multicast-snooping=* | bridge/vlan-filtering=* | bridge-port/hairpin-mode=*)
      case $judge_value in true | false) ;; *) return 1 ;; esac
      ;;
    bridge-port/vlans=*) case $judge_value in *[!0-9a-z\\ ,-]*) return 1 ;; esac ;;
    bridge/*=* | ethernet/mtu=* | ipv[46]/route-metric=*) judge_profile_number ;;
    ethernet/cloned-mac-address=*:*) judge_mac "$judge_value" ;;
    ipv[46]/dhcp-timeout=2147483647 | ipv6/ra-timeout=2147483647 | ipv6/addr-gen-mode=eui64) ;;
    ipv4/dhcp-client-id=*:* | ipv6/dhcp-duid=*:* | ipv6/dhcp-iaid=*:* | ipv6/token=::*)
      case $judge_value in *[!0-9a-f:]*) return 1 ;; esac
      ;;
    *) false ;;
  esac || judge_owners_word
}

judge_profile_number() {
  case $within/\${judged%%=*} in
    bridge/forward-delay | bridge/hello-time | bridge/max-age | bridge/ageing-time | bridge/priority | bridge/vlan-default-pvid) ;;
    bridge/*) return 1 ;;
  esac
  judge_number "$judge_value"
}

judge_uuid() {
  case $1 in *[!0-9a-f-]*) return 1 ;; ????????-????-????-????-????????????) ;; *) return 1 ;; esac
}

# A setting that is known to hold no secret, as root has written it in that section of a profile.
judge_owners_word() {
  judge_name=\${judged%%=*} judge_value=
  judge_name=\${judge_name#"\${judge_name%%[! $tab]*}"}
  judge_name=\${judge_name%"\${judge_name##*[! $tab]}"}
  case $judge_name in *_options) judge_name=\${judge_name%_options} judge_value=_options ;; esac
  case $within in
    ethtool) judge_name=\${judge_name%%-*} ;;
    *) while case $judge_name in *[0-9]) ;; *) false ;; esac; do judge_name=\${judge_name%?}; done ;;
  esac
  case " $judge_profile_words " in *" $within/$judge_name$judge_value "*) ;; *) return 1 ;; esac
  case $within in ethernet) judge_value='\\(802-3-\\)\\{0,1\\}ethernet' ;; *) judge_value=$within ;; esac
  set +f
  for judge_file in $profile_folders; do
    # Behind each line the head of its section.
    sed -n "/^[[:blank:]]*\\[/{h;d;};G;s/\\n[[:blank:]]*\\[$judge_value\\].*//p" "$judge_file"/* 2>/dev/null |
      grep -qsxF -e "$judged" && { set -f; return; }
  done
  set -f
  return 1
}
judge_profile_words='${profileWords}'
profile_folders='/etc/NetworkManager/system-connections /run/NetworkManager/system-connections /usr/lib/NetworkManager/system-connections'
`;
