/** As much of the binary format of WebAssembly (core specification 2.0, chapter 5) as a snapshot rewrites. */

/** `\0asm`, version 1. */
export const preamble: Uint8Array = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/** Section ids. */
export const sectionIds = {
  custom: 0,
  memory: 5,
  exports: 7,
  start: 8,
  data: 11,
  dataCount: 12,
} as const;

/** A section of a module: its id and the bytes behind its length. */
export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

/** Reads bytes one after the other. Throws RangeError past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw new RangeError('the module ends in the middle of something');
    this.#position += 1;
    return byte;
  }

  /** An unsigned number of at most 32 bits, LEB128. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  take(length: number): Uint8Array {
    const end = this.#position + length;
    if (end > this.#bytes.length) throw new RangeError('the module ends in the middle of something');
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }
}

/** The sections of a module, in their order. Throws RangeError for what isn't one. */
export function sectionsOf(module: Uint8Array): readonly Section[] {
  if (!Buffer.from(module.subarray(0, preamble.length)).equals(preamble)) throw new RangeError('it is no module');
  const reader = new ByteReader(module, preamble.length);
  const sections: Section[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    sections.push({ id, body: reader.take(reader.unsigned()) });
  }
  return sections;
}

/** A whole module of these sections. */
export function moduleOf(sections: readonly Section[]): Uint8Array {
  const parts = sections.flatMap(({ id, body }) => [Uint8Array.of(id), unsigned(body.length), body]);
  return Buffer.concat([preamble, ...parts]);
}

/** A custom section: a name and bytes that mean something to whoever knows the name. */
export function customSection(name: string, content: Uint8Array): Section {
  const bytes = Buffer.from(name);
  return { id: sectionIds.custom, body: Buffer.concat([unsigned(bytes.length), bytes, content]) };
}

/** LEB128 of a number from 0 to 2^32 - 1. */
export function unsigned(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** Signed LEB128 of a number from 0 to 2^31 - 1, as `i32.const` has it. */
export function signed(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    // The sign is bit 6 of the last byte.
    if (rest === 0 && (low & 64) === 0) return Uint8Array.from([...bytes, low]);
    bytes.push(low | 128);
  }
}
