/** Something the set-up can't have: the message names it and says how to get it. Shown without a stack. */
export class SetUpError extends Error {}
