import { encode } from "../../lab/frame.ts";
import type { Machine } from "../machines/machine.ts";

/** Sends frames as fast as the link takes them. One that finds no room is not sent again. */
const program = `
use strict; use Socket;
my ($link, $hex, $count) = @ARGV;
open(my $file, "<", "/sys/class/net/$link/ifindex") or die "$link: $!";
socket(my $out, 17, 3, 0) or die $!; # PF_PACKET, SOCK_RAW
my $address = pack("S n i x12", 17, 0x88b5, <$file>);
my $frame = pack("H*", $hex);
send($out, $frame, 0x40, $address) for 1 .. $count; # MSG_DONTWAIT
`;

/** Sends that many frames of 1000 bytes by a macvtap, as its guest would; returns the bytes that left by it. */
export async function flood(machine: Machine, macvtap: string, count: number): Promise<number> {
  const sentBy = async () => Number(await machine.sh(`cat /sys/class/net/${macvtap}/statistics/tx_bytes`));
  const from = await machine.sh(`cat /sys/class/net/${macvtap}/address`);
  const hex = encode({ from, to: "52:54:00:00:00:99", payload: "x".repeat(986) }).toString("hex");
  const before = await sentBy();
  const { status, stderr } = await machine.lab.exec("m1", ["perl", "-e", program, macvtap, hex, String(count)]);
  if (status !== 0) throw new Error(stderr);
  // What waits in the queue is still to leave.
  await machine.sh(
    `until tc -s qdisc show dev ${macvtap} root | grep -q 'backlog 0b 0p' || ! tc qdisc show dev ${macvtap} root | grep -q htb; do sleep 0.1; done`,
  );
  return (await sentBy()) - before;
}
