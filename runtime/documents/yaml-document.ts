import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLError,
} from 'yaml';
import type { ErrorCode, Json, WaterflowError } from '../../schemas/index.ts';

/** A YAML file of ours that isn't a workflow: a manifest or a policy. */
export interface YamlDocument {
  readonly file: string;
  readonly value: Json;
  /** An error at what `path` leads to; `key` points at the key, `value` at what stands under it. */
  error(at: { readonly path: DocumentPath; readonly part: 'key' | 'value' }, problem: Problem): WaterflowError;
  /** What `path` leads to, and a scalar as it is written there. */
  at(path: DocumentPath): { readonly value: Json | undefined; readonly written: string };
  /** The line of what `path` leads to. */
  lineOf(path: DocumentPath): number;
}

/** Keys and positions from the top of a document. */
export type DocumentPath = readonly (string | number)[];

/** What is wrong, and what to do about it. */
export interface Problem {
  readonly message: string;
  readonly remedy: string;
}

/** Much larger than any manifest or policy that a person wrote. */
const maxCharacters = 256 * 1024;

/**
 * Reads YAML 1.2 with what could make two readers see two things refused: duplicate keys, custom tags, several documents,
 * `__proto__`. `code` is that of every error.
 */
export function readYamlDocument(
  text: string,
  source: { readonly file: string; readonly code: ErrorCode },
): { readonly document: YamlDocument } | { readonly errors: readonly WaterflowError[] } {
  const { file, code } = source;
  const fail = (message: string, remedy: string): { readonly errors: readonly WaterflowError[] } => ({
    errors: [{ code, message, remedy, file, line: 1, column: 1 }],
  });
  if (text.length > maxCharacters)
    return fail(`${file} is longer than ${maxCharacters} characters`, 'Make it smaller.');
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, version: '1.2', uniqueKeys: false });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined) return fail(`${file} is empty`, 'Write the file.');
    if (second !== undefined)
      return fail(`${file} holds several documents`, 'Keep only the first one; remove the `---`.');
    const complaints = [...document.errors, ...document.warnings];
    if (complaints.some((error) => error.code === 'RESOURCE_EXHAUSTION')) return tooDeep(fail, file);
    const syntax = complaints.map((error): WaterflowError => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { code, file, line, column: col, ...syntaxProblem(error, text) };
    });
    if (syntax.length > 0) return { errors: syntax };
    const contents: Node | null = document.contents;
    const wrongKey = findWrongKey(contents);
    const place = (offset: number | undefined): { line: number; column: number } => {
      const { line, col } = lines.linePos(offset ?? 0);
      return { line, column: col };
    };
    if (wrongKey !== undefined) {
      const { offset, ...problem } = wrongKey;
      return { errors: [{ code, file, ...place(offset), ...problem }] };
    }
    return {
      document: {
        file,
        // The core schema makes nothing but JSON values; tags that would are errors above.
        value: document.toJS({ maxAliasCount: 100 }) as Json,
        error: ({ path, part }, problem) => ({ code, file, ...place(offsetOf(contents, path, part)), ...problem }),
        at: (path) => {
          const node = nodeAt(contents, path);
          // As above; of a node that isn't there nothing.
          const found = isNode(node) ? (node.toJS(document) as Json) : undefined;
          return { value: found, written: isScalar(node) ? (node.source ?? '') : '' };
        },
        lineOf: (path) => place(offsetOf(contents, path, 'value')).line,
      },
    };
  } catch (cause) {
    // Deep nesting overflows the parser's stack; too many aliases are a ReferenceError of toJS().
    if (cause instanceof RangeError) return tooDeep(fail, file);
    if (cause instanceof ReferenceError) return fail(`${file}: ${firstLine(cause.message)}`, 'Use fewer aliases.');
    throw cause;
  }
}

function syntaxProblem({ message, pos }: YAMLError, text: string): Problem {
  // Between brackets the library takes the expression's braces for a mapping.
  const around = text.slice(Math.max(0, pos[0] - 2), pos[0] + 3);
  if (!around.includes('${') && !around.includes('{{')) {
    return { message: firstLine(message), remedy: 'Correct the YAML there.' };
  }
  return {
    message: '`${{ }}` between brackets must be quoted, since `{` begins a mapping there',
    remedy: "Write '${{ … }}' in quotes, or an entry on each line.",
  };
}

function tooDeep<Failed>(fail: (message: string, remedy: string) => Failed, file: string): Failed {
  return fail(`${file} is nested too deeply`, 'Nest less.');
}

/** Errors in the order in which a reader of the file comes upon them. */
export function inFileOrder(errors: readonly WaterflowError[]): readonly WaterflowError[] {
  return [...errors].sort(
    (left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0),
  );
}

/** Where the key or the value that `path` leads to begins; where the path ends early, what it led to so far. */
function offsetOf(contents: Node | null, path: DocumentPath, part: 'key' | 'value'): number | undefined {
  let node: unknown = contents;
  let offset = startOf(contents);
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(
        (item: Pair) => String(isScalar(item.key) ? item.key.value : item.key) === String(step),
      );
      if (pair === undefined) return offset;
      offset = startOf(last && part === 'key' ? pair.key : pair.value) ?? startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

/** The node that `path` leads to; undefined where there is none. */
function nodeAt(contents: Node | null, path: DocumentPath): unknown {
  return path.reduce<unknown>((node, step) => {
    if (isSeq(node)) return node.items[Number(step)];
    if (!isMap(node)) return undefined;
    return node.items.find(({ key }: Pair) => String(isScalar(key) ? key.value : key) === String(step))?.value;
  }, contents);
}

function startOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

/**
 * The first key that must not be: `__proto__`, or one that its mapping has already. yaml 2 would look for the latter by
 * comparing each key with each, which takes seconds for as many as a file can hold.
 */
function findWrongKey(contents: Node | null): (Problem & { readonly offset: number | undefined }) | undefined {
  let found: (Problem & { readonly offset: number | undefined }) | undefined;
  visit(contents, {
    Map(_index, map) {
      const known = new Set<unknown>();
      for (const { key } of map.items) {
        const value = isScalar(key) ? key.value : key;
        if (value === '__proto__') {
          found = { message: "`__proto__` can't be a key", remedy: 'Use another name.', offset: startOf(key) };
        } else if (known.has(value)) {
          found = { message: `\`${String(value)}\` stands here twice`, remedy: 'Keep one.', offset: startOf(key) };
        }
        if (found !== undefined) return visit.BREAK;
        known.add(value);
      }
      return undefined;
    },
  });
  return found;
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/ at line \d+, column \d+:$/, '') ?? text;
}
