import { type PathPattern, parsePathPattern } from '../fs/glob.ts';
import type { MatchBudget } from '../match-budget.ts';

/** A path on the other machine: from its root, or from the home folder of the login. */
export interface RemotePath {
  readonly base: 'root' | 'home';
  readonly names: readonly string[];
}

/** A pattern of an entry's `read` or `write`; one from the root is never met by a path from the home, nor the other way. */
export interface RemotePattern {
  readonly text: string;
  readonly base: RemotePath['base'];
  readonly pattern: PathPattern;
}

const maxPathLength = 4096;

/** Splits a path as a guest gives it; `.` and doubled slashes fall away. */
export function splitRemotePath(path: string): RemotePath | { readonly problem: string } {
  if (path === '') return { problem: 'the path is empty' };
  if (path.length > maxPathLength) return { problem: `the path is longer than ${maxPathLength} characters` };
  if (path.includes('\0')) return { problem: 'the path holds a NUL character' };
  if (!path.isWellFormed()) return { problem: 'the path holds half of a character (a lone surrogate)' };
  // A server on Windows takes it for a slash, so that `a\..\..` would be one name here and three there.
  if (path.includes('\\')) return { problem: 'the path holds a backslash, which some servers take for a slash' };
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) return { problem: `\`${path}\` holds \`..\`` };
  return { base: path.startsWith('/') ? 'root' : 'home', names };
}

/** Reads a pattern in the grammar of fs, from the root if it begins with a slash, else from the home folder. */
export function parseRemotePattern(text: string): { readonly pattern: RemotePattern } | { readonly problem: string } {
  const bare = text.replace(/^\/+/, '');
  const parsed = parsePathPattern(bare === '' && text !== '' ? '.' : bare);
  if ('problem' in parsed) return parsed;
  return { pattern: { text, base: text.startsWith('/') ? 'root' : 'home', pattern: parsed.pattern } };
}

/** The path as the server gets it. */
export function remoteText({ base, names }: RemotePath): string {
  if (base === 'root') return `/${names.join('/')}`;
  return names.length === 0 ? '.' : names.join('/');
}

/** What lies below a path. */
export function below(path: RemotePath, ...names: readonly string[]): RemotePath {
  return { base: path.base, names: [...path.names, ...names] };
}

/**
 * Whether a pattern means the path. `home` is where the home folder really lies, for a path that a server gave: there a path
 * from the root may be one from the home.
 */
export function matchesRemotePath(
  pattern: RemotePattern,
  path: RemotePath,
  how: { readonly reaching: boolean; readonly home: RemotePath | undefined; readonly budget?: MatchBudget },
): boolean {
  const meets = (names: readonly string[]): boolean =>
    how.reaching ? pattern.pattern.reaches(names, how.budget) : pattern.pattern.matches(names, how.budget);
  if (pattern.base === path.base) return meets(path.names);
  if (pattern.base === 'root' || how.home === undefined) return false;
  const home = how.home.names;
  return home.every((name, index) => path.names[index] === name) && meets(path.names.slice(home.length));
}
