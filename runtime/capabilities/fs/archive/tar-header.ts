/** What an archive says of one thing in it; owners and times are nobody's and none. */
export interface TarHeader {
  /** A folder's ends in `/`. */
  readonly name: string;
  readonly type: 'folder' | 'file' | 'link';
  readonly mode: number;
  readonly size: number;
  /** Where a link leads; of others empty. */
  readonly target: string;
}

/** Tar goes by blocks of this many bytes. */
export const blockBytes = 512;

const typeFlags = { file: '0', link: '2', folder: '5', extended: 'x' } as const;
const longestName = 100;
const longestPrefix = 155;
/** Eleven octal digits. */
const largestSize = 0o77777777777;

/**
 * The blocks that stand before an entry's content (POSIX.1-2008, pax, ustar interchange format): one, or, where a name or a size doesn't fit
 * into it, an extended header before that. The same bytes as those of the npm package tar-stream.
 */
export function encodeHeader(header: TarHeader): Buffer {
  const plain = header.size > largestSize ? undefined : encodeBlock({ ...header, type: typeFlags[header.type] });
  if (plain !== undefined) return plain;
  const { mode, size, target } = header;
  const records = Buffer.from(
    record('path', header.name) +
      (target === '' ? '' : record('linkpath', target)) +
      (size > largestSize ? record('size', String(size)) : ''),
  );
  const short = { name: 'PaxHeader', mode, target: target === '' ? '' : 'PaxHeader' };
  return Buffer.concat([
    requireBlock({ ...short, type: typeFlags.extended, size: records.length }),
    records,
    Buffer.alloc(paddingOf(records.length)),
    requireBlock({ ...short, type: typeFlags[header.type], size: Math.min(size, largestSize) }),
  ]);
}

/** What is missing to a whole block. */
export function paddingOf(bytes: number): number {
  return (blockBytes - (bytes % blockBytes)) % blockBytes;
}

type Block = Pick<TarHeader, 'name' | 'mode' | 'size' | 'target'> & { readonly type: string };

/** Undefined where it doesn't fit. */
function encodeBlock({ name, mode, size, target, type }: Block): Buffer | undefined {
  const split = splitName(name);
  if (split === undefined || Buffer.byteLength(target) > longestName) return undefined;
  const block = Buffer.alloc(blockBytes);
  block.write(split.name, 0);
  block.write(octal(mode, 6), 100);
  block.write(octal(0, 6), 108);
  block.write(octal(0, 6), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(type, 156);
  block.write(target, 157);
  block.write('ustar\u000000', 257);
  block.write(octal(0, 6), 329);
  block.write(octal(0, 6), 337);
  block.write(split.prefix, 345);
  // The sum of all bytes, with blanks for those that will hold it.
  let sum = 8 * 32;
  for (const byte of block) sum += byte;
  block.write(octal(sum, 6), 148);
  return block;
}

function requireBlock(block: Block): Buffer {
  const encoded = encodeBlock(block);
  if (encoded === undefined) throw new TypeError(`${block.name} fits into a header`);
  return encoded;
}

/** Its first folders are told apart from it where it is long. Only ASCII means the same everywhere. */
function splitName(whole: string): { readonly prefix: string; readonly name: string } | undefined {
  if (Buffer.byteLength(whole) !== whole.length) return undefined;
  let name = whole;
  let prefix = '';
  while (name.length > longestName) {
    const slash = name.indexOf('/');
    if (slash === -1) return undefined;
    prefix += prefix === '' ? name.slice(0, slash) : `/${name.slice(0, slash)}`;
    name = name.slice(slash + 1);
  }
  return prefix.length > longestPrefix ? undefined : { prefix, name };
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')} `;
}

/** Its length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let digits = String(bytes).length;
  if (String(bytes + digits).length > digits) digits += 1;
  return `${bytes + digits}${rest}`;
}
