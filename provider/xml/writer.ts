import { KvmNetworkError } from "../schema/error.ts";
import { XMLBuilder } from "./library.ts";

/** What to write: attributes that are undefined, and children that are, are left out. */
export interface XmlNode {
  readonly tag: string;
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  /** Children, or text. */
  readonly content?: readonly (XmlNode | undefined)[] | string;
}

/** A value with a character that no XML 1.0 document can hold. */
export class XmlCharacterError extends KvmNetworkError {
  constructor(value: string) {
    super(
      "xml-character",
      `${JSON.stringify(value)} holds a control character or half of a surrogate pair, which XML has no way to write. Remove it.`,
    );
  }
}

// The builder's own escaping leaves line ends and tabs in attributes as they are, and readers turn those into spaces.
const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

const builder = new XMLBuilder({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  format: true,
  indentBy: "  ",
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  processEntities: false,
});

/** Write an element: indented by two, one element a line, every value escaped. */
export function buildXml(node: XmlNode): string {
  return `${builder.build([ordered(node)]).trim()}\n`;
}

function ordered({ tag, attributes = {}, content = [] }: XmlNode): Record<string, unknown> {
  const written = Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, escapeXml(String(value))]],
  );
  const inside =
    typeof content === "string"
      ? [{ "#text": escapeXml(content) }]
      : content.filter((child) => child !== undefined).map(ordered);
  return { [tag]: inside, ":@": Object.fromEntries(written) };
}

function escapeXml(value: string): string {
  // https://www.w3.org/TR/xml/#charsets
  if (/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(value)) {
    throw new XmlCharacterError(value);
  }
  return value.replace(/[&<>"'\t\n\r]/g, (character) => escapes[character] ?? character);
}
