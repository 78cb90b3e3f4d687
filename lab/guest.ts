import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { type ChannelResult, type CommandChannel, commandChannel } from "./command-channel.ts";
import { guestImage } from "./guest-image.ts";
import { channelInside, type GuestOptions, guestXml } from "./guest-xml.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { enter } from "./namespace.ts";
import { waitUntil } from "./wait-until.ts";

/** A small Linux in a domain of a hypervisor's: it has the NICs that it is given and runs what it is told. */
export interface Guest {
  readonly name: string;
  readonly hypervisor: string;
  /** Runs a line of busybox shell. */
  run(command: string, options?: { readonly seconds?: number }): Promise<ChannelResult>;
  /** The guest's name of the NIC with that MAC, once it is there. */
  nic(mac: string): Promise<string>;
  /** Gives the NIC with that MAC an address (`10.0.0.1/24`) in place of those it has. */
  addressOn(mac: string, address: string): Promise<void>;
  /** Tells the NIC with that MAC another station's address and MAC, so that it need not ask for it. */
  knows(mac: string, other: { readonly address: string; readonly mac: string }): Promise<void>;
  /** Is it answered within a second? `from`: the MAC of the NIC to send by; broadcast and multicast addresses too. */
  ping(address: string, options?: { readonly from?: string }): Promise<boolean>;
  /** Frees the channel for another process. The guest runs on. */
  close(): void;
}

const inside = (lab: Lab, hypervisor: string, argv: readonly string[]) => run(enter(lab.namespace(hypervisor), argv));

/** Defines a domain, shut off. */
export async function defineGuest(
  lab: Lab,
  hypervisor: string,
  name: string,
  options: GuestOptions = {},
): Promise<void> {
  if (!/^[a-z0-9-]{1,24}$/.test(name))
    throw new LabError("lab_guest", `${name}: a guest's name is 1–24 of a–z, 0–9 and -`);
  const guests = join(lab.namespace(hypervisor).folder, "run/guests");
  mkdirSync(guests, { recursive: true });
  // By file: virsh opens what it is given by path, which standard input does not allow where it is a socket.
  writeFileSync(join(guests, `${name}.xml`), guestXml(name, await guestImage(), options));
  await inside(lab, hypervisor, ["virsh", "define", `/run/guests/${name}.xml`]);
}

/** Defines a domain, starts it, and waits until it answers. */
export async function startGuest(
  lab: Lab,
  hypervisor: string,
  name: string,
  options: GuestOptions = {},
): Promise<Guest> {
  await defineGuest(lab, hypervisor, name, options);
  await inside(lab, hypervisor, ["virsh", "start", name]);
  return await openGuest(lab, hypervisor, name);
}

/** A guest that runs, or is about to: waits until it answers. */
export async function openGuest(lab: Lab, hypervisor: string, name: string): Promise<Guest> {
  const state = await inside(lab, hypervisor, ["virsh", "domstate", name]);
  if (state.trim() !== "running")
    throw new LabError("lab_guest", `the guest ${name} on ${hypervisor} is ${state.trim()}`);
  const channel = commandChannel(join(lab.namespace(hypervisor).folder, channelInside(name)));
  await channel.untilListening(`the guest ${name} on ${hypervisor}`, 300);
  return new LabGuest(name, hypervisor, channel);
}

class LabGuest implements Guest {
  readonly name: string;
  readonly hypervisor: string;
  readonly #channel: CommandChannel;

  constructor(name: string, hypervisor: string, channel: CommandChannel) {
    this.name = name;
    this.hypervisor = hypervisor;
    this.#channel = channel;
  }

  async run(command: string, { seconds = 30 }: { readonly seconds?: number } = {}): Promise<ChannelResult> {
    const result = await this.#channel.ask(command, seconds);
    if (result === undefined)
      throw new LabError(
        "lab_guest",
        `${this.name} on ${this.hypervisor} did not end "${command}" within ${seconds} s`,
      );
    return result;
  }

  nic(mac: string): Promise<string> {
    return waitUntil(`a NIC ${mac} in ${this.name}`, 10, async () => {
      const { stdout } = await this.run("cd /sys/class/net; for nic in *; do echo $nic $(cat $nic/address); done");
      return new Map(stdout.split("\n").map((line) => [line.split(" ")[1], line.split(" ")[0]])).get(mac.toLowerCase());
    });
  }

  async addressOn(mac: string, address: string): Promise<void> {
    const nic = await this.nic(mac);
    const { status, stdout } = await this.run(
      `ip addr flush dev ${nic} scope global && ip addr add ${address} dev ${nic}`,
    );
    if (status !== 0) throw new LabError("lab_guest", `${this.name}: ${address} on ${nic}: ${stdout.trim()}`);
  }

  async knows(mac: string, other: { readonly address: string; readonly mac: string }): Promise<void> {
    const nic = await this.nic(mac);
    const { status, stdout } = await this.run(`arp -i ${nic} -s ${other.address} ${other.mac}`);
    if (status !== 0) throw new LabError("lab_guest", `${this.name}: ${other.address} on ${nic}: ${stdout.trim()}`);
  }

  async ping(address: string, { from }: { readonly from?: string } = {}): Promise<boolean> {
    const by = from === undefined ? "" : `-I ${await this.nic(from)}`;
    return (await this.run(`ping -q -c 1 -W 1 ${by} ${address}`)).status === 0;
  }

  close(): void {
    this.#channel.close();
  }
}
