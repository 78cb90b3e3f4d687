/** SVG as text. */
export type Attributes = Readonly<Record<string, string | number>>;

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign] ?? sign);

export const element = (name: string, attributes: Attributes, content = ""): string => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return content === "" ? `<${name}${written.join("")}/>` : `<${name}${written.join("")}>${content}</${name}>`;
};

export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  element("text", { x, y, ...attributes }, escaped(content));

/** What a browser shows of the element that the pointer is on. */
export const title = (content: string): string => element("title", {}, escaped(content));

export const box = (x: number, y: number, width: number, height: number, attributes: Attributes): string =>
  element("rect", { x, y, width, height, rx: 10, ...attributes });

export const path = (d: string, attributes: Attributes): string => element("path", { d, fill: "none", ...attributes });
