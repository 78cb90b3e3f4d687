import { modeStyle } from "./mode-style.ts";
import { pair, type Reachability } from "./reachability.ts";
import { paint } from "./screen.ts";
import type { Topology } from "./topology.ts";

const column = 7;

const centred = (text: string, length: number): string => {
  const left = Math.floor((column - length) / 2);
  return " ".repeat(left) + text + " ".repeat(column - length - left);
};

/** Rows send, columns answer. What is otherwise than in `before` stands in brackets. */
export function matrixText({ vms }: Topology, measured: Reachability, before: Reachability = measured): string {
  const cell = (from: string, to: string): string => {
    if (from === to) return centred(paint("dim", "\\"), 1);
    const each = pair(from, to);
    const sign = measured.has(each) ? paint("green", "●") : paint("dim", "·");
    if (measured.has(each) === before.has(each)) return centred(sign, 1);
    return centred(paint("yellow", "[") + sign + paint("yellow", "]"), 3);
  };
  const head = vms.map(({ name }) => centred(paint("bold", name), name.length)).join("");
  const rows = vms.map(({ name, hypervisor, uplink, mode, tap }) => {
    const place = `${hypervisor} ${uplink} ${paint(modeStyle(mode, tap), (tap ? "bridge" : mode).padEnd(6))}`;
    return `${place}  ${paint("bold", name.padEnd(6))}${vms.map((to) => cell(name, to.name)).join("")}`;
  });
  return [`${" ".repeat(23)}${head}`, ...rows].join("\n");
}

export const matrixKey = (compared: boolean): string =>
  `row pings column: ● answered  · no answer${compared ? "  [ ] changed" : ""}`;
