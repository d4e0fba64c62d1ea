/** The longest path that a call may name; Linux's own PATH_MAX. */
export const maxPathLength = 4096;

/**
 * Splits a path as a guest gives it into names. `.` and doubled slashes fall away; what would leave the workspace, or isn't
 * a path at all, is a problem. The workspace itself is `[]`.
 */
export function splitPath(path: string): { readonly names: readonly string[] } | { readonly problem: string } {
  if (path.length > maxPathLength) return { problem: `the path is longer than ${maxPathLength} characters` };
  if (path.includes('\0')) return { problem: 'the path holds a NUL character' };
  // Node would write U+FFFD in its place: a name that no rule was asked about.
  if (!path.isWellFormed()) return { problem: 'the path holds half of a character (a lone surrogate)' };
  if (path === '') return { problem: 'the path is empty' };
  if (path.startsWith('/')) return { problem: `\`${path}\` is absolute, and paths are relative to the workspace` };
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) return { problem: `\`${path}\` leaves the workspace by \`..\`` };
  return { names };
}
