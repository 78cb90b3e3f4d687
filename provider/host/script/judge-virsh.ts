import { metadataNamespace } from "../../schema/metadata-namespace.ts";

/**
 * What `virsh` is let do (libvirt/): give, change and take an interface of a domain, define a network, and read both back; of the
 * local daemon, for a URI can name a program to run. No file but standard input, of which every line is known: the XML that
 * xml/writer.ts writes, an element a line, of just the elements and attributes that an interface or a network of ours has.
 * Whoever could hand libvirt any XML would be root: by a disk, a script, a host device.
 */
export const judgeVirsh = `
judge_virsh() {
  [ "$1 $2 $3" = '-q -c qemu:///system' ] || return 1
  shift 3
  case $1 in
    attach-device | update-device | detach-device) judge_device "$@" ;;
    net-define) [ "$# $2 $3 $within" = '3 --file /dev/stdin end network' ] ;;
    dumpxml) judge_named --domain "$2" && case "$# $3" in '2 ' | '3 --inactive') ;; *) return 1 ;; esac ;;
    dominfo) [ "$#" -eq 2 ] && judge_named --domain "$2" ;;
    net-start | net-autostart | net-destroy | net-undefine | net-dumpxml) [ "$#" -eq 2 ] && judge_named --network "$2" ;;
    *) return 1 ;;
  esac
}

# VERB --domain=NAME [--live] [--config] --file /dev/stdin
judge_device() {
  judge_named --domain "$2" || return 1
  shift 2
  while :; do
    case $1 in --live | --config) shift ;; *) break ;; esac
  done
  [ "$# $1 $2 $within" = '2 --file /dev/stdin end interface' ]
}

# One word, so that no name is taken for an option.
judge_named() {
  case $2 in "$1="?*) ;; *) return 1 ;; esac
}

# "within": the open elements, /interface/source; "end interface" behind the whole.
judge_xml() {
  judge_rest=\${judged#"\${judged%%[! ]*}"}
  case $judge_rest in
    '</'*) judge_xml_end ;;
    '<name>'*'</name>' | '<uuid>'*'</uuid>') judge_xml_text ;;
    '<'*'/>')
      judge_rest=\${judge_rest%'/>'}
      judge_element && [ -n "$within" ]
      ;;
    '<'*'>')
      judge_rest=\${judge_rest%'>'}
      judge_element && within=$judge_path
      ;;
    *) return 1 ;;
  esac
}

judge_xml_end() {
  [ "$judge_rest" = "</\${within##*/}>" ] || return 1
  case $within in
    /*/*) within=\${within%/*} ;;
    /*) within="end \${within#/}" ;;
    *) return 1 ;;
  esac
}

judge_xml_text() {
  [ "$within" = /network ] || return 1
  judge_rest=\${judge_rest#<????>}
  judge_text "\${judge_rest%</????>}"
}

# Any text, as the writer escapes it; libvirt names a file after it.
judge_text() {
  case $1 in '' | *['<>/']*) return 1 ;; esac
}

judge_word() {
  case $1 in '' | *[!A-Za-z0-9_.:-]*) return 1 ;; esac
}

# <TAG NAME="VALUE"…, the rest cut off.
judge_element() {
  judge_rest=\${judge_rest#<}
  judge_path=$within/\${judge_rest%% *}
  judge_known_element || return 1
  judge_vf_address=
  case $judge_rest in *' '*) judge_rest=\${judge_rest#* } ;; *) judge_rest= ;; esac
  while [ -n "$judge_rest" ]; do
    judge_name=\${judge_rest%%=*}
    judge_rest=\${judge_rest#"$judge_name="}
    case $judge_rest in '"'*'"'*) judge_rest=\${judge_rest#'"'} ;; *) return 1 ;; esac
    judge_attribute "$judge_path@$judge_name" "\${judge_rest%%'"'*}" || return 1
    judge_rest=\${judge_rest#*'"'}
    case $judge_rest in ' '?*) judge_rest=\${judge_rest# } ;; '') ;; *) return 1 ;; esac
  done
  [ "$judge_path" != /interface/source/address ] || judge_vf "$judge_vf_address"
}

judge_known_element() {
  case $judge_path in
    /interface | /network) ;;
    /interface/mac | /interface/source | /interface/virtualport | /interface/vlan | /interface/bandwidth) ;;
    /interface/port | /interface/target | /interface/model | /interface/driver | /interface/filterref) ;;
    /interface/teaming | /interface/link | /interface/mtu | /interface/boot | /interface/alias | /interface/address) ;;
    /interface/source/address | /interface/virtualport/parameters | /interface/vlan/tag) ;;
    /interface/bandwidth/inbound | /interface/bandwidth/outbound) ;;
    /network/metadata | /network/metadata/kvmnet:owner | /network/forward | /network/forward/interface) ;;
    /network/bridge) ;;
    *) return 1 ;;
  esac
}

# ELEMENT@NAME VALUE
judge_attribute() {
  case $1 in
    /interface@type) case $2 in bridge | direct | ethernet | hostdev) ;; *) return 1 ;; esac ;;
    /interface@managed | /interface@trustGuestRxFilters | /interface/port@isolated) judge_yes_no "$2" ;;
    /interface/target@managed | /interface/vlan@trunk) judge_yes_no "$2" ;;
    /interface/mac@address) judge_mac "$2" ;;
    /interface/source@bridge | /interface/source@dev | /interface/target@dev) judge_link "$2" ;;
    /network/bridge@name | /network/forward/interface@dev) judge_link "$2" ;;
    /interface/source@mode | /network/forward@mode)
      case $2 in bridge | vepa | private | passthrough) ;; *) return 1 ;; esac
      ;;
    # A VF's, in this order: judge_element looks at it whole.
    /interface/source/address@type) [ "$2" = pci ] ;;
    /interface/source/address@domain) judge_vf_address=\${2#0x} ;;
    /interface/source/address@bus | /interface/source/address@slot) judge_vf_address=$judge_vf_address:\${2#0x} ;;
    /interface/source/address@function) judge_vf_address=$judge_vf_address.\${2#0x} ;;
    /interface/virtualport@type) [ "$2" = 802.1Qbg ] ;;
    /interface/virtualport/parameters@instanceid) judge_word "$2" ;;
    /interface/virtualport/parameters@managerid | /interface/virtualport/parameters@typeid) judge_number "$2" ;;
    /interface/virtualport/parameters@typeidversion | /interface/vlan/tag@id) judge_number "$2" ;;
    /interface/vlan/tag@nativeMode) [ "$2" = untagged ] ;;
    /interface/bandwidth/*bound@average | /interface/bandwidth/*bound@peak) judge_number "$2" ;;
    /interface/bandwidth/*bound@burst | /interface/mtu@size | /interface/boot@order) judge_number "$2" ;;
    /interface/driver@queues | /interface/driver@rx_queue_size | /interface/driver@tx_queue_size) judge_number "$2" ;;
    /interface/driver@name) case $2 in vhost | qemu) ;; *) return 1 ;; esac ;;
    /interface/model@type | /interface/filterref@filter | /interface/alias@name) judge_word "$2" ;;
    /interface/teaming@type | /interface/teaming@persistent) judge_word "$2" ;;
    /interface/link@state) case $2 in up | down) ;; *) return 1 ;; esac ;;
    # Where the guest finds it: as libvirt chose it, in words of the bus.
    /interface/address@*) judge_word "\${1#*@}" && judge_word "$2" ;;
    /network/metadata/kvmnet:owner@xmlns:kvmnet) [ "$2" = ${metadataNamespace} ] ;;
    /network/metadata/kvmnet:owner@mark) case $2 in '' | *['<>']*) return 1 ;; esac ;;
    *) return 1 ;;
  esac
}

judge_yes_no() {
  case $1 in yes | no) ;; *) return 1 ;; esac
}
`;
