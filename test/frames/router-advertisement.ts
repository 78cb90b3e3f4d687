const hex = (text: string) => Buffer.from(text.replaceAll(/[^0-9a-f]/g, ""), "hex");

/** The internet checksum (RFC 1071) of an ICMPv6 message with its pseudo-header (RFC 8200, section 8.1). */
const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += bytes.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

/** An Ethernet frame with a router advertisement to all nodes: a default route by fe80::bad and the prefix 2001:db8::/64 (RFC 4861). */
export const routerAdvertisement = (from: string): Buffer => {
  const source = hex("fe80 0000 0000 0000 0000 0000 0000 0bad");
  const allNodes = hex("ff02 0000 0000 0000 0000 0000 0000 0001");
  const prefix = Buffer.concat([
    hex("03 04 40 c0 00015180 00003840 00000000"),
    hex("2001 0db8 0000 0000 0000 0000 0000 0000"),
  ]);
  const message = Buffer.concat([hex("86 00 0000 40 00 0708 00000000 00000000"), prefix]);
  const pseudo = Buffer.concat([source, allNodes, hex("00000000 000000 3a")]);
  pseudo.writeUInt32BE(message.length, 32);
  message.writeUInt16BE(checksum(Buffer.concat([pseudo, message])), 2);
  const header = Buffer.concat([hex("60000000 0000 3a ff"), source, allNodes]);
  header.writeUInt16BE(message.length, 4);
  return Buffer.concat([hex("33 33 00 00 00 01"), hex(from), hex("86dd"), header, message]);
};
