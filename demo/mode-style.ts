import type { Vm } from "./topology.ts";

const styles = { vepa: "blue", veb: "yellow", pepa: "red" } as const;

/** One colour a way to be attached, on the terminal and in the drawing. */
export const modeStyle = (mode: Vm["mode"], tap: boolean): "magenta" | (typeof styles)[Vm["mode"]] =>
  tap ? "magenta" : styles[mode];
