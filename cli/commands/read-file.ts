import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';

/** What is longer is no file that a command reads; /dev/zero would never end. */
export const longestFileBytes: number = 16 * 1024 * 1024;

/** A file's bytes, its first 16 MiB at most. Throws FILE_NOT_READABLE, in words and with `remedy`. */
export async function readFileBytes(terminal: Terminal, file: string, remedy: string): Promise<Buffer> {
  try {
    await using handle = await open(resolve(terminal.cwd, file));
    const chunks: Buffer[] = [];
    let length = 0;
    while (length < longestFileBytes) {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, null);
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    // node:fs rejects with nothing else.
    const cause = error as NodeJS.ErrnoException;
    const message = `cannot read ${file}: ${reasonOf(cause)}`;
    throw new WaterflowFailure({ code: 'FILE_NOT_READABLE', message, remedy, file }, { cause });
  }
}

const chunkBytes = 256 * 1024;

/** Why a file can't be read, in words. */
export function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'ENOTDIR':
      return 'a part of its path is no folder';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
      return 'this user may not read it';
    default:
      return error.code ?? error.message;
  }
}
