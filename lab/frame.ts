/** IEEE 802 local experimental EtherType 1: no stack answers or minds it. */
export const experimental = 0x88b5;

const octets = (mac: string) => Buffer.from(mac.replaceAll(":", ""), "hex");
const text = (mac: Buffer) => mac.toString("hex").replace(/(..)(?!$)/g, "$1:");

const short = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

export interface Frame {
  readonly to: string;
  readonly from: string;
  /** Default: `experimental`. */
  readonly etherType?: number;
  readonly payload: string;
  /** The VLAN of its tag (802.1Q), 0 to 4094. Left out: it has none. */
  readonly vlan?: number | undefined;
}

/** A frame as it came. */
export interface Arrived extends Frame {
  readonly etherType: number;
}

/** The EtherType of a tag. */
const tagged = 0x8100;

/** The least that goes on the wire without its checksum: shorter ones are padded, as a NIC does. */
const leastLength = 60;

export function encode(frame: Frame): Buffer {
  const { vlan, etherType = experimental } = frame;
  const header = [...(vlan === undefined ? [] : [tagged, vlan]), etherType].map(short);
  const bytes = Buffer.concat([octets(frame.to), octets(frame.from), ...header, Buffer.from(frame.payload)]);
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, leastLength - bytes.length))]);
}

/** The padding is not told from zeros at a payload's end. */
export function decode(bytes: Buffer): Arrived {
  const isTagged = bytes.readUInt16BE(12) === tagged;
  const rest = bytes.subarray(isTagged ? 16 : 12);
  return {
    to: text(bytes.subarray(0, 6)),
    from: text(bytes.subarray(6, 12)),
    ...(isTagged && { vlan: bytes.readUInt16BE(14) & 0xfff }),
    etherType: rest.readUInt16BE(0),
    payload: rest.subarray(2).toString().replace(/\0+$/, ""),
  };
}
