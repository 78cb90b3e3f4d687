import { KvmNetworkError } from "../schema/error.ts";
import { XMLParser, XMLValidator } from "./library.ts";

/** Text that should have been libvirt's XML and is not: cut short, or something else altogether. */
export class LibvirtXmlError extends KvmNetworkError {
  constructor(root: string, text: string, reason: string) {
    const shown = text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
    super(
      "libvirt-xml",
      `Expected libvirt's <${root}> XML, but ${reason}. The text was ${JSON.stringify(shown)}. ` +
        "Run the virsh command by hand on the host to see what it prints.",
    );
  }
}

/** An element as it was written: names keep their namespace prefix, so `<x:interface>` is never taken for `<interface>`. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside, CDATA included, nothing trimmed. */
  readonly text: string;
}

// Ordered output: a list of elements instead of an object with a key an element, so one interface and many look the same.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  // Names and MACs that look like numbers stay as they are.
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // Numeric references: libxml2 writes control characters and, in some locales, every non-ASCII letter so.
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** Read a document whose outermost element is `<root>`; anything else is a {@link LibvirtXmlError}. */
export function parseXml(text: string, root: string): XmlElement {
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    throw new LibvirtXmlError(root, text, `line ${valid.err.line} is not well-formed (${valid.err.msg})`);
  }
  let document: XmlElement;
  try {
    document = elementFrom("", [], parser.parse(text));
  } catch (error) {
    throw new LibvirtXmlError(root, text, `it cannot be read (${error instanceof Error ? error.message : error})`);
  }
  const [element, second] = document.children;
  if (element?.name !== root || second !== undefined) {
    const found = document.children.map(({ name }) => `<${name}>`).join(" and ");
    throw new LibvirtXmlError(root, text, `it holds ${found || "no element"}`);
  }
  return element;
}

/** The children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first child of that name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return childrenOf(element, name)[0];
}

/** An attribute of the first child of that name: most of libvirt's XML says its values so. */
export function childAttribute(element: XmlElement, child: string, attribute: string): string | undefined {
  return childOf(element, child)?.attributes.get(attribute);
}

/** A whole number of an attribute of the first child of that name; what is not one is as good as absent. */
export function childNumber(element: XmlElement, child: string, attribute: string): number | undefined {
  const value = childAttribute(element, child, attribute);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** The parser's ordered form: `{ tag: [children], ":@": { attribute: value } }` or `{ "#text": text }`. */
function elementFrom(name: string, attributes: [string, string][], nodes: unknown): XmlElement {
  const children: XmlElement[] = [];
  let text = "";
  for (const node of Array.isArray(nodes) ? nodes : []) {
    const written = Object.entries<unknown>(node).filter(([key]) => key !== ":@");
    for (const [tag, value] of written) {
      if (tag === "#text") text += String(value);
      else children.push(elementFrom(tag, Object.entries<string>(node[":@"] ?? {}), value));
    }
  }
  return { name, attributes: new Map(attributes), children, text };
}
