/** The part of the host script that observes libvirt and its domains, as they run and as they are defined. */
export const factsLibvirt = String.raw`
# Two processes: who is there, and then the XML of all of them. Names never become part of a command: UUIDs do.
facts_of_libvirt() {
  facts_virsh=$(command -v virsh) || return 0
  facts_section begin libvirt
  # A distribution's virsh (13 ms) would only find out as much.
  if [ "$facts_virsh" = /usr/bin/virsh ] && [ ! -S /run/libvirt/libvirt-sock ] && [ ! -S /run/libvirt/virtqemud-sock ]; then
    say "failed to connect to libvirt: neither libvirtd nor virtqemud has a socket in /run/libvirt$newline"
    facts_section end 1
    return 0
  fi
  # Whoever is not root may look, as libvirt's default for its read-only socket is.
  facts_readonly=
  [ -w /run ] || facts_readonly=-r
  facts_list=$($facts_timeout virsh -q $facts_readonly -c qemu:///system \
    "version --daemon; list --uuid; list --inactive --uuid; echo '
transient
'; list --all --transient --uuid; echo '
end
'" 2>&1 </dev/null)
  facts_status=$?
  say "$facts_list$newline"
  facts_section end "$facts_status"
  [ "$facts_status" -eq 0 ] || return 0
  facts_commands=
  facts_count=0
  for facts_word in $facts_list; do
    case $facts_word in
      transient) break ;;
      *[!0-9a-f-]*) continue ;;
      ????????-????-????-????-????????????) ;;
      *) continue ;;
    esac
    facts_commands="$facts_commands
echo '
$facts_nonce domain live $facts_word
'; dumpxml $facts_word; echo '
$facts_nonce domain config $facts_word
'; dumpxml --inactive $facts_word;"
    facts_count=$((facts_count + 1))
    [ $((facts_count % 100)) -eq 0 ] && facts_of_domains
  done
  [ -n "$facts_commands" ] && facts_of_domains
}

# One argument of a process holds 128 KiB: a hundred domains at a time. The list at the end tells domains that went away in
# between from a daemon that did.
facts_of_domains() {
  facts_section begin domains
  say_now
  $facts_timeout virsh -q $facts_readonly -c qemu:///system "$facts_commands
echo '
$facts_nonce domain still there
'; list --all --uuid; hostname; echo '
$facts_nonce domain end
'" 2>/dev/null </dev/null
  facts_section end $?
  facts_commands=
}
`;
