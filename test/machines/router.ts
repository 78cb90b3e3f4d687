import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addBridgePort, type Endpoint } from "../../lab/endpoint.ts";
import type { Lab } from "../../lab/lab.ts";
import { linkLocal } from "../../lab/link-local.ts";
import { enterNetwork, enterProcesses } from "../../lab/namespace.ts";
import { addNeighbour } from "../../lab/neighbour.ts";
import { waitUntil } from "../../lab/wait-until.ts";
import { type Machine, machineTests } from "./machine.ts";

const address = "198.19.202.1";
const prefix = "2001:db8:202::";

/** The sum that ICMPv6 carries (RFC 4443 2.3, RFC 8200 8.1). */
const checksum = (...parts: readonly Buffer[]): number => {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

const octets = (mac: string) => Buffer.from(mac.replaceAll(":", ""), "hex");

const ipv6 = (text: string): Buffer => {
  const [head = "", tail = ""] = text.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const [first, last] = [words(head), words(tail)];
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
};

/** A router advertisement to all nodes (RFC 4861 4.2) with one prefix to make addresses of. */
const advertisement = (mac: string): Buffer => {
  const [from, to] = [ipv6(linkLocal(mac)), ipv6("ff02::1")];
  const information = Buffer.alloc(32);
  information.set([3, 4, 64, 0xc0]);
  information.writeUInt32BE(3600, 4);
  information.writeUInt32BE(1800, 8);
  ipv6(prefix).copy(information, 16);
  const message = Buffer.concat([
    Buffer.from([134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]),
    Buffer.from([1, 1]),
    octets(mac),
    information,
  ]);
  const pseudo = Buffer.concat([from, to, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(checksum(pseudo, message), 2);
  const header = Buffer.from([0x60, 0, 0, 0, 0, message.length, 58, 255]);
  return Buffer.concat([
    octets("33:33:00:00:00:01"),
    octets(mac),
    Buffer.from([0x86, 0xdd]),
    header,
    from,
    to,
    message,
  ]);
};

/** A router at the switch of the second uplinks: it answers, leases addresses for two minutes, and announces a prefix every second. */
export class Router {
  readonly gateway = address;
  readonly prefix = prefix;
  readonly #lab: Lab;
  readonly #folder = mkdtempSync(join(tmpdir(), "router-"));
  #server: ChildProcess | undefined;
  #announcing: { readonly endpoint: Endpoint; readonly timer: NodeJS.Timeout } | undefined;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async start(): Promise<void> {
    const link = await addNeighbour(this.#lab, 2);
    const inside = (script: string) => this.#lab.exec("switch", ["sh", "-ec", script]);
    await inside(`ip addr replace ${address}/24 dev ${link}`);
    const mac = (await inside(`cat /sys/class/net/${link}/address`)).stdout.trim();
    const endpoint = await addBridgePort(this.#lab, "switch", { port: "router", bridge: "sw2" });
    const frame = advertisement(mac);
    this.#announcing = { endpoint, timer: setInterval(() => endpoint.sendBytes(frame), 1000) };
    const lines = [
      ...["start 198.19.202.100", "end 198.19.202.199", `interface ${link}`, "min_lease 60"],
      ...[`lease_file ${join(this.#folder, "leases")}`, `pidfile ${join(this.#folder, "pid")}`],
      ...[`opt router ${address}`, "opt subnet 255.255.255.0", "opt lease 120"],
    ];
    writeFileSync(join(this.#folder, "leases"), "");
    writeFileSync(join(this.#folder, "conf"), `${lines.join("\n")}\n`);
    this.lease();
  }

  /** With this computer's files, in the switch's network; it ends with the switch. */
  lease(): void {
    if (this.#server?.exitCode === null) return;
    const namespace = this.#lab.namespace("switch");
    const server = ["busybox", "udhcpd", "-f", join(this.#folder, "conf")];
    const [program = "", ...args] = enterNetwork(namespace, enterProcesses(namespace, server));
    this.#server = spawn(program, args, { stdio: "ignore" });
  }

  async stopLeasing(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    await this.#lab.exec("switch", ["kill", readFileSync(join(this.#folder, "pid"), "utf8").trim()]);
    await waitUntil("the end of udhcpd", 10, () => (server.exitCode === null ? undefined : true));
  }

  async stop(): Promise<void> {
    clearInterval(this.#announcing?.timer);
    await this.#announcing?.endpoint.close();
    await this.stopLeasing();
    await this.#lab.exec("switch", ["ip", "link", "del", "dev", "near2"]);
    rmSync(this.#folder, { recursive: true });
  }
}

/** Tests of a machine whose second uplink has a router, from when the first of them asks for it. */
export const routedMachineTests = (name: string) => {
  let router: Router | undefined;
  const theRouter = async (machine: Machine): Promise<Router> => {
    if (router === undefined) {
      router = new Router(machine.lab);
      await router.start();
    }
    // A test that failed may have left it otherwise.
    router.lease();
    return router;
  };
  return { machineTest: machineTests(name, { ending: async () => await router?.stop() }), theRouter };
};
