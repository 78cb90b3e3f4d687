/**
 * The part of the host script that observes everything in one go: a shell function `verb_facts`, parsed by `discovery/`.
 *
 * Its output is cut into sections by lines that begin with a word read from the kernel's random source at each call, so that
 * nothing a guest, a neighbour or a user wrote (domain descriptions, LLDP system names, aliases) can pass for one of them.
 * `verb_facts NAME` prints only what the kernel keeps in files about one link, without starting a process: the other half of
 * an `ip -d -j addr show dev NAME` that has just been done.
 *
 * Forks are what costs here (1–2 ms each, virsh 15 ms): attributes of all links come from one grep, symbolic links are
 * resolved by `cd -P`, everything else is a builtin, whose text is collected (see requestLoop).
 */
export const factsVerb = `
verb_facts() {
  read -r facts_nonce </proc/sys/kernel/random/uuid || return 1
  say "kvmnet-facts 1 $facts_nonce$newline"
  if [ $# -gt 1 ]; then
    facts_of_network "$1"
  elif [ $# -gt 0 ]; then
    facts_of_link "$1" || return 2
  else
    facts_timeout= facts_lldp=
    command -v timeout >/dev/null && facts_timeout='timeout 5'
    facts_of_links
    facts_of_vlans
    facts_of_system
    facts_of_kept
    facts_of_guard
    facts_of_netdev
    facts_of_libvirt
    facts_of_lldp
    facts_of_lldpd
    facts_of_networkd
  fi
  facts_section complete
}
`;
