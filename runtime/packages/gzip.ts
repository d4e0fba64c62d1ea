import { constants, crc32, deflateRawSync, inflateRawSync, type Zlib } from 'node:zlib';
import { maxPackageBytes, maxTarballBytes } from './limits.ts';
import { refused } from './refused.ts';

/** RFC 1952: deflate, no name, no comment, no time, compressed as much as possible, by no particular system. */
const header: Buffer = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
const trailerBytes = 8;

/** A tarball -> the bytes of a package file. For one version of zlib always the same. */
export function compress(tarball: Buffer): Buffer {
  const trailer = Buffer.alloc(trailerBytes);
  trailer.writeUInt32LE(crc32(tarball), 0);
  trailer.writeUInt32LE(tarball.length, 4);
  return Buffer.concat([header, deflateRawSync(tarball, { level: constants.Z_BEST_COMPRESSION }), trailer]);
}

/** What every gzip file without a name and the like begins with. */
const plainHeader: Buffer = header.subarray(0, 4);

/** Throws PACKAGE_CORRUPT where the header of gzip isn't ours in what no content depends on: its time, its system. */
export function requireOwnHeader(bytes: Buffer): void {
  if (bytes.subarray(0, header.length).equals(header)) return;
  throw refused('PACKAGE_CORRUPT', "the file doesn't begin as a package does: another program compressed it");
}

/**
 * The bytes of a package file -> its tarball, of which never more than `maxTarballBytes` come to be. One gzip member without
 * optional fields, and nothing after it: `gunzip` would join members and pass over what follows them. Throws
 * PACKAGE_TOO_LARGE, PACKAGE_CORRUPT, PACKAGE_TRAILING_DATA.
 */
export function decompress(bytes: Buffer): Buffer {
  if (bytes.length > maxPackageBytes) {
    throw refused('PACKAGE_TOO_LARGE', `the package is longer than ${maxPackageBytes} bytes`);
  }
  if (bytes.length < header.length || !bytes.subarray(0, plainHeader.length).equals(plainHeader)) {
    throw refused('PACKAGE_CORRUPT', "the file doesn't begin as a package does");
  }
  const { buffer: tarball, end } = inflate(bytes.subarray(header.length));
  const trailer = bytes.subarray(header.length + end);
  if (trailer.length < trailerBytes) throw refused('PACKAGE_CORRUPT', 'the package is cut off at its end');
  if (trailer.readUInt32LE(0) !== crc32(tarball) || trailer.readUInt32LE(4) !== tarball.length) {
    throw refused('PACKAGE_CORRUPT', "the package's checksum is not that of its content");
  }
  if (trailer.length > trailerBytes) {
    throw refused('PACKAGE_TRAILING_DATA', `${trailer.length - trailerBytes} bytes follow the end of the package`);
  }
  return tarball;
}

/** `end`: how many bytes the compressed data took. */
function inflate(bytes: Buffer): { readonly buffer: Buffer; readonly end: number } {
  try {
    // With `info` it gives this, which @types/node 24 doesn't say.
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: maxTarballBytes, info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: Zlib;
    };
    return { buffer, end: engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw refused('PACKAGE_TOO_LARGE', `the package unpacks to more than ${maxTarballBytes} bytes`, cause);
    }
    throw refused('PACKAGE_CORRUPT', "the package can't be unpacked: it is damaged or cut off", cause);
  }
}
