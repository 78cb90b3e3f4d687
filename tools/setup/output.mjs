import { spawn } from "node:child_process";
import { SetUpError } from "./error.mjs";

/** Enough of a failed program's words to see why, not a whole build log. */
const shownLines = 15;

/** Runs a program and resolves to what it printed; a failure names what it was for and shows the end of its output. */
export function output(purpose, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let stdout = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      stdout += chunk;
      all += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      all += chunk;
    });
    child.on("error", (error) => reject(new SetUpError(`${purpose}: ${command} can't be run (${error.message}).`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const end = all.trim().split("\n").slice(-shownLines).join("\n");
      reject(new SetUpError(`${purpose}: ${command} ${args.join(" ")} ended with ${code ?? signal}.\n${end}`));
    });
  });
}
