import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../schemas/index.ts';
import { ensurePrivateFolder } from '../folder/private-files.ts';
import { digestOf } from './digest.ts';
import { diskFailure, unexpectedContent } from './failures.ts';
import type { BlobInfo } from './port.ts';

/** What was left behind by a process that died is removed once nobody can be writing it any more: content that stops coming is given up. */
const abandonedAfterMs = 3_600_000;

/** Content on its way into a store: read to its end, and synced. */
export interface Incoming extends BlobInfo {
  readonly file: string;
}

/** Makes the folder, and removes what is abandoned in it: all of it where nobody else can be writing there. */
export async function prepareIncoming(
  folder: string,
  { now, alone = false }: { readonly now: number; readonly alone?: boolean },
): Promise<void> {
  try {
    ensurePrivateFolder(folder);
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      // Another server that shares the folder may remove the same.
      const { mtimeMs } = (await stat(file).catch(() => undefined)) ?? { mtimeMs: now };
      if (alone || now - mtimeMs > abandonedAfterMs) await rm(file, { force: true });
    }
  } catch (cause) {
    throw diskFailure(cause, { doing: 'prepare the folder of incoming blobs', file: folder });
  }
}

/**
 * Writes content to a file of its own in that folder, and gives it to `keep`, which may move it away; otherwise it is removed.
 * What the content throws is passed on.
 */
export async function receive(
  content: AsyncIterable<Uint8Array>,
  at: { readonly folder: string; readonly expected: Digest | undefined },
  keep: (incoming: Incoming) => Promise<void>,
): Promise<BlobInfo> {
  const file = join(at.folder, randomUUID());
  const onDisk = <Result>(action: Promise<Result>) =>
    action.catch((cause: unknown) => {
      throw diskFailure(cause, { doing: 'write a blob', file });
    });
  try {
    const handle = await onDisk(open(file, 'wx', 0o600));
    let info: BlobInfo;
    try {
      info = await copy(content, (chunk) => onDisk(writeAll(handle, chunk)));
      await onDisk(handle.sync());
    } finally {
      await handle.close();
    }
    const { digest, size } = info;
    if (at.expected !== undefined && at.expected !== digest) throw unexpectedContent(at.expected, digest);
    await keep({ file, digest, size });
    return { digest, size };
  } finally {
    await rm(file, { force: true });
  }
}

async function copy(
  content: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.byteLength;
    await write(chunk);
  }
  return { digest: digestOf(hash), size };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; ) offset += (await handle.write(bytes, offset)).bytesWritten;
}
