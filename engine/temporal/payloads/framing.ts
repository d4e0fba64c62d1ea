import type { Payload } from '@temporalio/common';

/** How many bytes tell how long the head is. */
const lengthBytes = 4;

/** A payload as bytes: the length of its head (32 bits, big-endian), the head (metadata as JSON, values in base64), its data. */
export function toBytes({ metadata, data }: Payload): Uint8Array {
  const entries = Object.entries(metadata ?? {});
  const head = Buffer.from(
    JSON.stringify(Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value).toString('base64')]))),
  );
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(head.length);
  // Of an empty result of an update the SDK gives a list without elements (1.24), whatever the type says.
  return Buffer.concat([length, head, Uint8Array.from(data ?? [])]);
}

/** The payload of such bytes. A SyntaxError or RangeError for others. */
export function fromBytes(bytes: Uint8Array): Payload {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = lengthBytes + buffer.readUInt32BE(0);
  if (end > buffer.length) throw new RangeError('the head is longer than the whole');
  const head: unknown = JSON.parse(buffer.toString('utf8', lengthBytes, end));
  if (typeof head !== 'object' || head === null) throw new SyntaxError('the head is no object');
  const metadata = Object.fromEntries(
    Object.entries(head).map(([key, value]) => [key, Uint8Array.from(Buffer.from(String(value), 'base64'))]),
  );
  return { metadata, data: Uint8Array.from(buffer.subarray(end)) };
}

/** An entry of a payload's metadata as text; undefined where there is none. */
export function textOf({ metadata }: Payload, key: string): string | undefined {
  const value = metadata?.[key];
  return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8');
}
