import { closeSync, constants as open, readdirSync, readSync } from 'node:fs';
import { type AbsolutePath, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import type { Entry, Folder } from '../capabilities/fs/folder.ts';
import { openWorkspace } from '../capabilities/fs/workspace.ts';

/** A file of a plugin folder, read once: what was hashed is what runs. */
export interface PluginFile {
  /** `/`-separated, within the folder, in Unicode's composed form (NFC), so that it is the same on every machine. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly executable: boolean;
}

/** All files of a plugin folder together. */
export const maxFolderBytes: number = 64 * 1024 ** 2;
/** Of a plugin folder. */
export const maxFiles: number = 10_000;
/** Folders in folders, of a plugin folder. */
export const maxFolderDepth: number = 32;

/** What a working copy holds beside the plugin: not read, and not a part of its identity. */
export const excludedNames: ReadonlySet<string> = new Set(['.git', 'node_modules']);
/**
 * A file by which a folder in a plugin's says that all in it can be made again, as cargo's `target` does (Cache Directory Tagging
 * Specification, bford.info/cachedir): that folder is left out, too.
 */
export const cacheTagFile = 'CACHEDIR.TAG';
/** What such a file begins with. */
export const cacheTag = 'Signature: 8a477f597d28d172789f06886806bc55';

/**
 * Reads a plugin's folder, sorted by path. A link, a device, a FIFO or a file that can't be named the same everywhere is
 * PLUGIN_INVALID: nothing outside the folder may become part of a plugin.
 */
export function readPluginFolder(path: AbsolutePath): readonly PluginFile[] {
  const reading: Reading = { files: [], bytes: 0 };
  try {
    using folder = openWorkspace(path);
    readFolder(folder, [], reading);
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    throw pluginInvalid(
      path,
      `the folder can't be read (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
  return sortByPath(reading.files);
}

/** A PLUGIN_INVALID failure about a file of a plugin. */
export function pluginInvalid(file: string, message: string, cause?: unknown): WaterflowFailure {
  const error: WaterflowError = {
    code: 'PLUGIN_INVALID',
    message: `${file}: ${message}`,
    remedy: 'A plugin is a folder with plugin.yaml and its code, of ordinary files and folders only.',
    file,
  };
  return new WaterflowFailure(error, { cause });
}

interface Reading {
  readonly files: PluginFile[];
  bytes: number;
}

function readFolder(folder: Folder, names: readonly string[], reading: Reading): void {
  if (names.length > maxFolderDepth)
    throw pluginInvalid(names.join('/'), `folders go down more than ${maxFolderDepth} levels`);
  for (const name of readdirSync(folder.path)) {
    if (excludedNames.has(name)) continue;
    const path = [...names, name].join('/');
    using entry = folder.entry(name);
    if (entry === undefined) throw pluginInvalid(path, 'it vanished while it was read, or its name is not UTF-8');
    if (entry.stats.isDirectory()) {
      using child = entry.intoFolder();
      if (!isCache(child)) readFolder(child, [...names, name], reading);
    } else if (entry.stats.isFile()) addFile(path, entry, reading);
    else if (entry.stats.isSymbolicLink()) throw pluginInvalid(path, 'it is a symbolic link');
    else throw pluginInvalid(path, 'it is neither a file nor a folder');
  }
}

function isCache(folder: Folder): boolean {
  using tag = folder.entry(cacheTagFile);
  if (tag === undefined || !tag.stats.isFile()) return false;
  const fd = tag.open(open.O_RDONLY);
  try {
    const start = Buffer.alloc(cacheTag.length);
    return readSync(fd, start, 0, start.length, 0) === start.length && start.toString('latin1') === cacheTag;
  } finally {
    closeSync(fd);
  }
}

function addFile(path: string, entry: Entry, reading: Reading): void {
  if (reading.files.length >= maxFiles) throw pluginInvalid(path, `the folder holds more than ${maxFiles} files`);
  const left = maxFolderBytes - reading.bytes;
  const bytes = entry.stats.size > left ? undefined : readBytes(entry, left);
  if (bytes === undefined) throw pluginInvalid(path, `the folder holds more than ${maxFolderBytes} bytes`);
  reading.bytes += bytes.length;
  // The owner's bit: what git keeps, whatever the machine's umask.
  reading.files.push({ path: path.normalize('NFC'), bytes, executable: (entry.stats.mode & 0o100) !== 0 });
}

/** The whole file, or undefined where it grew past `limit` while it was read. */
function readBytes(entry: Entry, limit: number): Buffer | undefined {
  const fd = entry.open(open.O_RDONLY);
  try {
    // One byte more than expected shows growth.
    const buffer = Buffer.alloc(Math.min(entry.stats.size, limit) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(fd, buffer, length, buffer.length - length, null);
      if (read === 0) return buffer.subarray(0, length);
      length += read;
      if (length === buffer.length) return undefined;
    }
  } finally {
    closeSync(fd);
  }
}

/** By the bytes of the path, which no locale changes. */
function sortByPath(files: readonly PluginFile[]): readonly PluginFile[] {
  const sorted = files
    .map((file) => ({ file, key: Buffer.from(file.path, 'utf8') }))
    .sort((left, right) => Buffer.compare(left.key, right.key))
    .map(({ file }) => file);
  const twice = sorted.find((file, index) => sorted[index + 1]?.path === file.path);
  if (twice !== undefined) throw pluginInvalid(twice.path, 'two files have this name in composed form');
  return sorted;
}
