/** What came between two frames, and the words of the frame that ended it. */
export interface Frame {
  readonly body: Buffer;
  readonly words: readonly string[];
}

const newline = 0x0a;

/** Cuts a stream at lines that begin with the session's nonce (`NONCE word word…`), which nobody else knows. */
export class FrameReader {
  readonly #nonce: Buffer;
  readonly #maxBytes: number;
  #body: Buffer[] = [];
  #bodyBytes = 0;
  /** What may hold a nonce, or the beginning of one. */
  #tail: Buffer = Buffer.alloc(0);

  constructor(nonce: string, maxBytes: number) {
    this.#nonce = Buffer.from(nonce);
    this.#maxBytes = maxBytes;
  }

  /** @throws RangeError when more came between two frames than a step may print. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    this.#tail = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    for (;;) {
      const at = this.#tail.indexOf(this.#nonce);
      if (at < 0) {
        this.#keep(Math.max(0, this.#tail.length - this.#nonce.length + 1));
        return frames;
      }
      const end = this.#tail.indexOf(newline, at);
      if (end < 0) {
        this.#keep(at);
        return frames;
      }
      const words = this.#tail
        .toString("latin1", at + this.#nonce.length, end)
        .trim()
        .split(" ");
      this.#keep(at);
      frames.push({ body: Buffer.concat(this.#body), words });
      this.#body = [];
      this.#bodyBytes = 0;
      this.#tail = this.#tail.subarray(end - at + 1);
    }
  }

  /** What came since the last frame: for the message when the session ends without one. */
  rest(): string {
    return Buffer.concat([...this.#body, this.#tail]).toString();
  }

  #keep(bytes: number): void {
    if (bytes === 0) return;
    this.#body.push(this.#tail.subarray(0, bytes));
    this.#tail = this.#tail.subarray(bytes);
    this.#bodyBytes += bytes;
    if (this.#bodyBytes > this.#maxBytes) throw new RangeError(`more than ${this.#maxBytes} bytes of output`);
  }
}
