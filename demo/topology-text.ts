import { stripVTControlCharacters } from "node:util";
import { modeStyle } from "./mode-style.ts";
import { paint } from "./screen.ts";
import type { Topology, Vm } from "./topology.ts";

/** Inner width of a hypervisor's box; the switch's is as wide. */
const inner = 64;

const boxed = (title: string, rows: readonly string[]): string[] => {
  const pad = (row: string) => row + " ".repeat(Math.max(0, inner - stripVTControlCharacters(row).length));
  const rule = "─".repeat(Math.max(0, inner - stripVTControlCharacters(title).length - 1));
  return [`╭─ ${title} ${rule}╮`, ...rows.map((row) => `│ ${pad(row)} │`), `╰${"─".repeat(inner + 2)}╯`];
};

/** The wires of VMs that meet in one uplink: ┐, ┼ and ┘, the uplink's name in the middle. */
function uplinkRows(uplink: string, vms: readonly Vm[]): string[] {
  const middle = Math.floor((vms.length - 1) / 2);
  return vms.map((vm, index) => {
    const kind = vm.tap ? "tap, veb" : `macvtap, ${vm.mode}`;
    const start = `${paint("bold", vm.name.padEnd(7))}${paint(modeStyle(vm.mode, vm.tap), kind.padEnd(14))}`;
    const joint =
      vms.length === 1
        ? "─"
        : index === 0
          ? middle === 0
            ? "┬"
            : "┐"
          : index === vms.length - 1
            ? "┘"
            : index === middle
              ? "┼"
              : "┤";
    const bridge = vm.tap ? `─[ ${vm.source} ]` : "";
    const end = index === middle ? `${bridge}${"─".repeat(22 - bridge.length)} ${paint("bold", uplink)}` : "";
    return `${start} ───${joint}${end}`;
  });
}

/** The topology for a terminal. */
export function topologyText({ hypervisors, vms, reflecting }: Topology): string {
  const hosts = hypervisors.flatMap(({ name, address, uplinks }) =>
    boxed(
      `${paint("bold", name)} ${paint("dim", address)}`,
      uplinks.flatMap((uplink, index) => {
        const on = vms.filter((vm) => vm.hypervisor === name && vm.uplink === uplink);
        return [...(index > 0 ? [""] : []), ...uplinkRows(uplink, on)];
      }),
    ),
  );
  const lanes = [...new Set(hypervisors.flatMap(({ uplinks }) => uplinks))].map((uplink, index) => {
    const ports = hypervisors.map(({ name }) =>
      reflecting.has(`${name}/${uplink}`)
        ? `${name}-${uplink} ${paint("green", "reflects")}        `
        : `${name}-${uplink} ${paint("dim", "does not reflect")}`,
    );
    return `${paint("dim", `sw${index + 1}`)}    ${ports.join("  ───  ")}`;
  });
  return [...hosts, ...boxed(`${paint("bold", "adjacent switch")}`, lanes)].join("\n");
}
