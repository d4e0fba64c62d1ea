import { constants, createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import { isCorrupt } from '../../storage/folder/failures.ts';

/** With how many bytes a database of SQLite begins, and which (https://www.sqlite.org/fileformat.html). */
const magic = 'SQLite format 3\0';
/** How long a database waits for another process, in ms. */
const busyTimeoutMs = 30_000;
/** So many pages at a time: all, since whoever writes between two steps has a backup begin anew. */
const allPages = 2 ** 31 - 1;

/**
 * Copies a file that others may be writing to as it is at one moment: a database with its WAL, by SQLite's own online backup; of any other
 * file the bytes that it has now. What is copied isn't changed. Throws what node:fs throws.
 */
export async function copyAsItIs(file: string, target: string): Promise<{ readonly mode: number }> {
  const { mode, isDatabase } = await look(file);
  if (isDatabase && (await copyDatabase(file, target))) return { mode };
  await copyBytes(file, target);
  return { mode };
}

async function look(file: string): Promise<{ readonly mode: number; readonly isDatabase: boolean }> {
  await using handle = await openPlain(file);
  const { mode } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
  return { mode, isDatabase: file.endsWith('.sqlite') && buffer.toString('latin1', 0, bytesRead) === magic };
}

/** False where it is damaged: its bytes are then worth more than nothing. */
async function copyDatabase(file: string, target: string): Promise<boolean> {
  // The handle above is closed by now: a process that closes a descriptor of a database loses its locks on it.
  const source = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs });
  try {
    await backup(source, target, { rate: allPages });
    return true;
  } catch (cause) {
    if (isCorrupt(cause)) return false;
    throw cause;
  } finally {
    source.close();
  }
}

async function copyBytes(file: string, target: string): Promise<void> {
  const handle = await openPlain(file);
  const { size } = await handle.stat();
  if (size === 0) {
    await handle.close();
    await writeFile(target, '', { mode: 0o600 });
    return;
  }
  // What is written behind that comes with the next backup.
  await pipeline(handle.createReadStream({ start: 0, end: size - 1 }), createWriteStream(target, { mode: 0o600 }));
}

/** Neither a link nor something that waits for a writer. */
function openPlain(file: string): ReturnType<typeof open> {
  return open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
