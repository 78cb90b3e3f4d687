/** Stands for a value that is not known before the update. The adapter translates the engine's own sign for it. */
export const UNKNOWN: unique symbol = Symbol("unknown");

export const containsUnknown = (value: unknown): boolean => {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  if (typeof value === "object" && value !== null) return Object.values(value).some(containsUnknown);
  return false;
};
