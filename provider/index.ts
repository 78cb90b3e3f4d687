/** What the code stored in a Pulumi state calls. Frozen: see `dynamic/handle.ts`. */
export { handle } from "./dynamic/handle.ts";
