import { ink, modeColour, pathColour } from "./palette.ts";
import { type Foreseen, pair, type Reachability } from "./reachability.ts";
import { element, path, text, title } from "./svg.ts";
import type { Topology } from "./topology.ts";

const cell = { width: 62, height: 33 };
const labels = 70;

/** Who reached whom as measured, and why or why not as foreseen; its right edge is at `right`. */
export function matrixSvg(
  right: number,
  y: number,
  { vms }: Topology,
  foreseen: Foreseen,
  measured: Reachability,
): string {
  const left = right - vms.length * cell.width;
  const column = (index: number) => left + (index + 0.5) * cell.width;
  const row = (index: number) => y + 40 + (index + 0.5) * cell.height;
  const bold = { "font-size": 13, "font-weight": 600 };
  return [
    text(left - labels, y, "Who reaches whom: pinged from inside the VMs", { "font-size": 15, "font-weight": 600 }),
    ...vms.flatMap((from, index) => [
      text(column(index), y + 32, from.name, { ...bold, "text-anchor": "middle", fill: modeColour(from).strong }),
      text(left - labels, row(index) + 4.5, from.name, { ...bold, fill: modeColour(from).strong }),
      path(`M${left - labels} ${row(index) - cell.height / 2}H${right}`, { stroke: ink.line, "stroke-width": 0.75 }),
      ...vms
        .filter((to) => to !== from)
        .map((to) => {
          const each = pair(from.name, to.name);
          const { path: by, because = "" } = foreseen.get(each) ?? {};
          const at = { cx: column(vms.indexOf(to)), cy: row(index) };
          return by === undefined || !measured.has(each)
            ? element(
                "circle",
                { ...at, r: 5.5, fill: "#ffffff", stroke: ink.line, "stroke-width": 1.5 },
                title(`${from.name} does not reach ${to.name}: ${because}`),
              )
            : element(
                "circle",
                { ...at, r: 6.5, fill: pathColour(by) },
                title(`${from.name} reaches ${to.name} ${by}`),
              );
        }),
    ]),
  ].join("");
}
