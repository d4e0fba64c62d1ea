/** Several values: a list, or one a line. */
export type Lines = string | readonly string[];

/** Which files are meant, as the agent's packing takes it. */
export interface Selection {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The lines that have something on them, without the blanks around. */
export function linesOf(value: Lines | undefined): readonly string[] {
  if (value === undefined) return [];
  const lines = typeof value === 'string' ? value.split(/\r?\n/) : value;
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

/**
 * Reads `path`: patterns of the workspace, and behind `!` those that are left out. Throws on what isn't in the workspace. A pattern
 * means what lies below it as well.
 */
export function selectionOf(path: Lines): Selection {
  const lines = linesOf(path);
  const included = lines.filter((line) => !line.startsWith('!')).map(patternOf);
  const excluded = lines.filter((line) => line.startsWith('!')).map((line) => patternOf(line.slice(1)));
  if (included.length === 0) throw new Error('path: it names nothing to keep');
  return { include: included.flatMap(withAllBelow), exclude: excluded };
}

function patternOf(line: string): string {
  const parts = line.split('/').filter((part) => part !== '' && part !== '.');
  if (line.startsWith('/') || line.startsWith('~') || parts.includes('..')) {
    throw new Error(`path: ${JSON.stringify(line)} is not in the workspace, and nothing else can be kept`);
  }
  return parts.join('/') || '**';
}

function withAllBelow(pattern: string): readonly string[] {
  return pattern.endsWith('**') ? [pattern] : [pattern, `${pattern}/**`];
}
