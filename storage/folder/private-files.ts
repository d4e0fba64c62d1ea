import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { hasCode } from './failures.ts';

/** Runs hold inputs, outputs and logs: nobody but their owner reads them. */
const privateFolder = 0o700;
const privateFile = 0o600;

/** Makes a folder that only its owner may enter. EEXIST if it is there. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { mode: privateFolder });
}

/** Makes a folder and those above it; those that are there keep their modes. */
export function ensurePrivateFolder(path: string): void {
  if (existsSync(path)) {
    // A file in its place is an error of whoever opens something in it.
    return;
  }
  // One by one: `recursive` of Node 24 never ends where a folder that exists can't hold others, as in /proc.
  if (dirname(path) !== path) ensurePrivateFolder(dirname(path));
  try {
    makePrivateFolder(path);
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw cause;
  }
}

/** Makes an empty file that only its owner may read, if it isn't there. SQLite gives its -wal and -shm the same mode. */
export function ensurePrivateFile(path: string): void {
  closeSync(openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, privateFile));
}

/** Writes a whole file in place; synced if `durable`. */
export function writePrivateFile(path: string, content: string | Uint8Array, options: { durable: boolean }): void {
  const descriptor = openSync(path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, privateFile);
  try {
    ftruncateSync(descriptor, 0);
    writeAll(descriptor, typeof content === 'string' ? Buffer.from(content) : content);
    if (options.durable) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
}

/** The file's text; undefined where there is no such file. */
export function readTextIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw cause;
  }
}

/** Makes what is in a file durable. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes names that were added to or removed from a folder durable. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
