/**
 * The frames between the agent and a sandbox host: `u32 total | u32 header length | header JSON | body`, little-endian.
 * The header is a small JSON object with `v` (version) and `t` (tag); the body is bytes that only their receiver reads
 * (JSON text of inputs, arguments, answers; a WASM module), so that nothing is encoded twice.
 *
 * This file is shared by both sides and runs in the sandbox host from a copy: it imports nothing.
 */

/** The version that both sides speak; they ship together, so another one is a broken installation. */
const wireVersion = 1;

/** Headers are tags and numbers; capability and operation names are cut to {@link nameCharacters}. */
export const headerBytesLimit: number = 16 * 1024;
/** Most characters of a capability's or an operation's name. */
export const nameCharacters = 200;

/** Arguments of one host call. Bulk data goes through workspace files, so this is generous. */
export const callBytesLimit: number = 8 * 1024 * 1024;

/** Calls that a sandbox host leaves open before it takes an answer first: bounds what the agent buffers for it. */
export const openCallsLimit = 128;

/** One frame as received. `body` is a view into the reader's memory, valid as long as anyone holds it. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

/** The peer sent something that isn't this protocol. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/** Bytes before the header: total length and header length. */
const prefixBytes = 8;

/** Makes a frame's bytes. `total` counts what follows its own four bytes. */
export function encodeFrame(header: Readonly<Record<string, unknown>>, body?: Uint8Array | string): Uint8Array {
  const head = Buffer.from(JSON.stringify({ v: wireVersion, ...header }));
  const bodyBytes = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const frame = Buffer.allocUnsafe(prefixBytes + head.byteLength + bodyBytes);
  frame.writeUInt32LE(4 + head.byteLength + bodyBytes, 0);
  frame.writeUInt32LE(head.byteLength, 4);
  frame.set(head, prefixBytes);
  if (typeof body === 'string') frame.write(body, prefixBytes + head.byteLength);
  else if (body !== undefined) frame.set(body, prefixBytes + head.byteLength);
  return frame;
}

/** Cuts a byte stream into frames, whatever its chunks. Throws {@link WireError} before it buffers more than the limit. */
export class FrameReader {
  readonly #bodyBytesLimit: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(bodyBytesLimit: number) {
    this.#bodyBytesLimit = bodyBytesLimit;
  }

  /** The frames that `chunk` completes, in order. */
  push(chunk: Uint8Array): readonly Frame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    if (this.#bytes < prefixBytes) return undefined;
    const start = this.#peek(prefixBytes);
    const total = start.readUInt32LE(0);
    const headerBytes = start.readUInt32LE(4);
    if (headerBytes > headerBytesLimit) throw new WireError(`a header of ${headerBytes} bytes`);
    if (total < 4 + headerBytes) throw new WireError(`a frame of ${total} bytes with a header of ${headerBytes}`);
    if (total > 4 + headerBytes + this.#bodyBytesLimit) throw new WireError(`a frame of ${total} bytes`);
    if (this.#bytes < 4 + total) return undefined;
    const frame = this.#take(4 + total);
    const header = parseHeader(frame.subarray(prefixBytes, prefixBytes + headerBytes));
    return { header, body: frame.subarray(prefixBytes + headerBytes) };
  }

  #peek(bytes: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.byteLength >= bytes) return bufferOver(first);
    this.#join();
    return this.#peek(bytes);
  }

  #take(bytes: number): Buffer {
    if ((this.#chunks[0]?.byteLength ?? 0) < bytes) this.#join();
    const joined = bufferOver(this.#chunks[0] ?? new Uint8Array());
    this.#bytes -= bytes;
    if (joined.byteLength === bytes) this.#chunks.shift();
    else this.#chunks[0] = joined.subarray(bytes);
    return joined.subarray(0, bytes);
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}

/** The text of a body, without a copy of its bytes: they may be megabytes. */
export function textOf(body: Uint8Array): string {
  return bufferOver(body).toString();
}

/** Shares the bytes. Buffer's own searches take a fraction of the time that Uint8Array's take. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parseHeader(bytes: Buffer): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString());
  } catch {
    throw new WireError('a header that is no JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new WireError('a header that is no object');
  }
  if (!('v' in header) || header.v !== wireVersion) throw new WireError('a frame of another version');
  return header;
}
