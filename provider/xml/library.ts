import { createRequire } from "node:module";

/** fast-xml-parser as the one file that `require` gets: as modules it is thirty, and takes every preview 20 ms longer to load. */
const library: typeof import("fast-xml-parser") = createRequire(import.meta.url)("fast-xml-parser");

export const { XMLBuilder, XMLParser, XMLValidator } = library;
