import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import type { CallScope } from '../../capability.ts';
import { beginEntry, type EntryHeader } from '../build/context.ts';
import { denied, malformed, Refusal } from './refusal.ts';

/** A context that a client sent, on disk. It has no name there any more: it is gone with its last descriptor. */
export interface ContextArchive extends AsyncDisposable {
  /** The text of a file, undefined where there is none of that name. */
  text(name: string): Promise<string | undefined>;
  /** The same archive, with these files in the place of those of the same names. */
  repacked(own: Readonly<Record<string, string>>): Pack;
}

/** Of a whole context. */
const contextLimitBytes: number = 2 * 1024 ** 3;
/** Of a Dockerfile. */
const textLimitBytes: number = 1024 ** 2;
const chunkBytes: number = 256 * 1024;
const mostEntries = 200_000;
/** The archive's own kinds that a build knows what to do with. */
const knownTypes: ReadonlySet<string> = new Set(['file', 'directory', 'symlink', 'link', 'contiguous-file']);

/** Takes the context from the client. */
export async function spoolContext(
  source: Readable,
  scope: Pick<CallScope, 'temp' | 'random'>,
  limitBytes: number = contextLimitBytes,
): Promise<ContextArchive> {
  const path = join(scope.temp(), `docker-context-${Buffer.from(scope.random.bytes(12)).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  try {
    let total = 0;
    for await (const chunk of inflated(source)) {
      total += chunk.length;
      if (total > limitBytes) throw new Refusal(413, `the context has more than ${limitBytes} bytes`);
      await file.writeFile(chunk);
    }
  } catch (cause) {
    await file.close();
    throw cause;
  }
  const entries = (): Readable => Readable.from(chunksFrom(file));
  return {
    async text(name) {
      let found: string | undefined;
      await eachEntry(entries(), async (header, content) => {
        if (plainName(header.name) !== name || header.type !== 'file') return;
        // Of two files of a name the daemon takes the last, so there must be one only.
        if (found !== undefined) throw denied(`the context has \`${name}\` twice`, 'Send it once.');
        found = await textOf(content, name);
      });
      return found;
    },
    repacked(own) {
      const archive = pack();
      const packing = async (): Promise<void> => {
        for (const [name, content] of Object.entries(own)) archive.entry({ name }, content);
        await eachEntry(entries(), async (header, content) => {
          if (Object.hasOwn(own, plainName(header.name))) return;
          await copyEntry(archive, header, content);
        });
        archive.finalize();
      };
      packing().catch((cause: unknown) => archive.destroy(cause instanceof Error ? cause : new Error(String(cause))));
      return archive;
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** How zlib says that what began as a gzip file is none, or breaks off. */
const brokenGzip = /^(?:Z_|ERR_)/u;

/** What was sent, without the compression that Compose v2 gives every context. What limits it counts what comes out of that. */
async function* inflated(source: Readable): AsyncGenerator<Buffer, void, undefined> {
  // A request without an encoding gives buffers; it is read on where it is refused.
  const chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  const head: Buffer[] = [];
  for (let length = 0; length < 2; ) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    head.push(value);
    length += value.length;
  }
  const first = Buffer.concat(head);
  const all = async function* (): AsyncGenerator<Buffer, void, undefined> {
    yield first;
    yield* chunks;
  };
  if (first[0] !== 0x1f || first[1] !== 0x8b) {
    yield* all();
    return;
  }
  const gunzip = createGunzip();
  const reading = pipeline(Readable.from(all()), gunzip);
  // The loop below tells of it.
  reading.catch(() => undefined);
  try {
    // It gives buffers.
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (cause) {
    const isBroken = cause instanceof Error && 'code' in cause && brokenGzip.test(String(cause.code));
    throw isBroken ? malformed('its body is compressed, and broken') : cause;
  }
}

/** How tar-stream (3.x) says that what it reads is no archive, or breaks off. */
const brokenArchive = /invalid tar|unexpected end|prematurely/iu;

async function eachEntry(
  source: Readable,
  visit: (header: Header, content: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const reading = extract();
  // What ends the reading ends the loop below too, which tells of it.
  pipeline(source, reading).catch((cause: unknown) => reading.destroy(cause instanceof Error ? cause : undefined));
  let entries = 0;
  try {
    for await (const entry of reading) {
      entries += 1;
      if (entries > mostEntries) throw new Refusal(413, `the context has more than ${mostEntries} entries`);
      requireEntry(entry.header);
      // tar-stream gives buffers; its types leave open what a stream gives.
      await visit(entry.header, entry as AsyncIterable<Buffer>);
      entry.resume();
    }
  } catch (cause) {
    if (!(cause instanceof Error) || !brokenArchive.test(cause.message)) throw cause;
    throw malformed('its body is no tar archive, or compressed otherwise than by gzip');
  } finally {
    source.destroy();
  }
}

function requireEntry({ type, name, linkname }: Header): void {
  if (type === null || type === undefined || !knownTypes.has(type)) {
    throw denied(`the context has \`${name}\`, which is neither a file, a folder nor a link`, 'Leave it out.');
  }
  const parts = name.split('/');
  if (name.startsWith('/') || parts.includes('..') || (type === 'link' && (linkname ?? '').split('/').includes('..'))) {
    throw denied(`the context has \`${name}\`, which leads out of it`, 'Send paths below it only.');
  }
}

/** `./a//b/` and `a/b` are one. */
function plainName(name: string): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** From the beginning. A stream of Node's own would close the file when it is destroyed. */
async function* chunksFrom(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; ; ) {
    const buffer = Buffer.alloc(chunkBytes);
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function copyEntry(archive: Pack, header: Header, content: AsyncIterable<Buffer>): Promise<void> {
  const { sink, ended } = beginEntry(archive, cleanHeader(header));
  if (header.type === 'file' || header.type === 'contiguous-file') {
    for await (const chunk of content) if (!sink.write(chunk)) await Promise.race([once(sink, 'drain'), ended]);
    sink.end(Buffer.alloc(0));
  }
  await ended;
}

/** Nothing of the client's own PAX records. */
function cleanHeader({ name, type, size, mode, mtime, linkname }: Header): EntryHeader {
  return {
    name,
    ...(type === undefined ? {} : { type }),
    ...(size === undefined ? {} : { size }),
    ...(mode === undefined ? {} : { mode: mode & 0o777 }),
    ...(mtime === undefined ? {} : { mtime }),
    ...(linkname === undefined ? {} : { linkname }),
  };
}

async function textOf(content: AsyncIterable<Buffer>, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of content) {
    length += chunk.length;
    if (length > textLimitBytes) throw new Refusal(413, `\`${name}\` has more than ${textLimitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
