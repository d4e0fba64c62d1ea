import { type PathPattern, parsePathPattern } from '../../fs/glob.ts';

/** What of a context stays out of the archive, by its .dockerignore. */
export interface Ignore {
  /** The last line that means the path or a folder above it decides. */
  ignores(path: readonly string[]): boolean;
  /** Whether something below an ignored folder might be let in again. */
  readonly hasExceptions: boolean;
}

interface Line {
  readonly pattern: PathPattern;
  readonly lets: 'out' | 'in';
}

const maxLines = 1000;

/** Nothing is ignored. */
export const ignoreNothing: Ignore = { ignores: () => false, hasExceptions: false };

/** Reads a .dockerignore. Classes of characters, which hardly anybody writes, are a problem and not ignored. */
export function parseIgnore(text: string): { readonly ignore: Ignore } | { readonly problem: string } {
  const lines: Line[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/u, '')
    .split(/\r?\n/u)
    .entries()) {
    if (raw.startsWith('#')) continue;
    const trimmed = raw.trim();
    const isException = trimmed.startsWith('!');
    const path = (isException ? trimmed.slice(1).trim() : trimmed).replace(/^\/+/u, '');
    if (path === '' || path === '.') continue;
    const parsed = parsePathPattern(path);
    if ('problem' in parsed) return { problem: `line ${index + 1}: ${parsed.problem}` };
    lines.push({ pattern: parsed.pattern, lets: isException ? 'in' : 'out' });
    if (lines.length > maxLines) return { problem: `it has more than ${maxLines} lines` };
  }
  return {
    ignore: {
      hasExceptions: lines.some((line) => line.lets === 'in'),
      ignores(names) {
        const prefixes = names.map((_name, index) => names.slice(0, index + 1));
        const last = lines.findLast(({ pattern }) => prefixes.some((prefix) => pattern.matches(prefix)));
        return last?.lets === 'out';
      },
    },
  };
}
