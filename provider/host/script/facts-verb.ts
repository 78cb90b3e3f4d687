/** The part of the host script that observes everything in one go: a shell function `verb_facts`, parsed by `discovery/`. */
export const factsVerb = `verb_facts() { :; }
`;
