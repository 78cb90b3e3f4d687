import type { Path } from "./reachability.ts";
import type { Vm } from "./topology.ts";

/** Greys, and what they are for. */
export const ink = {
  text: "#1f2937",
  soft: "#6b7280",
  line: "#cbd5e1",
  wire: "#64748b",
  host: "#f8fafc",
  switch: "#eef2f7",
};

interface Colour {
  readonly strong: string;
  readonly pale: string;
}

const modes = {
  vepa: { strong: "#2f6fb0", pale: "#e6f0fa" },
  veb: { strong: "#b7791f", pale: "#fdf3de" },
  pepa: { strong: "#b0475c", pale: "#fbeaee" },
  bridge: { strong: "#7c5aa6", pale: "#f1ebf8" },
};

/** One colour a way to be attached. */
export const modeColour = ({ mode, tap }: Pick<Vm, "mode" | "tap">): Colour => (tap ? modes.bridge : modes[mode]);

export const colours = { host: "#b7791f", switch: "#64748b", reflected: "#2f8f6b" };

/** By where it is switched. */
export const pathColour = (path: Path): string =>
  path === "on the host" ? colours.host : path === "by the switch" ? colours.switch : colours.reflected;
