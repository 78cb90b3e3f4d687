import { colours, ink, modeColour, pathColour } from "./palette.ts";
import type { Path } from "./reachability.ts";
import { box, element, path, text } from "./svg.ts";

const row = 27;

const attachments = [
  { mode: "vepa", tap: false, says: "VEPA: the switch gets every frame" },
  { mode: "veb", tap: false, says: "VEB: switched on the host, by macvtap" },
  { mode: "pepa", tap: false, says: "PEPA: kept from its neighbours by a filter" },
  { mode: "veb", tap: true, says: "Linux bridge: switched on the host" },
] as const;

const paths: readonly Path[] = ["on the host", "by the switch", "reflected by the switch"];

/** What colours and signs mean. */
export function legendSvg(x: number, y: number): string {
  const label = (index: number, says: string) => text(x + 38, y + index * row + 30, says, { "font-size": 13 });
  const at = (index: number) => y + index * row + 26;
  const [port, first] = [attachments.length, attachments.length + 1];
  const turn = { stroke: colours.reflected, "stroke-width": 2.5, "stroke-linecap": "round" };
  return [
    text(x, y, "Legend", { "font-size": 15, "font-weight": 600 }),
    ...attachments.map(
      ({ says, ...vm }, index) =>
        box(x, at(index) - 8, 26, 16, {
          rx: 5,
          fill: modeColour(vm).pale,
          stroke: modeColour(vm).strong,
          "stroke-width": 1.5,
        }) + label(index, says),
    ),
    path(`M${x + 5} ${at(port) - 8}v8a8 8 0 0 0 16 0v-8m-5 6l5 -6l5 6`, turn),
    label(port, "a port that reflects: frames may go out where they came in"),
    ...paths.map(
      (each, index) =>
        element("circle", { cx: x + 13, cy: at(first + index), r: 6.5, fill: pathColour(each) }) +
        label(first + index, `ping answered, ${each}`),
    ),
    element("circle", {
      cx: x + 13,
      cy: at(first + paths.length),
      r: 5.5,
      fill: "#ffffff",
      stroke: ink.line,
      "stroke-width": 1.5,
    }),
    label(first + paths.length, "ping not answered"),
  ].join("");
}
