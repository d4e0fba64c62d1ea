import { type CST, Document, isScalar, Scalar, visit, type YAMLSeq } from 'yaml';
import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import type { Source } from './source.ts';

/** What is to be put into a mapping (with a key) or a list. */
export interface NewEntry {
  readonly key?: string;
  readonly value: Json;
}

/** A list of short values stands in one line. */
const longestListInLine = 60;

/** The lines of an entry in a block, not indented, without the last line break. */
export function blockLines({ key, value }: NewEntry, source: Source): readonly string[] {
  const document = new Document(key === undefined ? [value] : { [key]: value }, {
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Seq: (_, list) => {
      if (list !== document.contents && isShortList(list)) list.flow = true;
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== 'string' || !scalar.value.includes('\n')) return;
      scalar.type = isLiteral(scalar.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
    },
  });
  return document
    .toString({
      indent: source.step,
      indentSeq: source.indentsLists,
      lineWidth: 0,
      flowCollectionPadding: false,
      blockQuote: 'literal',
      doubleQuotedAsJSON: true,
    })
    .replace(/\n$/u, '')
    .split('\n');
}

function isShortList(list: YAMLSeq): boolean {
  return list.items.every((item) => isScalar(item)) && JSON.stringify(list.toJSON()).length <= longestListInLine;
}

/** Texts of several lines that read the same in a block: without control characters, and without blanks where a block would hide them. */
export function isLiteral(text: string): boolean {
  return (
    text.includes('\n') &&
    /^\S/u.test(text) &&
    !/[ \t]$/mu.test(text) &&
    !text.endsWith('\n\n') &&
    // What YAML takes for no printable sign, or for the end of a line.
    isPrintable(text.replaceAll(/[\n\t]/gu, ' '))
  );
}

/** Indents lines; those that are empty stay so. */
export function indented(lines: readonly string[], column: number): readonly string[] {
  const indentation = ' '.repeat(column);
  return lines.map((line) => (line === '' ? '' : indentation + line));
}

/** An entry as it stands between brackets or braces. */
export function flowEntry({ key, value }: NewEntry): string {
  return key === undefined ? flowText(value) : `${flowText(key)}: ${flowText(value)}`;
}

/** A value in one line, as it may stand between brackets or braces. */
export function flowText(value: Json): string {
  if (isJsonList(value)) return `[${value.map(flowText).join(', ')}]`;
  if (isJsonObject(value)) {
    const entries = Object.entries(value).map(([key, inner]) => flowEntry({ key, value: inner }));
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[\w./][\w./@-]*$/u.test(value) && isPlain(value) ? value : JSON.stringify(value);
}

/** What YAML would read as something else than a text. */
function isPlain(text: string): boolean {
  return !/^(?:true|false|null|~|[-+.]?\.?(?:inf|nan)|)$/iu.test(text) && Number.isNaN(Number(text));
}

/** A scalar in one line of a block, in the quotes of what stood there where it had some. */
export function scalarText(value: Json, before: CST.Token | undefined, source: Source): string {
  if (typeof value === 'string' && !value.includes('\n')) {
    if (before?.type === 'single-quoted-scalar' && isPrintable(value)) return `'${value.replaceAll("'", "''")}'`;
    if (before?.type === 'double-quoted-scalar') return JSON.stringify(value);
  }
  const [line = ''] = blockLines({ key: 'k', value }, source);
  return line.slice('k: '.length);
}

function isPrintable(text: string): boolean {
  return !/[\p{Cc}\p{Cs}\u2028\u2029\ufeff]/u.test(text);
}
