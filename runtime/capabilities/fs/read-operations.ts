import { createHash } from 'node:crypto';
import { closeSync, read as readCallback, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { parsePathPattern } from './glob.ts';
import { evenWhenCancelled, type FsOperation, fsOperation, namesOf, throwIfAborted } from './operation.ts';
import { maxPathLength } from './path.ts';
import { walk } from './tree.ts';
import { takeTurns } from './turns.ts';
import { findEntry, openFile, openFolder } from './workspace.ts';

interface PathArgs {
  readonly path: string;
}

interface ReadArgs extends PathArgs {
  readonly encoding?: 'text' | 'base64';
  readonly max_bytes?: number;
}

/** Bytes that a read gives to a guest where it doesn't say. */
const defaultReadBytes = 1024 ** 2;
/** The most that a read gives to a guest at all: an answer is one frame, and held in memory on both sides. */
const maxReadBytes = 8 * 1024 ** 2;
/** Most names of one answer of list and glob. */
const maxListed = 50_000;
const chunkBytes = 1024 ** 2;

const readChunk = promisify(readCallback);

const pathSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: { path: { type: 'string' } },
};

/** A file's content, as text or base64. */
export const readOperation: FsOperation<ReadArgs> = fsOperation<ReadArgs>({
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: { type: 'string' },
      encoding: { enum: ['text', 'base64'] },
      max_bytes: { type: 'integer', minimum: 0, maximum: maxReadBytes },
    },
  },
  demands: (args) => [{ access: 'read', path: args.path }],
  async perform({ args, scope }) {
    const limit = args.max_bytes ?? defaultReadBytes;
    const { fd } = openFile(scope.workspace, namesOf(args.path), 'read');
    try {
      const bytes = await readUpTo(fd, limit);
      if (bytes === undefined) {
        throw new CallFailure('LIMIT_EXCEEDED', `\`${args.path}\` is longer than ${limit} bytes (max_bytes)`);
      }
      return args.encoding === 'base64' ? bytes.toString('base64') : decodeText(bytes, args.path);
    } finally {
      closeSync(fd);
    }
  },
});

/** A file's SHA-256, without its content passing through the guest. */
export const hashOperation: FsOperation<PathArgs> = fsOperation<PathArgs>({
  argsSchema: pathSchema,
  demands: (args) => [{ access: 'read', path: args.path }],
  async perform({ args, scope }) {
    const { fd } = openFile(scope.workspace, namesOf(args.path), 'read');
    try {
      const hash = createHash('sha256');
      for await (const chunk of chunks(fd)) {
        throwIfAborted(scope);
        hash.update(chunk);
      }
      return hash.digest('hex');
    } finally {
      closeSync(fd);
    }
  },
});

/** What is at a path, of a link the link itself. */
export const statOperation: FsOperation<PathArgs> = fsOperation<PathArgs>({
  argsSchema: pathSchema,
  demands: (args) => [{ access: 'read', path: args.path }],
  async perform({ args, scope }) {
    using entry = findEntry(scope.workspace, namesOf(args.path));
    if (entry === undefined) return null;
    const { stats } = entry;
    return { type: typeOf(stats), bytes: bytesOf(stats), modified_ms: Math.floor(stats.mtimeMs) };
  },
});

/** Shows what may be read itself, or may hold something that may be read. */
export const listOperation: FsOperation<PathArgs> = fsOperation<PathArgs>({
  argsSchema: pathSchema,
  demands: (args) => [{ access: 'list', path: args.path }],
  async perform(call) {
    const names = namesOf(call.args.path);
    using folder = openFolder(call.scope.workspace, names, 'fail');
    const until = evenWhenCancelled(call.scope);
    const found: Json[] = [];
    const turns = takeTurns();
    for (const name of (await readdir(folder.path)).sort()) {
      await turns.next();
      throwIfAborted(until);
      using entry = folder.entry(name);
      if (entry === undefined) continue;
      const access = entry.stats.isDirectory() ? 'list' : 'read';
      if (!call.allows({ access, path: [...names, name].join('/') })) continue;
      if (found.length === maxListed)
        throw new CallFailure('LIMIT_EXCEEDED', `the folder holds more than ${maxListed} entries`);
      found.push({ name, type: typeOf(entry.stats), bytes: bytesOf(entry.stats) });
    }
    return found;
  },
});

interface GlobArgs {
  readonly pattern: string;
}

/** Ordinary files that match and that may be read; a folder that no rule reaches isn't even looked into. */
export const globOperation: FsOperation<GlobArgs> = fsOperation<GlobArgs>({
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['pattern'],
    properties: { pattern: { type: 'string' } },
  },
  // The pattern itself is no path: what it finds is checked, one by one.
  demands: () => [{ access: 'list', path: '.' }],
  async perform(call) {
    const parsed = parsePathPattern(call.args.pattern);
    if ('problem' in parsed) throw new CallFailure('INVALID_ARGUMENTS', parsed.problem);
    const found: string[] = [];
    await walk({ workspace: call.scope.workspace, start: [] }, call.scope, {
      enter({ names }) {
        if (!parsed.pattern.reaches(names)) return false;
        const path = names.join('/');
        // No call could name what is in there. To leave it out would say that nothing is.
        if (path.length > maxPathLength)
          throw new CallFailure(
            'LIMIT_EXCEEDED',
            `a folder that may hold matches has a path longer than ${maxPathLength} characters`,
          );
        return call.allows({ access: 'list', path });
      },
      visit({ names, entry }) {
        const path = names.join('/');
        if (!entry.stats.isFile() || !parsed.pattern.matches(names)) return;
        if (!call.allows({ access: 'read', path })) return;
        if (found.length === maxListed) throw new CallFailure('LIMIT_EXCEEDED', `more than ${maxListed} files match`);
        found.push(path);
      },
    });
    return found.sort();
  },
});

/** The file's bytes in chunks, to its end. Each chunk is a buffer of its own, no larger than a file of that size needs. */
export async function* chunks(fd: number, expectedBytes: number = chunkBytes): AsyncGenerator<Buffer, void> {
  const size = Math.min(chunkBytes, expectedBytes + 1);
  for (;;) {
    const { bytesRead, buffer } = await readChunk(fd, Buffer.allocUnsafeSlow(size), 0, size, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The whole file, or undefined where it is longer than `limit`. */
async function readUpTo(fd: number, limit: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks(fd)) {
    length += chunk.length;
    if (length > limit) return undefined;
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

function decodeText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CallFailure('FAILED', `\`${path}\` is not UTF-8 text: read it with encoding base64`);
  }
}

function typeOf(stats: Stats): 'file' | 'directory' | 'symlink' | 'other' {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}

function bytesOf(stats: Stats): number {
  return stats.isFile() ? stats.size : 0;
}
