import { readSync } from 'node:fs';
import { Transform } from 'node:stream';
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { assertNever } from '../../../../schemas/index.ts';

/** What archives are written as and read. */
export type ArchiveFormat = 'tar' | 'tar.gz' | 'tar.zst';

/** Their names, as calls give them. */
export const archiveFormats: readonly ArchiveFormat[] = ['tar', 'tar.gz', 'tar.zst'];

/** A window of 128 MiB, all that zstd's own levels use: memory of the agent, for each archive that is being read. */
const maxWindowLog = 27;

/** Compressing hands each chunk to a thread: many small ones take longer to hand over than to compress. */
const chunkBytes: number = 256 * 1024;

/** More than comes of what the tar's writer hands over at a time: else the thread has to be asked again for the rest of it. */
const zstdChunkBytes: number = 9 * chunkBytes;

const endings: readonly (readonly [RegExp, ArchiveFormat])[] = [
  [/\.tar$/i, 'tar'],
  [/\.(?:tar\.gz|tgz)$/i, 'tar.gz'],
  [/\.(?:tar\.zst|tzst)$/i, 'tar.zst'],
];

/** The format that a file's name stands for. */
export function formatOfName(name: string): ArchiveFormat | undefined {
  return endings.find(([ending]) => ending.test(name))?.[1];
}

/** The format by a file's first bytes (RFC 1952, RFC 8878); what is neither is taken for an uncompressed tar. */
export function formatOfContent(fd: number): ArchiveFormat {
  const magic = Buffer.alloc(4);
  readSync(fd, magic, 0, magic.length, 0);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return 'tar.gz';
  return magic.readUInt32LE(0) === 0xfd2fb528 ? 'tar.zst' : 'tar';
}

/**
 * A stream from a tar's bytes to the file's. The same bytes give the same bytes: no time, no name. What it was given may be used anew once
 * it has called back.
 */
export function compressor(format: ArchiveFormat): Transform {
  switch (format) {
    case 'tar':
      return copier();
    case 'tar.gz':
      return createGzip({ chunkSize: chunkBytes });
    case 'tar.zst':
      return createZstdCompress({ chunkSize: zstdChunkBytes, params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    default:
      return assertNever(format);
  }
}

/** A stream from the file's bytes to the tar's. What it was given may be used anew once it has called back. */
export function decompressor(format: ArchiveFormat): Transform {
  switch (format) {
    case 'tar':
      return copier();
    case 'tar.gz':
      return createGunzip({ chunkSize: chunkBytes });
    case 'tar.zst':
      return createZstdDecompress({ chunkSize: chunkBytes, params: { [constants.ZSTD_d_windowLogMax]: maxWindowLog } });
    default:
      return assertNever(format);
  }
}

function copier(): Transform {
  return new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, Buffer.from(chunk)) });
}

/** Gives a stream bytes; resolves once it has read them, rejects where it is closed before. */
export function writtenTo(stream: Transform, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onClose = (): void => reject(stream.errored ?? new Error('the archive was given up'));
  stream.once('close', onClose);
  stream.write(bytes, (cause) => {
    stream.off('close', onClose);
    if (cause === null || cause === undefined) resolve();
    else reject(cause);
  });
  if (stream.closed) onClose();
  return promise;
}
