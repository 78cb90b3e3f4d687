import { KvmNetworkError } from "../provider/schema/error.ts";

/** Anything the lab could not do; `code` is `lab_` and a word. */
export class LabError extends KvmNetworkError {}
