import { read } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { extract, type Header } from 'tar-stream';
import { CallFailure } from '../../capability.ts';
import { takeTurns } from '../turns.ts';
import { decompressor, formatOfContent, writtenTo } from './format.ts';

/** One entry: its header, and its bytes, which are gone once the next one is asked for. */
export interface TarEntry extends AsyncIterable<Buffer> {
  readonly header: Header;
  /** Where its header stands in the tar. */
  readonly offset: number;
}

/** An archive file, open, and how much may come out of it. */
export interface ArchiveFile {
  readonly fd: number;
  readonly bytes: number;
  readonly path: string;
  /** Of all files in it together. */
  readonly max_bytes: number;
}

/** A small archive may be all zeros; from here on the ratio counts. */
const freeBytes: number = 64 * 1024 ** 2;
/** What comes out of one byte. Sources and binaries give 3 to 10, logs up to 100; bombs 1000 (gzip's most) and more. */
const maxRatio = 200;
/** Headers, padding and extended headers, above what the files themselves may take. */
const overheadBytes: number = 256 * 1024 ** 2;
/** Of headers that extend the next one or all that follow (pax): names and attributes, which are held for each entry again. */
const maxExtendedBytes: number = 64 * 1024;
const blockBytes = 512;
/** What is read of the file at a time. */
const pieceBytes: number = 1024 * 1024;

const readCallback = promisify(read);

/** Two blocks of zeros (POSIX 1003.1, pax): the only sign that nothing was cut off. */
const endMarkerBytes = 1024;

/** The oldest format (v7) has no name of its own; its headers have a checksum all the same. An option that tar-stream's types lack. */
const anyFormat = { allowUnknownFormat: true } as Parameters<typeof extract>[0];

/** Hands over each entry, one after the other. Throws CallFailure for an archive that is damaged, cut off or a bomb. */
export async function readTar(file: ArchiveFile, onEntry: (entry: TarEntry) => Promise<void>): Promise<void> {
  const tar = extract(anyFormat);
  // Awaited below whatever happens, so that nobody closes the descriptor under it.
  const feeding = pipeline(Readable.from(tarBytes(file)), tar).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  let failure: unknown;
  let end = 0;
  const turns = takeTurns();
  try {
    for await (const entry of tar) {
      await turns.next();
      if (entry.offset - end > maxExtendedBytes) throw longHeaders(file);
      end = endOf(entry);
      // streamx types chunks as unknown; what tar-stream hands out are Buffers.
      await onEntry(entry as unknown as TarEntry);
      entry.resume();
    }
  } catch (cause) {
    failure = cause;
    tar.destroy();
  }
  const fed = await feeding;
  if (failure === undefined && fed === undefined) return;
  const ours = [failure, fed].find((cause) => cause instanceof CallFailure);
  throw ours ?? damaged(file.path, failure ?? fed);
}

/** The tar's own bytes, counted. */
async function* tarBytes(file: ArchiveFile): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  let zerosAtEnd = 0;
  for await (const chunk of decompressed(file)) {
    bytes += chunk.length;
    if (bytes > freeBytes && bytes > file.bytes * maxRatio) {
      throw new CallFailure('LIMIT_EXCEEDED', `\`${file.path}\` unpacks to more than ${maxRatio} times its own size`, {
        remedy: 'Nothing of it was kept. If it is to be trusted, unpack it with a program that is granted.',
      });
    }
    if (bytes > file.max_bytes + overheadBytes) throw tooLarge(file);
    const zeros = trailingZeros(chunk);
    zerosAtEnd = zeros === chunk.length ? zerosAtEnd + zeros : zeros;
    yield chunk;
  }
  if (zerosAtEnd < endMarkerBytes) {
    throw new CallFailure('FAILED', `\`${file.path}\` has no end: it is cut off, or no tar archive`, {
      remedy: 'Fetch it again and compare its digest.',
    });
  }
}

/** Where the next header begins: behind its own and its content, in whole blocks. */
function endOf({ header, offset }: Pick<TarEntry, 'header' | 'offset'>): number {
  const contentBytes = header.type === 'directory' ? 0 : header.size;
  return offset + blockBytes + Math.ceil(contentBytes / blockBytes) * blockBytes;
}

function longHeaders({ path }: ArchiveFile): CallFailure {
  return new CallFailure(
    'LIMIT_EXCEEDED',
    `\`${path}\` has more than ${maxExtendedBytes} bytes of headers for one entry`,
    {
      remedy: 'Pack it without extended attributes.',
    },
  );
}

async function* decompressed(file: ArchiveFile): AsyncGenerator<Buffer, void> {
  const stream = decompressor(formatOfContent(file.fd));
  // What it fails with is thrown below, too.
  const feeding = feed(stream, file).catch((cause: unknown) => {
    stream.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  });
  try {
    yield* stream;
  } finally {
    stream.destroy();
    await feeding;
  }
}

/** From the descriptor's position on. One piece of memory serves for all: what is allocated for each has to be collected again. */
async function feed(stream: Transform, { fd, bytes }: ArchiveFile): Promise<void> {
  const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, bytes + 1));
  for (;;) {
    const { bytesRead } = await readCallback(fd, piece, 0, piece.length, null);
    if (bytesRead === 0) break;
    await writtenTo(stream, piece.subarray(0, bytesRead));
  }
  stream.end();
}

/** LIMIT_EXCEEDED for what is larger than the call lets it be. */
export function tooLarge(file: Pick<ArchiveFile, 'path' | 'max_bytes'>): CallFailure {
  return new CallFailure('LIMIT_EXCEEDED', `\`${file.path}\` holds more than ${file.max_bytes} bytes (max_bytes)`);
}

function trailingZeros(chunk: Uint8Array): number {
  let index = chunk.length;
  while (index > 0 && chunk[index - 1] === 0) index -= 1;
  return chunk.length - index;
}

/** zlib's and tar's errors speak of streams; the system's are passed on, for what they mean. */
function damaged(path: string, cause: unknown): unknown {
  if (cause instanceof Error && 'syscall' in cause) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CallFailure('FAILED', `\`${path}\` is damaged, or no tar archive: ${why}`, {
    remedy: 'Fetch it again and compare its digest. Archives are tar, gzipped tar or tar with zstd.',
  });
}
