import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { RemoteFiles } from './remote-files.ts';
import type { RemotePath } from './remote-path.ts';
import { blocksInOrder } from './transfer.ts';

/**
 * How a transfer knows that a file is there already, and leaves it alone: by size and time of change, as rsync does, for which it
 * sets the time of what it moves; or by size and SHA-256.
 */
export type Compare = 'time' | 'checksum';

/** Of files that are compared by time: servers keep whole seconds. */
export function sameSecond(one_ms: number, other_ms: number): boolean {
  return Math.floor(one_ms / 1000) === Math.floor(other_ms / 1000);
}

/** Lower-case hex SHA-256 of an open file's first bytes, of which there are `bytes`. */
export async function digestOf(fd: number, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes === 0) return hash.digest('hex');
  const content: AsyncIterable<Buffer> = createReadStream('', { fd, start: 0, end: bytes - 1, autoClose: false });
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}

/** The same of a file there, read over the connection; undefined where it turns out longer than `bytes`, which may be without end. */
export async function digestThere(
  files: RemoteFiles,
  path: RemotePath,
  { bytes, signal }: { readonly bytes: number; readonly signal: AbortSignal },
): Promise<string | undefined> {
  await using source = await files.open(path, 'r');
  const hash = createHash('sha256');
  let read = 0;
  const place = { from: 0, expected: bytes };
  for await (const block of blocksInOrder(place, (at, into) => source.read(at, into))) {
    signal.throwIfAborted();
    read += block.length;
    if (read > bytes) return undefined;
    hash.update(block);
  }
  return hash.digest('hex');
}
