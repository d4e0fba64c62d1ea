/** Bytes that a module and its host hand to each other, by address, as the kernel of Extism lends them. */

/**
 * Between the addresses of two blocks, so that no block reaches into another; and how many there can be, so that every address is
 * exact as a JavaScript number.
 */
const blockSpan = 2 ** 32;
const mostBlocks = 2 ** 21;
/** Numbers that stay unused after a block was given back: a kit may give it back once more, when the host has done so. */
const leastFreed = 1024;

interface Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

/** The blocks of one instance. An address that is in none of them reads as zeros, and what is written there is lost. */
export class Blocks {
  /** By number; there is no block 0, since the address 0 stands for none. */
  readonly #blocks: (Block | undefined)[] = [undefined];
  readonly #freed: number[] = [];
  /** The one that was looked at last: modules copy a block from its beginning to its end. */
  #lastNumber = 0;
  #last: Block | undefined;

  /** Makes a block of zeros and gives its address; of no bytes there is no block, and the address is 0. Throws RangeError where there is no memory. */
  alloc(bytes: bigint): bigint {
    return bytes === 0n ? 0n : this.#keep(new Uint8Array(Number(BigInt.asUintN(64, bytes))));
  }

  /** Makes a block that holds these bytes; the block keeps them, so nobody else may. */
  store(bytes: Uint8Array<ArrayBuffer>): bigint {
    return bytes.byteLength === 0 ? 0n : this.#keep(bytes);
  }

  /** Gives a block back; at another address nothing happens. */
  free(address: bigint): void {
    const at = Number(address);
    const number = at / blockSpan;
    if (!Number.isInteger(number) || this.#blocks[number] === undefined) return;
    this.#blocks[number] = undefined;
    this.#freed.push(number);
    this.#lastNumber = 0;
    this.#last = undefined;
  }

  /** The length of the block that begins at the address, 0 where none does. */
  length(address: bigint): number {
    const at = Number(address);
    return at % blockSpan === 0 ? (this.#blockAt(at)?.bytes.byteLength ?? 0) : 0;
  }

  /** The bytes from an address on, a view of the block: as many as are said, else to the block's end. Undefined where they are in no block. */
  bytesAt(address: bigint, length?: bigint): Uint8Array<ArrayBuffer> | undefined {
    const at = Number(address);
    const block = this.#blockAt(at);
    if (block === undefined) return undefined;
    const from = at % blockSpan;
    const to = length === undefined ? block.bytes.byteLength : from + Number(BigInt.asUintN(64, length));
    return to > block.bytes.byteLength ? undefined : block.bytes.subarray(from, to);
  }

  loadByte(address: bigint): number {
    const at = Number(address);
    return this.#blockAt(at)?.bytes[at % blockSpan] ?? 0;
  }

  storeByte(address: bigint, value: number): void {
    const at = Number(address);
    const block = this.#blockAt(at);
    // Beyond the end of a typed array nothing is written.
    if (block !== undefined) block.bytes[at % blockSpan] = value;
  }

  /** Eight bytes, little-endian. Those beyond the block's end are zeros. */
  loadWord(address: bigint): bigint {
    const at = Number(address);
    const block = this.#blockAt(at);
    return block === undefined ? 0n : wordAt(block.view, at % blockSpan);
  }

  /** Eight bytes, little-endian. Those beyond the block's end are lost. */
  storeWord(address: bigint, value: bigint): void {
    const at = Number(address);
    const block = this.#blockAt(at);
    if (block === undefined) return;
    const from = at % blockSpan;
    if (from + 8 <= block.bytes.byteLength) block.view.setBigUint64(from, value, true);
    else
      for (let index = 0n; index < 8n; index += 1n)
        block.bytes[from + Number(index)] = Number((value >> (index * 8n)) & 255n);
  }

  #keep(bytes: Uint8Array<ArrayBuffer>): bigint {
    const freed = this.#freed.length > leastFreed ? this.#freed.shift() : undefined;
    const number = freed ?? this.#blocks.length;
    if (number >= mostBlocks) throw new RangeError('memory: no block is left');
    this.#blocks[number] = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
    return BigInt(number * blockSpan);
  }

  #blockAt(at: number): Block | undefined {
    const number = Math.floor(at / blockSpan);
    if (number !== this.#lastNumber) {
      // A negative number, as an address above 2^63 arrives, is no index.
      this.#last = this.#blocks[number];
      this.#lastNumber = number;
    }
    return this.#last;
  }
}

/** Eight bytes from `from` on, little-endian; those beyond the end are zeros. */
export function wordAt(view: DataView, from: number): bigint {
  if (from + 8 <= view.byteLength) return view.getBigUint64(from, true);
  let word = 0n;
  for (let index = view.byteLength - 1; index >= from; index -= 1) word = (word << 8n) | BigInt(view.getUint8(index));
  return word;
}

/** Bytes for a block: a copy, and of nothing else, since a pooled Buffer would hand over its neighbours' place, too. */
export function exactBytes(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
}

/** A block's bytes as text, as Extism reads names and messages. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
