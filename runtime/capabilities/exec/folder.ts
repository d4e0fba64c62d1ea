import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { GivenFile } from './call.ts';

/** Of a file that is read back, at most. */
const readBackLimitBytes: number = 1024 * 1024;
/** Of all of them; they cross to the guest in one frame. */
const readBackTotalBytes: number = 4 * 1024 * 1024;
/** What a folder may have in it to be removed at once. */
const fewEntries = 32;

/** The folder of one exec, outside the workspace, removed after it. */
export interface ExecFolder extends AsyncDisposable {
  readonly root: AbsolutePath;
  /** Where `files` lie; $WATERFLOW_FILES. */
  readonly files: AbsolutePath;
  /** $HOME, empty. */
  readonly home: AbsolutePath;
  /** What profile workspace sees as /tmp, /dev/shm and /etc/{passwd,group,hosts}; on disk, so that it takes no memory. */
  readonly tmp: AbsolutePath;
  readonly shm: AbsolutePath;
  readonly etc: AbsolutePath;
}

/** Who the folder must belong to, where that isn't the agent's user. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined;

/** Makes the folder `name` in `parent`. */
export function makeExecFolder(parent: AbsolutePath, name: string, owner: Owner): ExecFolder {
  // Below an absolute path.
  const root = join(parent, name) as AbsolutePath;
  mkdirSync(root, { mode: 0o700 });
  // Below an absolute path.
  const at = (part: string): AbsolutePath => join(root, part) as AbsolutePath;
  const folder = { files: at('files'), home: at('home'), tmp: at('tmp'), shm: at('shm'), etc: at('etc') };
  for (const path of Object.values(folder)) mkdirSync(path, { mode: 0o700 });
  for (const path of [root, ...Object.values(folder)]) if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  return {
    root,
    ...folder,
    async [Symbol.asyncDispose]() {
      if (Object.values(folder).every(hasFewFiles)) {
        rmSync(root, { recursive: true, force: true });
        return;
      }
      await rm(root, { recursive: true, force: true }).catch(async () => {
        // A program may have left folders that it took its own write permission from.
        await makeRemovable(root);
        await rm(root, { recursive: true, force: true });
      });
    },
  };
}

/** Whether there is so little in it that others needn't be let have their turn while it is removed. */
function hasFewFiles(folder: string): boolean {
  try {
    using entries = opendirSync(folder);
    for (let count = 0; count <= fewEntries; count += 1) {
      const entry = entries.readSync();
      if (entry === null) return true;
      if (entry.isDirectory()) return false;
    }
    return false;
  } catch {
    // The program has done something to it.
    return false;
  }
}

async function makeRemovable(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeRemovable(join(folder, entry.name));
  }
}

/** Writes a file of the exec, 0600. Its name fits the schema's pattern: no `/`, no leading dot. */
export function writeExecFile(folder: ExecFolder, file: { name: string; content: string }, owner: Owner): void {
  const path = join(folder.files, file.name);
  writeFileSync(path, file.content, { mode: 0o600, flag: 'wx' });
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
}

/** Reads back the files that ask for it; one that the program removed isn't in the answer. */
export function readExecFiles(
  folder: ExecFolder,
  files: Readonly<Record<string, GivenFile>>,
): ReadonlyMap<string, Buffer> {
  const names = Object.entries(files).flatMap(([name, file]) => (file.read === true ? [name] : []));
  // Summed up before the first of them is read: there may be a hundred.
  const sizes = names.map((name) => sizeOf(join(folder.files, name)));
  requireTotal(sizes.reduce((sum, size) => sum + size, 0));
  const contents = new Map<string, Buffer>();
  let total = 0;
  for (const name of names) {
    const content = readBounded(join(folder.files, name), name);
    if (content === undefined) continue;
    // They may have grown since.
    total += content.length;
    requireTotal(total);
    contents.set(name, content);
  }
  return contents;
}

function requireTotal(bytes: number): void {
  if (bytes <= readBackTotalBytes) return;
  throw new CallFailure(
    'LIMIT_EXCEEDED',
    `the files to read back are larger than ${readBackTotalBytes} bytes together`,
  );
}

/** Of an ordinary file, as far as it counts; whatever else is there is found out when it is read. */
function sizeOf(path: string): number {
  try {
    const stats = lstatSync(path);
    return stats.isFile() ? Math.min(stats.size, readBackLimitBytes) : 0;
  } catch {
    return 0;
  }
}

/** The program may have put anything in the file's place: a link, a FIFO, something endless. */
function readBounded(path: string, name: string): Buffer | undefined {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let fd: number;
  try {
    fd = openSync(path, flags);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw new CallFailure('FAILED', `the file \`${name}\` can't be read back: ${String(code)}`);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new CallFailure('FAILED', `the program replaced the file \`${name}\``);
    // Room for one byte more, so that the end is seen.
    let buffer = Buffer.alloc(Math.min(stats.size, readBackLimitBytes) + 1);
    let length = 0;
    for (;;) {
      const bytesRead = readSync(fd, buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (length > readBackLimitBytes) {
        throw new CallFailure('LIMIT_EXCEEDED', `the file \`${name}\` is larger than ${readBackLimitBytes} bytes`);
      }
      if (bytesRead === 0) return buffer.subarray(0, length);
      // It grew since.
      if (length === buffer.length) buffer = Buffer.concat([buffer], readBackLimitBytes + 1);
    }
  } finally {
    closeSync(fd);
  }
}
