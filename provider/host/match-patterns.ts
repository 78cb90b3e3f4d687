const toExpression = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "i",
  );

/** ssh_config(5) PATTERNS: `*` and `?`, and a negated pattern that matches ends it whatever else matches. */
export const matchesPatterns = (name: string, patterns: readonly string[]): boolean => {
  let matches = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!toExpression(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    matches = true;
  }
  return matches;
};
