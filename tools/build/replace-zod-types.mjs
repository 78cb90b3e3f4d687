import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const types = join(dirname(fileURLToPath(import.meta.url)), "zod-types.d.ts");

/** Lets the compiled declarations import zod-types.d.ts (which says why) instead of zod. */
export function replaceZodTypes(dist) {
  copyFileSync(types, join(dist, "zod-types.d.ts"));
  for (const name of readdirSync(dist, { recursive: true })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(dist, name);
    const text = readFileSync(file, "utf8");
    const path = relative(dirname(file), join(dist, "zod-types.js"));
    const replaced = text.replace(/^import (?:type )?\{ z \} from "zod";$/m, `import type * as z from "${path}";`);
    if (replaced !== text) writeFileSync(file, replaced);
  }
}
