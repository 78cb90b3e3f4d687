import { childOf, type XmlElement } from "../xml/element.ts";

/** The PCI device that is handed over: `<source><address domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source>`. */
export function sourceAddress(element: XmlElement): string | null {
  const address = childOf(childOf(element, "source"), "address")?.attributes;
  const part = (name: string, digits: number) => {
    const value = address?.get(name) ?? (name === "domain" ? "0x0000" : "");
    return /^(0x)?[0-9a-f]+$/i.test(value) ? Number.parseInt(value, 16).toString(16).padStart(digits, "0") : null;
  };
  const [domain, bus, slot, number] = [part("domain", 4), part("bus", 2), part("slot", 2), part("function", 1)];
  return domain === null || bus === null || slot === null || number === null
    ? null
    : `${domain}:${bus}:${slot}.${number}`;
}
