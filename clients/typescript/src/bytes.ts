/** Bytes: hex, and the canonical encoding (borsh) with every length bounded. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** The bytes of hexadecimal digits; of exactly `length` bytes where it is given. */
export function fromHex(text: string, length?: number): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text) || (length !== undefined && text.length !== 2 * length)) {
    const wanted = length === undefined ? 'an even number of' : String(2 * length);
    throw new RangeError(`expected ${wanted} hexadecimal digits, got ${JSON.stringify(text.slice(0, 80))}`);
  }
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** All parts, one after the other. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Whether both are the same bytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Eight bytes, the largest first. */
export function be64(value: bigint): Uint8Array {
  return le64(value).reverse();
}

/** Eight bytes, the smallest first. */
export function le64(value: bigint): Uint8Array {
  if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} is no number of 64 bits`);
  return Uint8Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** Seven bits in each byte, the smallest first, as consensus and storage write lengths and counters. */
export function varint(value: bigint): Uint8Array {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 0x7fn) | 0x80);
  }
}

/** `length(domain) ‖ domain ‖ message`: what every signature of the network is made over. */
export function domained(domain: Uint8Array, message: Uint8Array): Uint8Array {
  return concat(varint(BigInt(domain.length)), domain, message);
}

/** Writes canonical bytes. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.#number(value, 1);
  }

  u32(value: number): this {
    return this.#number(value, 4);
  }

  u64(value: bigint): this {
    return this.fixed(le64(value));
  }

  /** Bytes whose number the reader knows. */
  fixed(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** Bytes after their number. */
  data(bytes: Uint8Array, max: number): this {
    if (bytes.length > max) throw new RangeError(`${bytes.length} bytes, where at most ${max} are allowed`);
    return this.u32(bytes.length).fixed(bytes);
  }

  /** All that was written. */
  done(): Uint8Array {
    return concat(...this.#parts);
  }

  #number(value: number, length: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
      throw new RangeError(`${value} is no number of ${8 * length} bits`);
    }
    return this.fixed(Uint8Array.from({ length }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256));
  }
}

/** Reads canonical bytes, and nothing else: another form of a value is an error. */
export class Reader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  fixed(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.bytes.length) throw new RangeError('the bytes end too early');
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  u8(): number {
    return Number(this.#little(1));
  }

  u16(): number {
    return Number(this.#little(2));
  }

  u32(): number {
    return Number(this.#little(4));
  }

  u64(): bigint {
    return this.#little(8);
  }

  /** The largest byte first. */
  be64(): bigint {
    return this.fixed(8).reduce((all, byte) => (all << 8n) | BigInt(byte), 0n);
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8();
      if (byte === 0 && shift > 0n) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (value >= 1n << 64n) break;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of variable length is malformed');
  }

  /** Bytes after their number, of which there are at most `max`. */
  data(max: number): Uint8Array {
    return this.fixed(this.#length(max));
  }

  text(max: number): string {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.data(max));
  }

  list<T>(max: number, read: () => T): T[] {
    return Array.from({ length: this.#length(max) }, read);
  }

  option<T>(read: () => T): T | null {
    return this.tag(2) === 0 ? null : read();
  }

  /** One of so many variants. */
  tag(variants: number): number {
    const tag = this.u8();
    if (tag >= variants) throw new RangeError(`variant ${tag} does not exist`);
    return tag;
  }

  /** The word at the place that is read. */
  word<W extends string>(words: readonly W[]): W {
    return words[this.tag(words.length)] as W;
  }

  /** To be called at the end: nothing may follow. */
  end(): void {
    if (this.#at !== this.bytes.length) throw new RangeError(`${this.bytes.length - this.#at} bytes too many`);
  }

  #length(max: number): number {
    const length = this.u32();
    if (length > max) throw new RangeError(`${length} bytes or entries, where at most ${max} are allowed`);
    return length;
  }

  #little(length: number): bigint {
    return this.fixed(length).reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);
  }
}

/** Reads all of the bytes as one value. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}
