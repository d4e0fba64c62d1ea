import type { Finding, Span } from './report.ts';

/** More than GitHub's 512 KiB, room for some 25,000 lines; what is longer is no workflow that a person wrote, and would only take time. */
const longestFileBytes = 1024 * 1024;

/** The text of a file, without its byte order mark; `problem` says why it can't be read as a workflow. */
export interface DecodedSource {
  readonly text: string;
  readonly problem?: Finding & { readonly span: Span };
}

/** Bytes or text of a file -> text that the YAML reader can take: UTF-8, of bearable size, without control characters. */
export function decodeSource(source: Uint8Array | string): DecodedSource {
  if (source.length > longestFileBytes) return { text: '', problem: { ...tooLarge(source.length), span: fileStart } };
  const decoded = typeof source === 'string' ? withoutByteOrderMark(source) : decodeBytes(source);
  if (decoded.problem !== undefined) return decoded;
  const problem = findForbiddenCharacter(decoded.text);
  return problem === undefined ? decoded : { text: decoded.text, problem };
}

const fileStart: Span = { start: 0, end: 1 };

function tooLarge(length: number): Finding {
  return {
    code: 'FILE_TOO_LARGE',
    message: `the file has ${length} bytes, more than the ${longestFileBytes} that a workflow file may have`,
    remedy: 'Split it into several workflows, or move long scripts and data into files of their own.',
  };
}

function withoutByteOrderMark(text: string): DecodedSource {
  return { text: text.startsWith('\uFEFF') ? text.slice(1) : text };
}

function decodeBytes(bytes: Uint8Array): DecodedSource {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { text: '', problem: { ...notUtf8('the file is UTF-16'), span: fileStart } };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const invalid = firstInvalidByte(bytes);
    const text = new TextDecoder('utf-8').decode(bytes);
    const start = new TextDecoder('utf-8').decode(bytes.subarray(0, invalid)).length;
    const value = (bytes[invalid] ?? 0).toString(16).padStart(2, '0');
    return {
      text,
      problem: { ...notUtf8(`the byte 0x${value} here isn't valid UTF-8`), span: { start, end: start + 1 } },
    };
  }
}

function notUtf8(message: string): Finding {
  return { code: 'ENCODING', message, remedy: 'Save the file as UTF-8.' };
}

/** The offset at which the first character begins that isn't UTF-8. Whether a prefix could go on is monotone, so it is bisected. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = Math.floor((valid + invalid) / 2);
    if (isUtf8(bytes.subarray(0, middle), { mayGoOn: true })) valid = middle;
    else invalid = middle;
  }
  // That prefix may end within the character; one has at most four bytes.
  let start = valid;
  while (start > Math.max(0, valid - 3) && !isUtf8(bytes.subarray(0, start), { mayGoOn: false })) start -= 1;
  return start;
}

function isUtf8(bytes: Uint8Array, { mayGoOn }: { readonly mayGoOn: boolean }): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: mayGoOn });
    return true;
  } catch {
    return false;
  }
}

/**
 * What YAML 1.2 (5.1) forbids, a CR that ends no line (editors and the YAML library disagree about it), half surrogate pairs, and
 * the characters that reorder the text around them, so that a reviewer would see another workflow than the one that runs.
 */
const forbidden = /(?![\t\n\r\u0085])\p{Cc}|\r(?!\n)|\p{Cs}|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u;

function findForbiddenCharacter(text: string): (Finding & { readonly span: Span }) | undefined {
  const match = forbidden.exec(text);
  if (match === null) return undefined;
  const code = match[0].charCodeAt(0);
  const span = { start: match.index, end: match.index + 1 };
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code === 0) {
    return {
      ...notUtf8('a NUL character: the file is UTF-16 without a byte order mark, or no text at all'),
      span,
    };
  }
  if (code === 0x0d) {
    return {
      code: 'ENCODING',
      message: 'a line ends with a carriage return alone',
      remedy: 'End lines with LF or CRLF.',
      span,
    };
  }
  return {
    code: 'ENCODING',
    message: `the character ${name} may not stand in a workflow file`,
    remedy: String.raw`Remove it; in a double-quoted text it can be written as an escape like "\x1b" or "\u202e".`,
    span,
  };
}
