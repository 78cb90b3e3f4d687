import type { Vm } from "./topology.ts";

/** One colour a way to be attached, on the terminal and in the drawing. */
export const modeStyle = (mode: Vm["mode"], tap: boolean): "magenta" | "yellow" | "blue" =>
  tap ? "magenta" : mode === "veb" ? "yellow" : "blue";
