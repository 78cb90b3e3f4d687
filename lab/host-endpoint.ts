import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { environment, run } from "./command.ts";
import { experimental } from "./frame.ts";
import { Endpoint } from "./frame-endpoint.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import { enter } from "./namespace.ts";

/**
 * A packet socket (packet(7)) of one EtherType on one link: it gets what the kernel hands to the host's own stack, so not what a
 * bridge or a macvtap on the link has taken. Frames go both ways with their length before them (16 bits, big-endian). Perl, since
 * Node has no such socket, and every Debian and Ubuntu has a perl.
 */
const packetSocket = `
use strict;
my ($link, $type) = @ARGV;
open(my $file, "<", "/sys/class/net/$link/ifindex") or die "$link: $!\n";
my $index = <$file>;
socket(my $socket, 17, 3, unpack("S", pack("n", $type))) or die "socket: $!\n";
bind($socket, pack("SnlSCCa8", 17, $type, $index, 0, 0, 0, "")) or die "bind: $!\n";
$| = 1;
print pack("n", 0);
my ($in, $bits) = ("", "");
vec($bits, 0, 1) = 1;
vec($bits, fileno($socket), 1) = 1;
for (;;) {
  select(my $ready = $bits, undef, undef, undef);
  if (vec($ready, fileno($socket), 1)) {
    my $from = recv($socket, my $frame, 65600, 0);
    # To another station (PACKET_OTHERHOST): the stack drops it.
    print pack("n/a*", $frame) if defined $from && unpack("x10C", $from) != 3;
  }
  if (vec($ready, 0, 1)) {
    sysread(STDIN, $in, 65536, length $in) or exit;
    while (length $in >= 2 && length $in >= 2 + unpack("n", $in)) {
      my $frame = unpack("n/a*", $in);
      substr($in, 0, 2 + length $frame) = "";
      send($socket, $frame, 0);
    }
  }
}
`;

/** An endpoint that is the host's own stack on a link: an uplink in no bridge, or a bridge. */
export async function openHost(lab: Lab, hypervisor: string, link: string): Promise<Endpoint> {
  const namespace = lab.namespace(hypervisor);
  // /sys as the namespace's own processes see it: this machine's shows this machine's links.
  const mac = (await run(enter(namespace, ["cat", `/sys/class/net/${link}/address`]))).trim();
  const [file = "", ...args] = enter(namespace, ["perl", "-e", packetSocket, link, String(experimental)]);
  const child = spawn(file, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const endpoint = new HostEndpoint(link, mac, child);
  await endpoint.ready();
  return endpoint;
}

class HostEndpoint extends Endpoint {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #buffer = Buffer.alloc(0);

  constructor(link: string, mac: string, child: ChildProcess) {
    super(link, mac);
    this.#child = child;
    this.#ended = once(child, "exit");
    child.stdout?.on("data", (chunk: Buffer) => this.#take(chunk));
    // What ended without being asked to is told by take().
    child.stdin?.on("error", () => {});
  }

  async ready(): Promise<void> {
    const { stdout } = this.#child;
    if (stdout !== null) await Promise.race([once(stdout, "data"), this.#ended]);
    this.#mustRun();
  }

  override sendBytes(frame: Uint8Array): void {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(frame.length);
    this.#child.stdin?.write(Buffer.concat([length, frame]));
  }

  override async close(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }

  protected override drain(): void {
    this.#mustRun();
  }

  #mustRun(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null)
      throw new LabError("lab_endpoint", `the packet socket on ${this.link} ended (${exitCode ?? signalCode})`);
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    while (this.#buffer.length >= 2 && this.#buffer.length >= 2 + this.#buffer.readUInt16BE()) {
      const end = 2 + this.#buffer.readUInt16BE();
      if (end > 2) this.arrive(this.#buffer.subarray(2, end));
      this.#buffer = this.#buffer.subarray(end);
    }
  }
}
