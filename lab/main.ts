import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { KvmNetworkError } from "../provider/schema/error.ts";
import { environment } from "./command.ts";
import { takeDown } from "./down.ts";
import { labFolder } from "./folder.ts";
import { defineGuest, openGuest, startGuest } from "./guest.ts";
import { createLab, type Lab, openLab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { type NetworkManager, networkManagers } from "./lab-options.ts";
import { clientKey } from "./ssh-daemon.ts";

const usage = `usage: lab up [--hypervisors N] [--machines N] [--uplinks M] [--network-manager WHICH] [--name NAME]
              [--ordinary-user]
                                                            start hypervisors (--machines: with a kernel and SR-IOV NICs of
                                                            their own) and a switch, and tell of them in lab.json; machines'
                                                            network manager: ${networkManagers.join(", ")};
                                                            --ordinary-user: reached as an account that sudo allows the
                                                            installed host script alone
       lab exec NAME -- COMMAND…                            run a command on a hypervisor, or on the switch
       lab hairpin HV/UPLINK on|off                         turn reflective relay of the uplink's switch port on or off
       lab reboot MACHINE                                   reboot a machine, and wait until it is back
       lab power-cut MACHINE                                the same as if its plug was pulled and put in again
       lab snapshot MACHINE                                 keep a machine as it is, memory and disk
       lab restore MACHINE                                  put it back to that
       lab guest HV/GUEST [--off]                           start a small Linux as a domain (or only define it)
       lab guest HV/GUEST -- COMMAND…                       run a command in it
       lab down [--name NAME]                               end it all`;

const file = resolve("lab.json");

/** The lab of this folder, or the one named, or the one that `up` makes when nothing is named. */
function labName(given: string | undefined): string {
  if (given !== undefined) return given;
  if (!existsSync(file)) return "lab";
  return z.object({ name: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).name;
}

/** What a program outside needs to use the lab. It holds the key, so only its owner reads it. */
function writeLabFile(lab: Lab): void {
  const { name, hypervisors, switch: adjacent } = lab;
  writeFileSync(file, `${JSON.stringify({ name, hypervisors, switch: adjacent }, null, 2)}\n`, { mode: 0o600 });
}

function count(option: string, text: string, least = 1): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least || number > 99)
    throw new LabError("lab_usage", `--${option} ${text}: a number from ${least} to 99 is wanted`);
  return number;
}

function networkManager(text: string): NetworkManager {
  const found = networkManagers.find((each) => each === text);
  if (found === undefined)
    throw new LabError("lab_usage", `--network-manager ${text}: one of ${networkManagers.join(", ")} is wanted`);
  return found;
}

/** What is done to a machine as a whole. */
const onMachine: Readonly<Record<string, (lab: Lab, machine: string) => Promise<void>>> = {
  reboot: (lab, machine) => lab.reboot(machine),
  "power-cut": (lab, machine) => lab.powerCut(machine),
  snapshot: (lab, machine) => lab.snapshot(machine),
  restore: (lab, machine) => lab.restore(machine),
};

interface Options {
  readonly name?: string | undefined;
  readonly hypervisors?: string | undefined;
  readonly machines?: string | undefined;
  readonly uplinks?: string | undefined;
  readonly "network-manager"?: string | undefined;
  readonly "ordinary-user"?: boolean | undefined;
}

async function up(options: Options): Promise<number> {
  const name = options.name ?? "lab";
  const begun = performance.now();
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.once(signal, () => takeDown(name).finally(() => process.exit(status)));
  const lab = await createLab({
    name,
    // Who asks for machines gets no others unasked.
    hypervisors: count("hypervisors", options.hypervisors ?? (options.machines === undefined ? "2" : "0"), 0),
    machines: count("machines", options.machines ?? "0", 0),
    uplinks: count("uplinks", options.uplinks ?? "2"),
    networkManager: networkManager(options["network-manager"] ?? "none"),
    ...(options["ordinary-user"] === true ? { ordinaryUser: true } : {}),
    lldp: true,
    persistent: true,
    file,
  });
  writeLabFile(lab);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const { length } = lab.hypervisors;
  console.log(`${length} hypervisor${length === 1 ? "" : "s"} up in ${seconds} s: see lab.json`);
  const [first] = lab.hypervisors;
  if (first !== undefined) {
    const { user, host, hostKey } = first.connection;
    const login = `${user}@${host} --identity ${clientKey(labFolder(name))} --host-key "${hostKey}"`;
    console.log(`Look at ${first.name}: npx pulumi-kvm-network explain ${login}${user === "root" ? "" : " --sudo"}`);
  }
  return 0;
}

/** Hands terminal, standard input and exit status through. */
function exec(lab: Lab, name: string, command: readonly string[]): Promise<number> {
  const [program = "", ...args] = lab.command(name, command);
  const child = spawn(program, args, { stdio: "inherit", env: { ...environment, TERM: process.env.TERM ?? "dumb" } });
  return new Promise((done, reject) => {
    child.on("error", reject);
    child.on("close", (status) => done(status ?? 1));
  });
}

/** Runs a command in a guest, or makes one. */
async function guest(lab: Lab, target: string, command: readonly string[], off: boolean): Promise<number> {
  const [hypervisor = "", name = ""] = target.split("/");
  if (command.length > 0) {
    const { status, stdout } = await (await openGuest(lab, hypervisor, name)).run(command.join(" "));
    process.stdout.write(stdout);
    return status;
  }
  if (off) await defineGuest(lab, hypervisor, name);
  else await startGuest(lab, hypervisor, name);
  return 0;
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: "string" },
        hypervisors: { type: "string" },
        machines: { type: "string" },
        uplinks: { type: "string" },
        "network-manager": { type: "string" },
        "ordinary-user": { type: "boolean" },
        off: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new LabError("lab_usage", `${error instanceof Error ? error.message : error}\n${usage}`);
  }
};

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [verb, target, ...rest] = positionals;
  if (verb === "up" && target === undefined) return await up(values);
  if (verb === "exec" && target !== undefined && rest.length > 0)
    return await exec(openLab(labName(values.name)), target, rest);
  if (verb === "guest" && target !== undefined)
    return await guest(openLab(labName(values.name)), target, rest, values.off ?? false);
  if (verb === "hairpin" && target !== undefined && (rest[0] === "on" || rest[0] === "off")) {
    const lab = openLab(labName(values.name));
    const [hypervisor = "", uplink = ""] = target.split("/");
    if (!(target in lab.switch.ports))
      throw new LabError(
        "lab_usage",
        `${target}: the switch has ports for ${Object.keys(lab.switch.ports).join(", ")}`,
      );
    await lab.hairpin(hypervisor, uplink, rest[0] === "on");
    return 0;
  }
  const act = onMachine[verb ?? ""];
  if (act !== undefined && target !== undefined && rest.length === 0) {
    await act(openLab(labName(values.name)), target);
    return 0;
  }
  if (verb === "down" && target === undefined) {
    const name = labName(values.name);
    if (!(await takeDown(name))) console.log(`no lab named ${name}: nothing to do`);
    return 0;
  }
  console.error(usage);
  return 2;
}

const messages = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}\n${messages(error.cause)}` : error.message;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof KvmNetworkError ? messages(error) : error);
  process.exitCode = 1;
}
