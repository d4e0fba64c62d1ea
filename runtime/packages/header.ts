import { isUtf8 } from 'node:buffer';
import type { WaterflowFailure } from '../../schemas/index.ts';
import { refused } from './refused.ts';

/** Of tar: headers, contents and the end are whole blocks. */
export const blockBytes = 512;

/** What a header says of the file that follows it. */
export interface EntryHeader {
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  /** It isn't as packing writes it, and still says what it says. */
  readonly isForeign: boolean;
}

/** A header of something else than a file: what `size` bytes behind it mean isn't looked at. */
export interface OtherHeader {
  readonly size: number;
  /** Makes the refusal: there may be very many such headers, and the first one's is told. */
  readonly refuse: () => WaterflowFailure;
}

/** Fields of a POSIX ustar header (IEEE 1003.1, pax interchange format): where they begin and end. */
const field = {
  name: [0, 100],
  mode: [100, 108],
  size: [124, 136],
  checksum: [148, 156],
  magic: [257, 265],
  prefix: [345, 500],
} as const;

const magic: Buffer = Buffer.from('ustar\u000000', 'latin1');
const typeOffset = 156;

/**
 * Reads the header of an ordinary file; links, devices and FIFOs have codes of their own. What other programs write beside files, as folders
 * and longer names, is given with its refusal, which is the whole answer only where nothing worse follows. What it doesn't look at is compared
 * later, when the whole tarball is made again from what was read.
 */
export function readHeader(block: Buffer): EntryHeader | OtherHeader {
  if (octal(block, 'checksum') !== checksumOf(block)) {
    throw refused('PACKAGE_CORRUPT', "a header in the tarball doesn't have the checksum that it says");
  }
  const path = pathIn(block);
  const refuse = otherThanFile(String.fromCharCode(block[typeOffset] ?? 0), path);
  if (refuse !== undefined) return { size: octal(block, 'size') ?? 0, refuse };
  const size = octal(block, 'size');
  const mode = octal(block, 'mode');
  if (size === undefined || mode === undefined) {
    throw refused('PACKAGE_HEADER', `${quoted(path)}: the header has a size or mode that is no plain octal number`);
  }
  return { path, size, executable: (mode & 0o100) !== 0, isForeign: !part(block, 'magic').equals(magic) };
}

/** A path that an attacker chose, as it may be shown. */
export function quoted(path: string): string {
  const shown = path.length > 120 ? `${path.slice(0, 120)}…` : path;
  return `\`${shown.replaceAll(/[^\x20-\x7e…]/gu, (character) => `<U+${codePoint(character)}>`)}\``;
}

function codePoint(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Undefined of an ordinary file. */
function otherThanFile(type: string, path: string): (() => WaterflowFailure) | undefined {
  switch (type) {
    case '0':
      return undefined;
    case '1':
      throw refused('PACKAGE_HARD_LINK', `${quoted(path)} is a hard link`);
    case '2':
      throw refused('PACKAGE_SYMBOLIC_LINK', `${quoted(path)} is a symbolic link`);
    case '3':
    case '4':
    case '6':
      throw refused('PACKAGE_SPECIAL_FILE', `${quoted(path)} is ${type === '6' ? 'a FIFO' : 'a device'}`);
    default:
      return () =>
        refused('PACKAGE_HEADER', `${quoted(path)}: a header of type ${JSON.stringify(type)} has no place here`);
  }
}

function pathIn(block: Buffer): string {
  // Programs of GNU have times there.
  const prefix = part(block, 'magic').equals(magic) ? text(part(block, 'prefix')) : '';
  const name = text(part(block, 'name'));
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Up to the first NUL. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  const used = end === -1 ? bytes : bytes.subarray(0, end);
  if (!isUtf8(used)) throw refused('PACKAGE_PATH_CHARACTERS', 'the path of a file is not UTF-8');
  return used.toString('utf8');
}

/** Digits, then a space or NUL. Base-256 numbers, with which GNU tar writes huge sizes, are none. */
function octal(block: Buffer, name: keyof typeof field): number | undefined {
  const digits = /^([0-7]+)[ \0]{1,2}$/.exec(part(block, name).toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

/** The sum of all bytes, those of the checksum counted as spaces. */
function checksumOf(block: Buffer): number {
  const [from, to] = field.checksum;
  return block.reduce((sum, byte, index) => sum + (index >= from && index < to ? 0x20 : byte), 0);
}

function part(block: Buffer, name: keyof typeof field): Buffer {
  return block.subarray(...field[name]);
}
