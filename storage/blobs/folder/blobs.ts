import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Digest } from '../../../schemas/index.ts';
import { hasCode } from '../../folder/failures.ts';
import { ensurePrivateFolder, syncFolder } from '../../folder/private-files.ts';
import { hexOf, relayed, verifying } from '../digest.ts';
import { diskFailure } from '../failures.ts';
import { type Incoming, prepareIncoming, receive } from '../incoming.ts';
import type { BlobRange, Blobs, StoredBlob } from '../port.ts';
import { requireRange } from '../range.ts';

/** Blobs as files of a folder, `<two digits>/<hex>`; what is still being written lies in `incoming`. */
export async function openFolderBlobs(
  { folder, alone }: { readonly folder: string; readonly alone?: boolean },
  powers: { readonly now: () => number },
): Promise<Blobs> {
  const incoming = join(folder, 'incoming');
  await prepareIncoming(incoming, { now: powers.now(), ...(alone === undefined ? {} : { alone }) });
  const fileOf = (digest: string) => {
    const hex = hexOf(digest);
    return hex === undefined ? undefined : join(folder, hex.slice(0, 2), hex);
  };
  return {
    put: (content, { expected } = {}) =>
      receive(content, { folder: incoming, expected }, (received) => moveIn(received, fileOf(received.digest) ?? '')),
    async get(digest, range) {
      if (range !== undefined) requireRange(range);
      const file = fileOf(digest);
      return file === undefined ? undefined : read(file, digest, range);
    },
    async has(digest) {
      const file = fileOf(digest);
      return file !== undefined && exists(file);
    },
    async remove(digest) {
      const file = fileOf(digest);
      if (file !== undefined) await onDisk('remove a blob', file, rm(file, { force: true }));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Puts a synced file in its place, whole; an earlier one with the same name may have been damaged. */
async function moveIn(received: Incoming, file: string): Promise<void> {
  try {
    const folder = dirname(file);
    ensurePrivateFolder(folder);
    await rename(received.file, file);
    syncFolder(folder);
    syncFolder(dirname(folder));
  } catch (cause) {
    throw diskFailure(cause, { doing: 'write a blob', file });
  }
}

async function read(file: string, digest: Digest, range: BlobRange | undefined): Promise<StoredBlob | undefined> {
  const handle = await onDisk('read a blob', file, openIfThere(file));
  if (handle === undefined) return undefined;
  try {
    const { size } = await onDisk('read a blob', file, handle.stat());
    const until = Math.min(range?.until ?? size, size);
    const from = Math.min(range?.from ?? 0, until);
    const through = range === undefined ? verifying(digest, file) : new PassThrough();
    const failure = (cause: unknown) => diskFailure(cause, { doing: 'read a blob', file });
    return { size, content: relayed(await bytesOf(handle, from, until), through, failure) };
  } catch (cause) {
    await handle.close();
    throw cause;
  }
}

/** The bytes between two positions. The handle is closed with the stream. */
async function bytesOf(handle: FileHandle, from: number, until: number): Promise<Readable> {
  if (from < until) return handle.createReadStream({ start: from, end: until - 1 });
  await handle.close();
  return Readable.from([], { objectMode: false });
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw cause;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw diskFailure(cause, { doing: 'look for a blob', file });
  }
}

async function onDisk<Result>(doing: string, file: string, action: Promise<Result>): Promise<Result> {
  try {
    return await action;
  } catch (cause) {
    throw diskFailure(cause, { doing, file });
  }
}
