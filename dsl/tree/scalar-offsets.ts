import { assertNever } from '../../schemas/index.ts';
import type { ScalarNode } from './node.ts';

/**
 * Where each character of a scalar's text stands in the source: a function from an offset in `scalar.text` to one in `source`.
 * Needed because folding, indentation and escapes make the two differ.
 */
export function scalarOffsets(scalar: ScalarNode, source: string): (offset: number) => number {
  const { span, text, style } = scalar;
  const quoteLength = style === 'single-quoted' || style === 'double-quoted' ? 1 : 0;
  const first = span.start + quoteLength;
  // One line without escapes: the text stands there as it is.
  if (style !== 'block' && source.startsWith(text, first) && !text.includes('\n')) return (offset) => first + offset;
  const written = source.slice(first, span.end - quoteLength);
  const offsets = align(text, first, linesOf(written, style));
  return (offset) => offsets[Math.min(offset, offsets.length - 1)] ?? first;
}

/** A character of the text as the source writes it, at an offset in the scalar's source: `\u0041` is one, at its backslash. */
interface Written {
  readonly character: string;
  readonly at: number;
}

/** The characters of each source line, without what folding and indentation take away from its ends. */
function linesOf(written: string, style: ScalarNode['style']): readonly (readonly Written[])[] {
  switch (style) {
    case 'block':
      return blockLines(written);
    case 'double-quoted':
      return splitLines(written, readEscapes).map(trimFolded);
    case 'single-quoted':
      return splitLines(written, readDoubledQuotes).map(trimFolded);
    case 'plain':
      return splitLines(written, readPlainly).map(trimFolded);
    default:
      return assertNever(style);
  }
}

/** Reads one character of a line at `index`: what it means, and how much of the source it takes. */
type ReadCharacter = (line: string, index: number) => { readonly character: string; readonly length: number };

function splitLines(written: string, read: ReadCharacter): Written[][] {
  let start = 0;
  return written.split('\n').map((line) => {
    const characters: Written[] = [];
    for (let index = 0; index < line.length; ) {
      const { character, length } = read(line, index);
      // A character beyond the basic plane is two code units of the text.
      for (const unit of character.split('')) characters.push({ character: unit, at: start + index });
      index += length;
    }
    start += line.length + 1;
    return characters;
  });
}

const readPlainly: ReadCharacter = (line, index) => ({ character: line.charAt(index), length: 1 });

const readDoubledQuotes: ReadCharacter = (line, index) =>
  line.startsWith("''", index) ? { character: "'", length: 2 } : readPlainly(line, index);

/** How many hex digits follow each of these escapes. */
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** YAML 1.2, 5.7. */
const namedEscapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};

const readEscapes: ReadCharacter = (line, index) => {
  if (line.charAt(index) !== '\\') return readPlainly(line, index);
  const kind = line.charAt(index + 1);
  const digits = hexEscapes[kind];
  if (digits !== undefined) {
    const code = Number.parseInt(line.slice(index + 2, index + 2 + digits), 16);
    const isCharacter = code <= 0x10ffff;
    return { character: isCharacter ? String.fromCodePoint(code) : '', length: 2 + digits };
  }
  // A backslash at the line's end joins the next line to it.
  if (kind === '' || kind === '\r') return { character: '', length: 1 + kind.length };
  return { character: namedEscapes[kind] ?? kind, length: 2 };
};

/** Folding drops white space at both ends of a line, but for what an escape wrote; {@link align} finds that again. */
function trimFolded(line: readonly Written[]): readonly Written[] {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start])) start += 1;
  while (end > start && isBlank(line[end - 1])) end -= 1;
  return line.slice(start, end);
}

function isBlank(written: Written | undefined): boolean {
  return written !== undefined && /^[ \t\r\n]$/.test(written.character);
}

/** The lines of a block scalar below its header, without their indentation: that of the first line that isn't empty, or as the header says. */
function blockLines(written: string): readonly (readonly Written[])[] {
  const lines = splitLines(written, readPlainly).slice(1);
  const stripped = lines.map((line) => (line.at(-1)?.character === '\r' ? line.slice(0, -1) : line));
  const explicit = /^[|>][-+]?([1-9])/.exec(written)?.[1];
  const indentations = stripped.map((line) => line.findIndex((written) => written.character !== ' '));
  const firstIndentation = indentations.find((indentation) => indentation !== -1) ?? 0;
  // An explicit indentation counts from the parent's; the least one found is the same, unless every line begins with a space.
  const indentation =
    explicit === undefined
      ? firstIndentation
      : Math.min(...indentations.filter((found) => found !== -1), Number.MAX_SAFE_INTEGER);
  return stripped.map((line) => line.slice(indentation));
}

/**
 * Lays the source's lines along the text. Between two of them the text has only what folding made of the line break: a space, line
 * feeds, or nothing. The last element is the place after the last character.
 */
function align(text: string, first: number, lines: readonly (readonly Written[])[]): Int32Array {
  const offsets = new Int32Array(text.length + 1);
  let index = 0;
  let last = first;
  for (const line of lines) {
    const head = line[0];
    if (head === undefined) continue;
    while (index < text.length && !matches(text, index, line) && /[\s\u0085\u2028]/.test(text.charAt(index))) {
      offsets[index] = last;
      index += 1;
    }
    for (const { character, at } of line) {
      if (text.charAt(index) !== character) break;
      offsets[index] = first + at;
      last = first + at + 1;
      index += 1;
    }
  }
  for (; index <= text.length; index += 1) offsets[index] = last;
  return offsets;
}

function matches(text: string, index: number, line: readonly Written[]): boolean {
  return line.every(({ character }, distance) => text.charAt(index + distance) === character);
}
