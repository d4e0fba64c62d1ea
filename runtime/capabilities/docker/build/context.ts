import { once } from 'node:events';
import { closeSync, constants, read, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Pack } from 'tar-stream';
import type { Authorized } from '../../../grants/api.ts';
import { CallFailure, type CallScope } from '../../capability.ts';
import { namesOf } from '../../fs/operation.ts';
import { type Visited, walk } from '../../fs/tree.ts';
import { findEntry, openFile, requireOrdinary } from '../../fs/workspace.ts';
import { type Ignore, ignoreNothing, parseIgnore } from './ignore.ts';

const readBytes = promisify(read);

/** Of all files of a context. */
const contextLimitBytes: number = 4 * 1024 ** 3;
/** Of a Dockerfile and a .dockerignore, which are read as a whole. */
const textLimitBytes: number = 1024 ** 2;
const chunkBytes: number = 256 * 1024;

/** What packing needs. */
export interface ContextSource {
  readonly asking: Pick<Authorized, 'implied'>;
  readonly scope: CallScope;
  /** Workspace-relative. */
  readonly folder: readonly string[];
}

/** Reads a small text file of the context, if it is there. */
export function readContextText(source: ContextSource, path: string): Promise<string | undefined> {
  const names = [...source.folder, ...namesOf(path)];
  using entry = findEntry(source.scope.workspace, names);
  if (entry === undefined) return Promise.resolve(undefined);
  requireReadable(source, names);
  return readText(source, names);
}

async function readText({ scope }: ContextSource, names: readonly string[]): Promise<string> {
  const { fd, bytes } = openFile(scope.workspace, names, 'read');
  try {
    if (bytes > textLimitBytes) {
      throw new CallFailure('LIMIT_EXCEEDED', `\`${names.join('/')}\` has more than ${textLimitBytes} bytes`);
    }
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await readBytes(fd, buffer, 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    closeSync(fd);
  }
}

/** What the .dockerignore of the context says. */
export async function readIgnore(source: ContextSource): Promise<Ignore> {
  const text = await readContextText(source, '.dockerignore');
  if (text === undefined) return ignoreNothing;
  const parsed = parseIgnore(text);
  if ('ignore' in parsed) return parsed.ignore;
  throw new CallFailure('INVALID_ARGUMENTS', `.dockerignore, ${parsed.problem}`, { remedy: 'Correct that line.' });
}

/** Files of the agent's own in the archive: the Dockerfile, and a .dockerignore by which the daemon takes both out again. */
export type OwnFiles = Readonly<Record<string, string>>;

/** Packs the folder as it goes out. Each file needs what fs needs to read it; links are packed as links, and never followed. */
export async function packContext(
  archive: Pack,
  source: ContextSource,
  { ignore, own }: { readonly ignore: Ignore; readonly own: OwnFiles },
): Promise<number> {
  let total = 0;
  for (const [name, content] of Object.entries(own)) await addText(archive, name, content);
  await walk({ workspace: source.scope.workspace, start: source.folder }, source.scope, {
    enter({ names }) {
      const inside = within(source, names);
      if (ignore.ignores(inside)) return ignore.hasExceptions;
      beginEntry(archive, { name: `${inside.join('/')}/`, type: 'directory', mode: 0o755 });
      return true;
    },
    async visit(visited) {
      const names = within(source, visited.names);
      const name = names.join('/');
      if (ignore.ignores(names) || Object.hasOwn(own, name)) return;
      requireReadable(source, visited.names);
      if (visited.entry.stats.isSymbolicLink()) {
        const linkname = readlinkSync(visited.parent.at(visited.name));
        await beginEntry(archive, { name, type: 'symlink', linkname, mode: 0o777 }).ended;
        return;
      }
      total += visited.entry.stats.size;
      if (total > contextLimitBytes) {
        throw new CallFailure('LIMIT_EXCEEDED', `the context has more than ${contextLimitBytes} bytes`, {
          remedy: 'Leave what the build does not need out by `.dockerignore`.',
        });
      }
      await addFile(archive, name, visited);
    },
  });
  archive.finalize();
  return total;
}

function within({ folder }: ContextSource, names: readonly string[]): readonly string[] {
  return names.slice(folder.length);
}

function requireReadable({ asking }: ContextSource, names: readonly string[]): void {
  const path = names.join('/');
  const answer = asking.implied({ capability: 'fs', operation: 'read', args: { path } });
  if (answer.kind === 'allowed') return;
  const { message, rule } = answer.denial;
  throw new CallFailure('DENIED', message, {
    rule,
    remedy: `Allow fs to read \`${path}\` in that layer, or leave it out by \`.dockerignore\`.`,
  });
}

/** What an entry of an archive begins with. */
export type EntryHeader = Parameters<Pack['entry']>[0];

/** Begins an entry. What breaks the archive is told to whoever waits for the entry's end, and to nobody else. */
export function beginEntry(
  archive: Pack,
  header: EntryHeader,
): { readonly sink: ReturnType<Pack['entry']>; readonly ended: Promise<void> } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  const sink = archive.entry(header, (cause) => (cause === undefined || cause === null ? resolve() : reject(cause)));
  sink.on('error', reject);
  return { sink, ended: promise };
}

async function addText(archive: Pack, name: string, content: string): Promise<void> {
  const bytes = Buffer.from(content);
  const { sink, ended } = beginEntry(archive, { name, size: bytes.length, mode: 0o644, type: 'file' });
  sink.end(bytes);
  await ended;
}

/** Exactly as many bytes as it had: a file that another process shortens meanwhile ends the build. */
async function addFile(archive: Pack, name: string, { entry }: Visited): Promise<void> {
  requireOrdinary(entry, name);
  const { size, mode, mtime } = entry.stats;
  const fd = entry.open(constants.O_RDONLY);
  try {
    const { sink, ended } = beginEntry(archive, { name, size, mtime, type: 'file', mode: mode & 0o777 });
    for (let at = 0; at < size; ) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, size - at));
      const { bytesRead } = await readBytes(fd, chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw new CallFailure('FAILED', `\`${name}\` was shortened while it was packed`);
      at += bytesRead;
      if (!sink.write(chunk.subarray(0, bytesRead))) await Promise.race([once(sink, 'drain'), ended]);
    }
    sink.end(Buffer.alloc(0));
    await ended;
  } finally {
    closeSync(fd);
  }
}
