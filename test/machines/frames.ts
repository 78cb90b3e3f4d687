import { run } from "../../lab/command.ts";
import { encode } from "../../lab/frame.ts";
import { portName } from "../../lab/links.ts";
import { enterNetwork } from "../../lab/namespace.ts";
import { type Machine, uplink } from "./machine.ts";

/** Sends a frame by a link and prints the links that get it, each once for each time. Perl is what Debian always has. */
const program = String.raw`
use strict; use Socket;
my ($from, $hex, @links) = @ARGV;
my ($frame, %sockets) = (pack("H*", $hex));
sub address { open(my $file, "<", "/sys/class/net/$_[0]/ifindex") or die "$_[0]: $!"; pack("S n i x12", 17, $_[1], <$file>) }
for (@links) {
  socket($sockets{$_}, 17, 3, 0x0300) or die $!; # PF_PACKET, SOCK_RAW, ETH_P_ALL
  bind($sockets{$_}, address($_, 3)) or die "$_: $!";
}
socket(my $out, 17, 3, 0) or die $!;
send($out, $frame, 0, address($from, 0x88b5)) or die "$from: $!";
for (1 .. 6) {
  my $ready = "";
  vec($ready, fileno($_), 1) = 1 for values %sockets;
  next unless select($ready, undef, undef, 0.05) > 0;
  for (@links) {
    next unless vec($ready, fileno($sockets{$_}), 1);
    my $sender = recv($sockets{$_}, my $got, 2000, 0);
    # Not the one that goes out (PACKET_OUTGOING), and the payload is this one's.
    print "$_\n" if unpack("x10 C", $sender) != 4 and substr($got, 14) eq substr($frame, 14);
  }
}
`;

let sent = 0;

/** Sends a frame by a link of the machine; returns those of `links` that got it. */
export async function sendFrame(
  machine: Machine,
  frame: { readonly by: string; readonly from: string; readonly to: string },
  links: readonly string[],
): Promise<string[]> {
  sent += 1;
  const hex = encode({ from: frame.from, to: frame.to, payload: `frame ${sent}` }).toString("hex");
  const { status, stdout, stderr } = await machine.lab.exec("m1", ["perl", "-e", program, frame.by, hex, ...links]);
  if (status !== 0) throw new Error(stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

const port = portName("m1", uplink);

/** Counts what the switch hears from the machine, of the EtherType that `sendFrame` sends. */
export async function countAtSwitch(machine: Machine): Promise<() => Promise<number>> {
  const nft = (...args: string[]) => enterNetwork(machine.lab.namespace("switch"), ["nft", ...args]);
  const table = `table netdev heard {
    chain ingress { type filter hook ingress device "${port}" priority 0
      ether type 0x88b5 counter
    }
  }`;
  await run(nft("-f", "-"), { input: table });
  return async () => Number(/packets (\d+)/.exec(await run(nft("list", "table", "netdev", "heard")))?.[1]);
}

export const macOf = (machine: Machine, link: string): Promise<string> =>
  machine.sh(`cat /sys/class/net/${link}/address`);
