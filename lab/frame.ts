/** IEEE 802 local experimental EtherType 1: no stack answers or minds it. */
export const experimental = 0x88b5;

const octets = (mac: string) => Buffer.from(mac.replaceAll(":", ""), "hex");
const text = (mac: Buffer) => mac.toString("hex").replace(/(..)(?!$)/g, "$1:");

export interface Frame {
  readonly to: string;
  readonly from: string;
  /** Default: `experimental`. */
  readonly etherType?: number;
  readonly payload: string;
}

/** The least that goes on the wire without its checksum: shorter ones are padded, as a NIC does. */
const leastLength = 60;

export function encode(frame: Frame): Buffer {
  const etherType = Buffer.alloc(2);
  etherType.writeUInt16BE(frame.etherType ?? experimental);
  const bytes = Buffer.concat([octets(frame.to), octets(frame.from), etherType, Buffer.from(frame.payload)]);
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, leastLength - bytes.length))]);
}

/** The padding is not told from zeros at a payload's end. */
export function decode(bytes: Buffer): Required<Frame> {
  return {
    to: text(bytes.subarray(0, 6)),
    from: text(bytes.subarray(6, 12)),
    etherType: bytes.readUInt16BE(12),
    payload: bytes.subarray(14).toString().replace(/\0+$/, ""),
  };
}
