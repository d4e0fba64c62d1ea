import { type Document, isCollection, isScalar, type Node, visit, type YAMLError } from 'yaml';
import type { Span } from '../source/report.ts';
import { lineBefore } from './syntax-fixes.ts';

/** What a complaint of the yaml library is about. */
interface Complaint {
  readonly error: YAMLError;
  /** All complaints about the file, in its order. */
  readonly all: readonly YAMLError[];
  readonly document: Document.Parsed | undefined;
  readonly text: string;
}

/**
 * Where a mistake of YAML stands for its author. The library (2.9) complains where it notices: of a bracket or quote that isn't
 * closed where the text ends, of a line indented too deep at the value before it.
 */
export function placeOfSyntax({ error, all, document, text }: Complaint): Span {
  const [start, end] = error.pos;
  switch (error.code) {
    case 'MISSING_CHAR':
    case 'BAD_INDENT':
      return openingOf(error, document, text) ?? afterSpaces({ start, end }, text);
    case 'BLOCK_AS_IMPLICIT_KEY':
      return lastLineOfKey(error, all, text) ?? afterSpaces({ start, end }, text);
    case 'UNEXPECTED_TOKEN': {
      const star = startOfStarText(text, start);
      if (star !== undefined) return { start: star, end: star + 1 };
      return text.slice(start - 1, start + 2) === '${{' ? { start: start - 1, end } : { start, end };
    }
    default:
      return { start, end };
  }
}

/** The `*` of `run: *.ts is there`, of which YAML takes the first word for an alias and notices at the second. */
function startOfStarText(text: string, noticed: number): number | undefined {
  const before = lineBefore(text, noticed);
  const found = /^\s*(?:- )*(?:[\w-]+: +)?(\*[^\s*]\S*\s+)$/.exec(before)?.[1];
  return found === undefined ? undefined : noticed - found.length;
}

/** The quote or bracket that isn't closed, where the complaint is that one isn't: the innermost that ends there. */
function openingOf(error: YAMLError, document: Document.Parsed | undefined, text: string): Span | undefined {
  const isQuote = /closing ["']/.test(error.message);
  if (document === undefined || !(isQuote || error.message.startsWith('Flow'))) return undefined;
  let opening: number | undefined;
  visit(document, {
    Node: (_key, node) => {
      const { range } = node;
      if (range === null || range === undefined || range[1] !== error.pos[0] || !opensWith(node, isQuote)) return;
      if (!isClosed(text, range[0], range[1])) opening = Math.max(opening ?? 0, range[0]);
    },
  });
  return opening === undefined ? undefined : { start: opening, end: opening + 1 };
}

function opensWith(node: Node, isQuote: boolean): boolean {
  if (!isQuote) return isCollection(node) && node.flow === true;
  return isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
}

function isClosed(text: string, start: number, end: number): boolean {
  const closing: Readonly<Record<string, string>> = { '{': '}', '[': ']' };
  return text.charAt(end - 1) === closing[text.charAt(start)];
}

/** The line on which a key of several lines ends: the one that is indented as if it belonged to the value above. */
function lastLineOfKey(error: YAMLError, all: readonly YAMLError[], text: string): Span | undefined {
  const key = all.find(({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === error.pos[0]);
  if (key === undefined) return undefined;
  const lineStart = text.lastIndexOf('\n', key.pos[1] - 1) + 1;
  return lineStart > error.pos[0] ? afterSpaces({ start: lineStart, end: key.pos[1] }, text) : undefined;
}

function afterSpaces({ start, end }: Span, text: string): Span {
  const spaces = /^ */.exec(text.slice(start, start + 1000))?.[0].length ?? 0;
  return spaces === 0 || text.charAt(start + spaces) === '\n'
    ? { start, end }
    : { start: start + spaces, end: Math.max(end, start + spaces + 1) };
}
