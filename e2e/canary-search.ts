/** Looks for a text in bytes, in whatever form a program may have written it there, also within what is compressed. */
import { constants, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';

/** A way in which a text may stand in bytes. */
interface Form {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What is compressed may hold what is compressed, but not for ever. */
const mostLayers = 3;

/** The names of the forms in which a text stands in bytes; what was found in compressed parts names these first: `gzip: raw`. */
export function tracesOf(text: string, bytes: Buffer): readonly string[] {
  const forms = formsOf(text);
  const found = new Set<string>();
  const look = (part: Buffer, where: string, layers: number): void => {
    for (const form of forms) if (part.includes(form.bytes)) found.add(where + form.name);
    if (layers === 0) return;
    for (const { name, content } of unpacked(part)) look(content, `${where}${name}: `, layers - 1);
  };
  look(bytes, '', mostLayers);
  return [...found];
}

/** All forms of a text. Of base64 only the characters that depend on the text alone, at each place where it may begin within three bytes. */
function formsOf(text: string): readonly Form[] {
  const utf8 = Buffer.from(text);
  const hex = utf8.toString('hex');
  const json = JSON.stringify(text).slice(1, -1);
  const all = [...utf8].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const url = encodeURIComponent(text);
  const little = Buffer.from(text, 'utf16le');
  return distinct([
    { name: 'raw', bytes: utf8 },
    ...text.split('\n').map((line) => ({ name: 'raw', bytes: Buffer.from(line) })),
    { name: 'JSON', bytes: Buffer.from(json) },
    { name: 'JSON in JSON', bytes: Buffer.from(JSON.stringify(json).slice(1, -1)) },
    ...textForms('URL', url),
    ...textForms('URL', url.replaceAll('%20', '+')),
    ...textForms(
      'URL',
      url.replaceAll(/%[\dA-F]{2}/gu, (escape) => escape.toLowerCase()),
    ),
    ...textForms('URL, each byte', all),
    ...textForms('URL, each byte', all.toUpperCase()),
    ...textForms('hex', hex),
    ...textForms('hex', hex.toUpperCase()),
    { name: 'UTF-16LE', bytes: little },
    { name: 'UTF-16BE', bytes: Buffer.from(little).swap16() },
    ...base64Forms(utf8),
  ]);
}

function textForms(name: string, text: string): readonly Form[] {
  return [{ name, bytes: Buffer.from(text) }];
}

function base64Forms(bytes: Buffer): readonly Form[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const own = encoded.slice(first, last);
    const name = `base64 from ${before}`;
    return [...textForms(name, own), ...textForms(`${name}, URL-safe`, own.replaceAll('+', '-').replaceAll('/', '_'))];
  });
}

function distinct(forms: readonly Form[]): readonly Form[] {
  // The first one gives the name.
  return [...new Map(forms.toReversed().map((form) => [form.bytes.toString('latin1'), form])).values()];
}

const maxOutputLength = 64 * 1024 * 1024;
const partly = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength };

/** How compressed bytes begin, and how they are read: as far as they go, whatever follows. */
const formats = [
  {
    name: 'gzip',
    magic: Buffer.from('1f8b08', 'hex'),
    // Node's own reader refuses what something else follows (24.21).
    read: (bytes: Buffer) => inflateRawSync(bytes.subarray(gzipHead(bytes)), partly),
  },
  {
    name: 'zstd',
    magic: Buffer.from('28b52ffd', 'hex'),
    read: (bytes: Buffer) => zstdDecompressSync(bytes, { maxOutputLength }),
  },
  ...['7801', '789c', '78da'].map((magic) => ({
    name: 'zlib',
    magic: Buffer.from(magic, 'hex'),
    read: (bytes: Buffer) => inflateSync(bytes, partly),
  })),
];

/** How long a gzip header is (RFC 1952, 2.3). */
function gzipHead(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let length = 10;
  if ((flags & 4) !== 0) length += 2 + bytes.readUInt16LE(length);
  // A name and a comment, each with a zero behind it.
  for (const flag of [8, 16]) if ((flags & flag) !== 0) length = bytes.indexOf(0, length) + 1;
  return (flags & 2) === 0 ? length : length + 2;
}

/** What is compressed in bytes, wherever it begins. */
function* unpacked(bytes: Buffer): Iterable<{ readonly name: string; readonly content: Buffer }> {
  for (const { name, magic, read } of formats) {
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      const content = attempt(() => read(bytes.subarray(at)));
      if (content !== undefined && content.length > 0) yield { name, content };
    }
  }
}

/** Undefined where the bytes only begin like something compressed. */
function attempt(read: () => Buffer): Buffer | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
