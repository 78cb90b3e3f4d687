/** The part of the host script that says what was observed, a section (see factsVerb) and a file's value at a time. */
export const factsSection = `
facts_section() { say "$newline$facts_nonce $*$newline"; }

# ATTRIBUTE FILE: "FILE:value", nothing when it is not there or the driver refuses.
facts_attribute() {
  facts_value=
  [ -r "$1" ] && { read -r facts_value <"$1"; } 2>/dev/null
  [ -n "$facts_value" ] && say "$1:$facts_value$newline"
}
`;
