import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import { refused } from '../packages/refused.ts';
import type { RegistrySource } from './ports.ts';

/** A registry in a folder: of a disk, a share, a USB stick. */
export function folderSource(folder: AbsolutePath): RegistrySource {
  return {
    location: folder,
    read: async (path, most) => {
      try {
        // O_NONBLOCK: a FIFO in its place must not hold anybody up.
        await using file = await open(
          join(folder, path),
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        );
        if (!(await file.stat()).isFile()) throw refused('REGISTRY_UNREACHABLE', `${folder}/${path} is no file`);
        return await firstBytes(file, most + 1);
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause) {
          if (cause.code === 'ENOENT') return undefined;
          throw refused('REGISTRY_UNREACHABLE', `${folder}/${path} can't be read: ${String(cause.code)}`, cause);
        }
        throw cause;
      }
    },
  };
}

async function firstBytes(file: Awaited<ReturnType<typeof open>>, most: number): Promise<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.min(size, most));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
