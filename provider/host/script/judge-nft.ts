import { netdevTablePrefix } from "../../schema/netdev-table.ts";

/**
 * What `nft -f -` is let read: the filter of pepa endpoints (links/pepa-filter.ts), in tables of our name. Nothing else: neither
 * another family, nor a file, nor a verdict or a hook that the filter does not have.
 */
export const judgeNft = `
judge_nft_line() {
  case $judged in *[!A-Za-z0-9_./:@+=,\\;\\"\\ {}!-]*) return 1 ;; esac
  judge_nft $judged
}

# VERB WHAT netdev TABLE …: the words of a line.
judge_nft() {
  case "$3 $4" in
    'netdev ${netdevTablePrefix}'*) judge_link "\${4#${netdevTablePrefix}}" || return 1 ;;
    *) return 1 ;;
  esac
  judge_nft_verb="$1 $2"
  shift 4
  case $judge_nft_verb in
    'add table') [ "$*" = '{ comment "${netdevTablePrefix.slice(0, -1)}"; }' ] ;;
    'delete table') [ "$#" -eq 0 ] ;;
    'add set') judge_nft_set "$@" ;;
    'delete set') [ "$*" = here ] || [ "$*" = pepa ] ;;
    'add chain') judge_nft_chain "$1" && { [ "$#" -eq 1 ] || { shift && judge_nft_hook "$@"; }; } ;;
    'flush chain' | 'delete chain') [ "$#" -eq 1 ] && judge_nft_chain "$1" ;;
    'add rule') judge_nft_chain "$1" && shift && judge_nft_rule "$@" ;;
    *) return 1 ;;
  esac
}

# NAME { type ether_addr; size N; flags dynamic,timeout; timeout Ns; }
judge_nft_set() {
  case "$# $1 $2 $3 $4 $5 $7 $8 $9 \${11}" in
    '11 here { type ether_addr; size flags dynamic,timeout; timeout }') ;;
    '11 pepa { type ether_addr; size flags dynamic,timeout; timeout }') ;;
    *) return 1 ;;
  esac
  judge_number "\${6%;}" && judge_number "\${10%s;}"
}

judge_nft_chain() {
  case $1 in
    in | out) ;;
    from-*) judge_link "\${1#from-}" ;;
    to-*) judge_link "\${1#to-}" ;;
    *) return 1 ;;
  esac
}

# { type filter hook HOOK device "LINK" priority 0; policy accept; [comment "MARK";] }
judge_nft_hook() {
  [ "$#" -ge 12 ] || return 1
  case "$1 $2 $3 $4 $5 $6 $8 $9 \${10} \${11}" in
    '{ type filter hook ingress device priority 0; policy accept;') ;;
    '{ type filter hook egress device priority 0; policy accept;') ;;
    *) return 1 ;;
  esac
  judge_quoted "$7" && judge_link "$judge_text" || return 1
  shift 11
  case "$# $1 $3" in
    '1 } ') ;;
    '3 comment }') judge_quoted "\${2%;}" ;;
    *) return 1 ;;
  esac
}

# "TEXT"
judge_quoted() {
  judge_text=\${1#'"'}
  judge_text=\${judge_text%'"'}
  case $judge_text in *[!A-Za-z0-9_./:@+=,-]*) return 1 ;; esac
  [ "$1" = "\\"$judge_text\\"" ]
}

judge_nft_rule() {
  case $* in
    'update @here { ether saddr }' | 'update @pepa { ether saddr }') ;;
    'ether saddr != @here drop' | 'ether saddr @pepa drop' | 'ether saddr @here drop') ;;
    *) [ "$# $1 $2 $3 $5" = '5 ether saddr != drop' ] && judge_mac "$4" ;;
  esac
}
`;
