import { Composer, CST, type Document, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import type { Json } from '../../schemas/index.ts';

/** A comment of the file, with its `#`. */
export interface Comment {
  readonly offset: number;
  readonly text: string;
}

/** What a text is written with, in one pass. */
interface Written {
  readonly tokens: readonly CST.Token[];
  readonly comments: readonly Comment[];
}

/** A text, and what was made of it so far. */
interface Reading {
  readonly written: Written;
  said?: { readonly value: Json | undefined };
}

/** An edit reads the text before it, which was read then, and the one after it, which is read next: of a thousand jobs each takes a while. */
const lastRead = new Map<string, Reading>();
const mostKept = 2;

function readingOf(text: string): Reading {
  const reading = lastRead.get(text) ?? { written: readTokens(text) };
  lastRead.delete(text);
  lastRead.set(text, reading);
  for (const oldest of lastRead.keys()) if (lastRead.size > mostKept) lastRead.delete(oldest);
  return reading;
}

/** The comments of YAML itself: those of scripts within texts are none. */
export function commentsOf(text: string): readonly Comment[] {
  return readingOf(text).written.comments;
}

/** The value of a file that holds one document, or nothing where it isn't laid out so that it could be edited. */
export function rootOf(text: string): CST.Token | undefined {
  const { tokens } = readingOf(text).written;
  const documents = tokens.filter((token) => token.type === 'document');
  if (documents.length !== 1 || tokens.some(({ type }) => type === 'error')) return undefined;
  return documents[0]?.value;
}

/** What a text says; undefined where it is no YAML, or more than JSON can hold. */
export function valueOf(text: string): Json | undefined {
  const reading = readingOf(text);
  reading.said ??= { value: readValue(reading.written.tokens, text.length) };
  return reading.said.value;
}

function readTokens(text: string): Written {
  const tokens: CST.Token[] = [];
  const comments: Comment[] = [];
  const parser = new Parser();
  let offset = 0;
  let isScalar = false;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    // These say what comes, and stand in no file.
    if (lexeme === CST.SCALAR || lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END) {
      isScalar = lexeme === CST.SCALAR;
      continue;
    }
    if (!isScalar && lexeme.startsWith('#')) comments.push({ offset, text: lexeme.trimEnd() });
    isScalar = false;
    offset += lexeme.length;
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, comments };
}

function readValue(tokens: readonly CST.Token[], length: number): Json | undefined {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: true,
    // Its own check compares each with each.
    uniqueKeys: false,
    logLevel: 'silent',
  });
  try {
    const [document] = composer.compose(tokens, true, length);
    if (document === undefined || document.errors.length > 0 || saysTwice(document)) return undefined;
    // Written out and read again, what aliases share is there several times, and what is no JSON is refused below.
    return JSON.parse(JSON.stringify(document.toJS())) as Json;
  } catch {
    // Aliases that multiply, say.
    return undefined;
  }
}

/** Whether a mapping has a key twice. */
function saysTwice({ contents }: Document.Parsed): boolean {
  const waiting: unknown[] = [contents];
  for (const node of waiting) {
    if (isSeq(node)) for (const item of node.items) waiting.push(item);
    if (!isMap(node)) continue;
    const names = new Set<unknown>();
    for (const { key, value } of node.items) {
      // What `<<` takes in may be named by several.
      const name = isScalar(key) ? key.value : key;
      if (typeof name !== 'symbol' && names.has(name)) return true;
      names.add(name);
      waiting.push(key, value);
    }
  }
  return false;
}
