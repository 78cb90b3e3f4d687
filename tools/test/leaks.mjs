// Looks for the keys and passwords of the labs in all that the tests showed: what they printed themselves, what engines printed
// for them, and states (lab/leaks.ts gathers both).
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Base64 of a text that stands anywhere in a longer one: the characters that depend on nothing but it, for each of three places. */
const inBase64 = (text) =>
  [0, 1, 2].map((place) => {
    const encoded = Buffer.from(`${" ".repeat(place)}${text}`).toString("base64");
    const whole = Math.floor((place + Buffer.byteLength(text)) / 3) * 4;
    return encoded.slice([0, 2, 3][place], whole);
  });

const shortestLine = 24;

/** What tells a secret: of a key the lines of its body, the first of which all keys of its kind have. */
const partsOf = (secret) => {
  const lines = secret.split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  return lines.length <= 1 ? lines : lines.slice(1).filter((line) => line.length >= shortestLine);
};

/** A secret in clear, as JSON and URLs escape it, in base64 and hexadecimal. */
const formsOf = (secret) =>
  partsOf(secret).flatMap((part) => {
    const base64 = inBase64(part);
    const hex = Buffer.from(part).toString("hex");
    const forms = [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part), ...base64, hex];
    return [...forms, ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))];
  });

const shownIn = (folder) =>
  readdirSync(join(folder, "shown")).map((name) => readFileSync(join(folder, "shown", name), "utf8"));

/** Where a text is in what was shown: behind which heading. */
const placeOf = (shown, at) => /.*\n== (.*) ==\n/s.exec(shown.slice(0, at))?.[1] ?? "the output of the tests";

/** One line for each leak: where, and the beginning of what shows it. */
export function leaksIn(folder) {
  const secrets = readdirSync(join(folder, "secrets")).map((name) =>
    readFileSync(join(folder, "secrets", name), "utf8"),
  );
  const forms = new Set(secrets.flatMap(formsOf));
  if (forms.size === 0) return [];
  const needles = join(folder, "forms");
  writeFileSync(needles, [...forms].map((form) => `${form}\n`).join(""));
  const found = (input) => {
    const { status, stdout, stderr } = spawnSync("grep", ["-aoFf", needles], {
      input,
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    if (status !== 0 && status !== 1) throw new Error(`grep ended with ${status}: ${stderr}`);
    return new Set(stdout.split("\n").filter((line) => line !== ""));
  };
  const told = (where, text) => `${where} shows a secret: ${text.slice(0, 6)}… (${text.length} characters)`;
  return shownIn(folder).flatMap((shown) => {
    const leaks = [...found(shown)].map((text) => told(placeOf(shown, shown.indexOf(text)), text));
    // Base64 is often written in lines of 76.
    return leaks.length > 0
      ? leaks
      : [...found(shown.replaceAll("\n", ""))].map((text) => told("a text in lines", text));
  });
}

/** A folder of a run's own; `environment` has the tests gather in it. */
export function leakCheck() {
  const folder = mkdtempSync(join(tmpdir(), "kvm-network-leaks-"));
  for (const name of ["secrets", "shown"]) mkdirSync(join(folder, name));
  return {
    folder,
    environment: { KVM_NETWORK_LEAKS: folder },
    hear: (chunk) => appendFileSync(join(folder, "shown", "output"), chunk),
    leaks: () => leaksIn(folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
