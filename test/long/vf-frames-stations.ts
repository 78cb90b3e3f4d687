import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { environment } from "../../lab/command.ts";
import { Endpoint } from "../../lab/frame-endpoint.ts";
import type { Machine } from "../machines/machine.ts";

/** A link that a station sends and hears by; its network namespace, if it has one of its own. */
export interface Seat {
  readonly link: string;
  readonly netns?: string;
}

/**
 * Packet sockets (packet(7)) of the EtherType of tests, all of one process: a socket stays in the namespace that it was made in.
 * They get what the kernel hands to the link's own stack: nothing that still has a VLAN's tag. Perl is what Debian always has.
 */
const program = String.raw`
use strict;
my (@sockets, @links);
my $bits = "";
open(my $home, "<", "/proc/$$/ns/net") or die $!;
sub enter { syscall(308, fileno($_[0]), 0) == 0 or die "setns: $!" } # x86-64
while (@ARGV) {
  my ($netns, $link) = splice(@ARGV, 0, 2);
  if ($netns ne "-") { open(my $there, "<", "/run/netns/$netns") or die "$netns: $!"; enter($there) }
  socket(my $socket, 17, 3, 0xb588) or die $!; # PF_PACKET, SOCK_RAW, 0x88b5 as it is on the wire
  my $request = pack("a16 x24", $link);
  ioctl($socket, 0x8933, $request) or die "$link: $!"; # SIOCGIFINDEX
  my $index = unpack("x16 l", $request);
  bind($socket, pack("S n i x12", 17, 0x88b5, $index)) or die "$link: $!";
  ioctl($socket, 0x8927, $request) or die "$link: $!"; # SIOCGIFHWADDR
  print unpack("x18 H12", $request), "\n";
  enter($home);
  push @sockets, $socket;
  push @links, $index;
  vec($bits, fileno($socket), 1) = 1;
}
vec($bits, 0, 1) = 1;
$| = 1;
print "ready\n";
my $in = "";
for (;;) {
  select(my $ready = $bits, undef, undef, $in =~ /\n/ ? 0 : undef);
  for my $number (0 .. $#sockets) {
    next unless vec($ready, fileno($sockets[$number]), 1);
    my ($link, $type) = unpack("x4 l x2 C", recv($sockets[$number], my $frame, 2000, 0) // next);
    # For a link on this one (a VLAN's, a macvtap), or for another station (PACKET_OTHERHOST).
    next if $link != $links[$number] || $type == 3;
    print "$number ", unpack("H*", $frame), "\n";
  }
  if (vec($ready, 0, 1)) { sysread(STDIN, $in, 65536, length $in) or exit }
  if ($in =~ s/^(\d+) (\S+)\n//) { send($sockets[$1], pack("H*", $2), 0) or die "$1: $!" }
}
`;

class StationEndpoint extends Endpoint {
  readonly #write: (bytes: Uint8Array) => void;

  constructor(link: string, mac: string, write: (bytes: Uint8Array) => void) {
    super(link, mac);
    this.#write = write;
  }

  override sendBytes(frame: Uint8Array): void {
    this.#write(frame);
  }

  override async close(): Promise<void> {}

  hear(bytes: Buffer): void {
    this.arrive(bytes);
  }
}

export interface Seated {
  /** In the order that they were asked for. */
  readonly endpoints: readonly Endpoint[];
  close(): Promise<void>;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of child.stdout ?? []) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** Endpoints on links of the machine. */
export async function seat({ lab }: Machine, seats: readonly Seat[]): Promise<Seated> {
  const argv = seats.flatMap(({ netns = "-", link }) => [netns, link]);
  const [file = "", ...args] = lab.command("m1", ["perl", "-e", program, ...argv]);
  const child = spawn(file, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = linesOf(child);
  const endpoints: StationEndpoint[] = [];
  for (let line = await lines.next(); line.value !== "ready"; line = await lines.next()) {
    if (line.done) throw new Error("the packet sockets ended");
    const number = endpoints.length;
    const mac = line.value.replace(/(..)(?!$)/g, "$1:");
    const write = (bytes: Uint8Array) => child.stdin.write(`${number} ${Buffer.from(bytes).toString("hex")}\n`);
    endpoints.push(new StationEndpoint(seats[number]?.link ?? "", mac, write));
  }
  const hearing = (async () => {
    for await (const line of lines) {
      const [number = "", hex = ""] = line.split(" ");
      endpoints[Number(number)]?.hear(Buffer.from(hex, "hex"));
    }
  })();
  return {
    endpoints,
    close: async () => {
      child.stdin.end();
      await Promise.all([ended, hearing]);
    },
  };
}
