import type { Answer, Host, Request, Step } from "./host.ts";
import { HostError } from "./host-error.ts";

/** Of a batch of hundreds of links the beginning tells enough. */
const maxMessage = 2000;

/** What to install for a command, where its package has another name on the distributions. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  bridge: "iproute2",
  devlink: "iproute2",
  modprobe: "kmod",
  virsh: "libvirt's clients (libvirt-clients)",
  nft: "nftables",
  lldptool: "lldpad",
};

const missingMessage = (host: string, command: string): string => {
  const [program = command] = command.split(" ");
  return (
    `${host}: \`${program}\` ended with status 127: it is not installed. ` +
    `Install ${packages[program] ?? program} on the host. It was to run \`${command}\``
  );
};

/** A command (or the host script's own verb) ended with an error. */
export class CommandFailed extends HostError {
  readonly command: string;
  readonly status: number;
  readonly stderr: string;

  constructor(host: string, command: string, status: number, stderr: string) {
    const missing = status === 127;
    const said = stderr.trim().slice(0, maxMessage);
    super(
      missing ? "command-missing" : "command-failed",
      host,
      missing
        ? missingMessage(host, command)
        : `${host}: \`${command}\` ended with status ${status}: ${said === "" ? "(it said nothing)" : said}`,
    );
    this.command = command;
    this.status = status;
    this.stderr = stderr;
  }
}

const describe = (step: Step): string => {
  switch (step.verb) {
    case "run":
      return step.argv.join(" ") + (step.input === undefined ? "" : ` <<< ${step.input.trim()}`);
    case "read":
      return `read ${step.path}`;
    case "set":
      return `set ${step.path} to ${step.value}`;
    case "facts":
      return "observe";
    case "probe":
      return `probe ${step.nic}`;
    case "carrier":
      return `wait for the carrier of ${step.link}`;
    case "keep":
    case "forget":
    case "stage":
    case "aside":
      return `${step.verb} ${step.path}`;
    case "guard":
      return `guard ${step.links.join(" ")}`;
    case "transaction":
      return `${step.act} a transaction`;
    case "reload":
      return `have ${step.manager} read its files`;
    case "activate":
      return `have NetworkManager give ${step.link} the profile ${step.profile}`;
    case "remember":
      return step.text === undefined ? "forget what was there before" : "write down what was there before";
    case "recall":
      return "read what was there before";
    case "ifup":
      return `have ifupdown bring ${step.link} up as ${step.logical}`;
    case "ifdown":
      return `have ifupdown take ${step.link} down`;
    case "clear":
      return "remove the notes of a transaction that is over";
    case "room":
      return "see whether the disk takes files";
    case "supersede":
      return `${step.verb} ${step.pid}`;
  }
};

/** The error of the step that ended a request. */
export const commandFailed = (host: Host, steps: Request["steps"], { results, failed = 0 }: Answer): CommandFailed => {
  const step = steps[failed];
  const command = step === undefined ? "" : describe(step).slice(0, maxMessage);
  return new CommandFailed(host.name, command, results[failed]?.status ?? -1, results[failed]?.stderr ?? "");
};

/** A request whose steps all have to succeed. */
export const requestOrThrow = async (host: Host, request: Request): Promise<Answer> => {
  const answer = await host.request(request);
  if (answer.failed !== undefined) throw commandFailed(host, request.steps, answer);
  return answer;
};
