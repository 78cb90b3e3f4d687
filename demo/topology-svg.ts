import { legendSvg } from "./legend-svg.ts";
import { matrixSvg } from "./matrix-svg.ts";
import { colours, ink, modeColour } from "./palette.ts";
import type { Foreseen, Reachability } from "./reachability.ts";
import { box, element, path, text, title } from "./svg.ts";
import type { Topology, Vm } from "./topology.ts";

const margin = 40;
const vmSize = { width: 116, height: 62 };
const gap = { vm: 18, group: 44, host: 60 };
const pad = 26;

/** The rows of the drawing, from above. */
const rows = {
  title: 52,
  host: 84,
  vm: 138,
  meet: 236,
  bridge: 248,
  nic: 310,
  hostEnd: 328,
  switch: 408,
  lanes: 456,
  end: 540,
};

interface Group {
  readonly hypervisor: string;
  readonly uplink: string;
  readonly lane: number;
  readonly vms: readonly Vm[];
  readonly x: number;
  readonly width: number;
  /** Where its uplink is. */
  readonly middle: number;
}

const groupWidth = (count: number): number => Math.max(1, count) * (vmSize.width + gap.vm) - gap.vm;

/** Side by side; every second hypervisor is mirrored, so that the switch's lanes do not cross. */
function placeGroups({ hypervisors, vms }: Topology): Group[] {
  let x = margin;
  return hypervisors.flatMap(({ name, uplinks }, index) => {
    const ordered = index % 2 === 0 ? uplinks : uplinks.toReversed();
    x += pad;
    const groups = ordered.map((uplink) => {
      const on = vms.filter((vm) => vm.hypervisor === name && vm.uplink === uplink);
      const width = groupWidth(on.length);
      const lane = uplinks.indexOf(uplink);
      const group = { hypervisor: name, uplink, lane, vms: on, x, width, middle: x + width / 2 };
      x += width + gap.group;
      return group;
    });
    x += pad - gap.group + gap.host;
    return groups;
  });
}

function vmSvg(vm: Vm, x: number): string {
  const colour = modeColour(vm);
  const middle = x + vmSize.width / 2;
  const how = vm.tap ? "VEB · tap" : `${vm.mode.toUpperCase()} · macvtap`;
  return (
    box(x, rows.vm, vmSize.width, vmSize.height, { fill: colour.pale, stroke: colour.strong, "stroke-width": 1.5 }) +
    text(middle, rows.vm + 27, vm.name, { "text-anchor": "middle", "font-weight": 600, "font-size": 16 }) +
    text(middle, rows.vm + 47, how, { "text-anchor": "middle", "font-size": 12, fill: colour.strong })
  );
}

/** On a wire, around a point of it. */
const filter = ({ x, y }: { readonly x: number; readonly y: number }, vm: Vm): string =>
  box(x - 26, y - 11, 52, 22, { fill: modeColour(vm).strong, rx: 11 }) +
  text(x, y + 4, "filter", { "text-anchor": "middle", "font-size": 12, fill: "#ffffff" });

/** From the VMs to their uplink: by a Linux bridge, or by macvtaps, where those in VEB meet on the way. */
function wires({ vms, x, width, middle }: Group): string {
  const start = rows.vm + vmSize.height;
  const at = (index: number) => x + vmSize.width / 2 + index * (vmSize.width + gap.vm);
  const stroke = (vm: Vm) => ({ stroke: modeColour(vm).strong, "stroke-width": 2 });
  const [first] = vms;
  if (first?.tap) {
    const colour = modeColour(first);
    const bar = { width: Math.max(width, 136), height: 28 };
    return (
      vms.map((vm, index) => path(`M${at(index)} ${start}V${rows.bridge}`, stroke(vm))).join("") +
      path(`M${middle} ${rows.bridge + bar.height}V${rows.nic}`, stroke(first)) +
      box(middle - bar.width / 2, rows.bridge, bar.width, bar.height, { fill: colour.strong, rx: 14 }) +
      text(middle, rows.bridge + 19, first.source, { "text-anchor": "middle", "font-size": 12, fill: "#ffffff" })
    );
  }
  const meeting = vms.flatMap((vm, index) => (vm.mode === "veb" ? [at(index)] : []));
  const joint = meeting.length > 1 ? (Math.min(...meeting) + Math.max(...meeting)) / 2 : undefined;
  const drawn = vms.map((vm, index) => {
    const from = at(index);
    const to = vm.mode === "veb" && joint !== undefined ? { x: joint, y: rows.meet + 16 } : { x: middle, y: rows.nic };
    const bend = (start + to.y) / 2;
    const wire = path(`M${from} ${start}C${from} ${bend} ${to.x} ${bend} ${to.x} ${to.y}`, stroke(vm));
    // The point of the wire's curve at a quarter of it.
    const at25 = { x: Math.round(from + 0.156 * (to.x - from)), y: Math.round(start + 0.297 * (to.y - start)) };
    return vm.mode === "pepa" ? wire + filter(at25, vm) : wire;
  });
  const veb = vms.find(({ mode }) => mode === "veb");
  if (joint === undefined || veb === undefined) return drawn.join("");
  const [y, bend] = [rows.meet + 16, (rows.meet + 16 + rows.nic) / 2];
  return (
    drawn.join("") +
    path(`M${joint} ${y}C${joint} ${bend} ${middle} ${bend} ${middle} ${rows.nic}`, stroke(veb)) +
    element("circle", { cx: joint, cy: y, r: 6, fill: modeColour(veb).strong })
  );
}

function nic({ middle, uplink, hypervisor }: Group): string {
  return (
    path(`M${middle} ${rows.hostEnd}V${rows.switch}`, { stroke: ink.wire, "stroke-width": 2.5 }) +
    box(middle - 36, rows.nic, 72, 34, { fill: "#ffffff", stroke: ink.wire, "stroke-width": 1.5, rx: 6 }) +
    text(middle, rows.nic + 22, uplink, { "text-anchor": "middle", "font-size": 13, "font-weight": 600 }) +
    box(middle - 9, rows.switch - 9, 18, 18, { fill: "#ffffff", stroke: ink.wire, "stroke-width": 1.5, rx: 4 }) +
    text(middle - 16, rows.switch - 8, `${hypervisor}-${uplink}`, {
      "text-anchor": "end",
      "font-size": 11,
      fill: ink.soft,
    })
  );
}

/** A turn: what comes in by the port goes out of it again. */
const reflects = ({ middle }: Group): string => {
  const [x, y] = [middle - 36, rows.switch + 8];
  const turn = {
    stroke: colours.reflected,
    "stroke-width": 2.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
  };
  return (
    path(`M${x} ${y}v14a8 8 0 0 0 16 0v-14m-5 6l5 -6l5 6`, turn) +
    text(x - 10, y + 14, "reflects", {
      "text-anchor": "end",
      "font-size": 12,
      "font-weight": 600,
      fill: colours.reflected,
    })
  );
};

/** A lane of the switch joins the ports of one broadcast domain; the outermost lane runs lowest. */
function lane(groups: readonly Group[], index: number, count: number): string {
  const ports = groups.filter(({ lane: on }) => on === index).map(({ middle }) => middle);
  const y = rows.lanes + (count - 1 - index) * 36;
  const [left, right] = [Math.min(...ports), Math.max(...ports)];
  const wire = { stroke: ink.wire, "stroke-width": 2.5, "stroke-linecap": "round" };
  return (
    ports.map((x) => path(`M${x} ${rows.switch + 9}V${y}`, wire)).join("") +
    path(`M${left} ${y}H${right}`, wire) +
    box((left + right) / 2 - 24, y - 12, 48, 24, { fill: ink.switch, stroke: ink.wire, rx: 12 }) +
    text((left + right) / 2, y + 4.5, `sw${index + 1}`, { "text-anchor": "middle", "font-size": 12 })
  );
}

/** The topology, and who was measured to reach whom, as a picture. */
export function topologySvg(topology: Topology, foreseen: Foreseen, measured: Reachability): string {
  const groups = placeGroups(topology);
  const right = Math.max(...groups.map(({ x, width }) => x + width)) + pad;
  const hosts = topology.hypervisors.map(({ name, address }) => {
    const own = groups.filter(({ hypervisor }) => hypervisor === name);
    const x = Math.min(...own.map((group) => group.x)) - pad;
    const width = Math.max(...own.map((group) => group.x + group.width)) + pad - x;
    return (
      box(x, rows.host, width, rows.hostEnd - rows.host, { fill: ink.host, stroke: ink.line, rx: 14 }) +
      text(x + pad, rows.host + 34, name, { "font-size": 18, "font-weight": 600 }) +
      text(x + pad + 42, rows.host + 34, address, { "font-size": 12, fill: ink.soft })
    );
  });
  const lanes = Math.max(...topology.hypervisors.map(({ uplinks }) => uplinks.length));
  const reflecting = groups.filter(({ hypervisor, uplink }) => topology.reflecting.has(`${hypervisor}/${uplink}`));
  const [below, height] = [rows.end + 44, rows.end + 332];
  const content = [
    title("Seven VMs on two hypervisors, and who of them reaches whom"),
    box(0, 0, right + margin, height, { fill: "#ffffff", rx: 0 }),
    text(margin, rows.title, "Seven VMs on two hypervisors", { "font-size": 22, "font-weight": 600 }),
    ...hosts,
    box(margin, rows.switch, right - margin, rows.end - rows.switch, { fill: ink.switch, stroke: ink.line, rx: 14 }),
    text(right - pad, rows.end - 18, "adjacent switch", { "text-anchor": "end", "font-size": 14, "font-weight": 600 }),
    ...Array.from({ length: lanes }, (_, index) => lane(groups, index, lanes)),
    ...groups.map(wires),
    ...groups.flatMap((group) => group.vms.map((vm, index) => vmSvg(vm, group.x + index * (vmSize.width + gap.vm)))),
    ...groups.map(nic),
    ...reflecting.map(reflects),
    legendSvg(margin, below),
    matrixSvg(right, below, topology, foreseen, measured),
  ];
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${right + margin} ${height}`,
      width: right + margin,
      height,
      "font-family": "system-ui, 'DejaVu Sans', sans-serif",
      fill: ink.text,
    },
    `\n${content.join("\n")}\n`,
  )}\n`;
}
