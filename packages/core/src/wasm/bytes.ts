/** Bytes that are appended to: code may be megabytes long. */
export class Bytes {
  #array = new Uint8Array(256);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#array.length) this.#grow(1);
    this.#array[this.length++] = value;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer: the last byte's bit 6 is the sign. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest & 0x7fn));
  }

  /** A name is UTF-8 in the format; the names here are ASCII. */
  name(text: string): void {
    this.unsigned(text.length);
    for (const c of text) this.byte(c.charCodeAt(0));
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#array.length) this.#grow(bytes.length);
    this.#array.set(bytes, this.length);
    this.length += bytes.length;
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.#array.subarray(0, this.length);
  }

  #grow(by: number): void {
    const grown = new Uint8Array(Math.max(2 * this.#array.length, this.length + by));
    grown.set(this.#array);
    this.#array = grown;
  }
}
