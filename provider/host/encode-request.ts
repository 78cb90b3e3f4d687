import type { Request, Step } from "./host.ts";
import { HostError } from "./host-error.ts";

/** As the host script caps it. A request is a few hundred bytes; a batch of a thousand links is 100 KB. */
const maxRequestBytes = 1_000_000;

/** One value as lines that a `read -r` gives back exactly: `+` before each line that goes on, `=` before the last. */
const encodeValue = (value: string): string => {
  const lines = value.split("\n");
  const last = lines.pop() ?? "";
  return `${lines.map((line) => `+${line}\n`).join("")}=${last}\n`;
};

/** Standard input: `<` before a line that ends with a newline, `>` before a last one that does not. */
const encodeInput = (input: string): string => {
  const lines = input.split("\n");
  const last = lines.pop() ?? "";
  return lines.map((line) => `<${line}\n`).join("") + (last === "" ? "" : `>${last}\n`);
};

const valuesOf = (step: Step): readonly string[] => {
  switch (step.verb) {
    case "run":
      return step.argv;
    case "read":
      return step.equals === undefined ? [step.path] : [step.path, step.equals];
    case "set":
      return [step.path, step.value];
    case "facts":
      return [step.link, step.of].filter((each) => each !== undefined);
    case "probe":
      return [step.nic, step.nonce, String(step.seconds)];
    case "carrier":
      return [step.link, String(step.seconds)];
    case "keep":
    case "forget":
    case "stage":
    case "aside":
      return [step.path];
    case "guard":
      return [String(step.seconds), step.links.join(" "), step.made.join(" ")];
    case "transaction":
      return step.act === "begin"
        ? [step.act, step.nonce, String(step.seconds), step.owner, step.links.join(" "), step.made.join(" ")]
        : [step.act, step.nonce];
    case "reload":
      return [step.manager, step.link].filter((each) => each !== undefined);
    case "activate": {
      const { inet = "", inet6 = "" } = step.metrics ?? {};
      return [step.link, step.profile, step.bridge ?? "", String(inet), String(inet6)];
    }
    case "remember":
    case "recall":
      return [step.key];
    case "ifup":
      return [step.link, step.logical, step.as ?? ""];
    case "ifdown":
      return [step.link];
    case "clear":
      return [step.owner];
    case "room":
      return [];
    case "supersede":
      return [step.pid, step.began];
  }
};

const inputOf = (step: Step): string | undefined => {
  if (step.verb === "run") return step.input;
  if (step.verb === "transaction") return step.act === "begin" ? step.request : undefined;
  return step.verb === "keep" || step.verb === "stage" || step.verb === "remember" ? step.text : undefined;
};

const headOf = (id: number, { change, settled, transaction }: Request): string => {
  if (change !== undefined) return `change ${id} ${transaction ?? "-"}`;
  return settled === true ? `settled ${id}` : `request ${id}`;
};

/**
 * A request as the host script reads it: lines, the last step first (the script reads a request to its end before it does
 * anything, and its stack gives the steps back in order).
 */
export const encodeRequest = (host: string, id: number, request: Request): string => {
  const steps = request.steps
    .map((step) => {
      const values = [step.verb, ...valuesOf(step)].map(encodeValue).join("");
      return `step ${step.mayFail === true ? "may" : "must"}\n${values}${encodeInput(inputOf(step) ?? "")}`;
    })
    .reverse();
  const text = `${headOf(id, request)}\n${steps.join("")}end\n`;
  if (text.includes("\0"))
    throw new HostError(
      "script-refused",
      host,
      `${host}: a value for the host script holds a NUL character; nothing was done.`,
    );
  if (Buffer.byteLength(text) > maxRequestBytes)
    throw new HostError(
      "script-refused",
      host,
      `${host}: a request of more than ${maxRequestBytes} bytes; nothing was done.`,
    );
  return text;
};
