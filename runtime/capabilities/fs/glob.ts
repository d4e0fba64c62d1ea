import type { MatchBudget } from '../match-budget.ts';

/**
 * Path patterns of permission entries and of `fs.glob`: `*` is any run of characters within a name, `?` one character, a
 * whole segment `**` any number of segments (none too), `\` takes the next character literally. `[ ] { } !` are reserved.
 * Every name counts, those that begin with a dot too: a permission must not hold less than it seems to.
 *
 * Matching is polynomial for any pattern, untrusted ones too: names by two pointers, paths by a set of states.
 */
export interface PathPattern {
  readonly text: string;
  /** Whether the path, as segments, matches; not where the budget is spent. */
  matches(path: readonly string[], budget?: MatchBudget): boolean;
  /** Whether the path matches, or one below it could; not where the budget is spent. */
  reaches(path: readonly string[], budget?: MatchBudget): boolean;
}

type Token =
  | { readonly kind: 'text'; readonly character: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'run' };
type Segment = { readonly kind: 'any depth' } | { readonly kind: 'name'; readonly tokens: readonly Token[] };

const maxPatternLength = 4096;
/** More than anybody needs; each is one more place at which a match may go on. */
const maxAnyDepth = 16;
const reserved = '[]{}!';

/** Reads a pattern; a problem says what is wrong with it. */
export function parsePathPattern(text: string): { readonly pattern: PathPattern } | { readonly problem: string } {
  if (text === '') return { problem: 'a path pattern is empty' };
  if (text.length > maxPatternLength)
    return { problem: `a path pattern is longer than ${maxPatternLength} characters` };
  if (text.includes('\0')) return { problem: 'a path pattern holds a NUL character' };
  if (text.startsWith('/')) return { problem: `\`${text}\` is absolute: patterns are relative to the workspace` };
  const segments: Segment[] = [];
  for (const part of text.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') return { problem: `\`${text}\` leaves the workspace by \`..\`` };
    const segment = parseSegment(part);
    if ('problem' in segment) return { problem: `\`${text}\`: ${segment.problem}` };
    // Two `**` in a row are one.
    if (segment.kind === 'name' || segments.at(-1)?.kind !== 'any depth') segments.push(segment);
  }
  if (segments.filter(({ kind }) => kind === 'any depth').length > maxAnyDepth)
    return { problem: `a path pattern has more than ${maxAnyDepth} \`**\`` };
  return { pattern: patternOf(text, segments) };
}

/** Writes a path so that the pattern grammar takes it literally. */
export function quotePathPattern(text: string): string {
  return text.replace(/[\\*?[\]{}!]/g, '\\$&');
}

/** {@link quotePathPattern} behind text that is already part of a pattern: a `\\` at its end would take the first quote for itself. */
export function quotePathAfter(before: string, text: string): { readonly text: string } | { readonly problem: string } {
  const backslashes = /\\*$/.exec(before)?.[0].length ?? 0;
  if (backslashes % 2 === 0) return { text: quotePathPattern(text) };
  return { problem: `a \`\\\` stands right before the value \`${text}\` in a path pattern` };
}

function parseSegment(part: string): Segment | { readonly problem: string } {
  if (part === '**') return { kind: 'any depth' };
  const tokens: Token[] = [];
  const characters = Array.from(part);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? '';
    if (character === '\\') {
      index += 1;
      const escaped = characters[index];
      if (escaped === undefined) return { problem: 'a `\\` stands at the end of a name, with nothing to escape' };
      tokens.push({ kind: 'text', character: escaped });
    } else if (character === '*') {
      if (tokens.at(-1)?.kind === 'run') return { problem: '`**` must be a whole segment, as in `a/**/b`' };
      tokens.push({ kind: 'run' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (reserved.includes(character)) return { problem: `\`${character}\` is reserved: write \`\\${character}\`` };
    else tokens.push({ kind: 'text', character });
  }
  const name = tokens.map((token) => (token.kind === 'text' ? token.character : '*')).join('');
  // Escaped, so not seen by the caller's check: `\.\.` is still `..`.
  if (name === '..' || name === '.') return { problem: '`.` and `..` are not names' };
  return { kind: 'name', tokens };
}

function patternOf(text: string, segments: readonly Segment[]): PathPattern {
  const beginning = literalBeginning(segments);
  /** Most paths differ from most patterns in one of the first names, and are told apart by these alone. */
  const differs = (path: readonly string[]): boolean =>
    beginning.some((name, index) => index < path.length && path[index] !== name);
  /** Indices into `segments` at which a match may go on after `path`. */
  const statesAfter = (path: readonly string[], budget: MatchBudget): ReadonlySet<number> => {
    let states = closure(segments, [0]);
    for (const name of path) {
      budget.steps -= states.size + (name.length >> 3);
      const characters = Array.from(name);
      const next: number[] = [];
      for (const state of states) {
        const segment = segments[state];
        if (segment === undefined) continue;
        if (segment.kind === 'any depth') next.push(state);
        else if (nameMatches(segment.tokens, characters, budget)) next.push(state + 1);
      }
      if (budget.steps < 0) return none;
      states = closure(segments, next);
      if (states.size === 0) break;
    }
    return states;
  };
  return {
    text,
    matches: (path, budget = unlimited()) => !differs(path) && statesAfter(path, budget).has(segments.length),
    reaches: (path, budget = unlimited()) => !differs(path) && statesAfter(path, budget).size > 0,
  };
}

const none: ReadonlySet<number> = new Set();

/** For a pattern that is asked alone, as in a walk that has its own limits. */
function unlimited(): MatchBudget {
  return { steps: Number.POSITIVE_INFINITY };
}

/** The names with which every path that matches begins. */
function literalBeginning(segments: readonly Segment[]): readonly string[] {
  const names: string[] = [];
  for (const segment of segments) {
    if (segment.kind === 'any depth' || segment.tokens.some(({ kind }) => kind !== 'text')) break;
    names.push(segment.tokens.map((token) => (token.kind === 'text' ? token.character : '')).join(''));
  }
  return names;
}

/** Adds the states that a `**` reaches by standing for no segment. */
function closure(segments: readonly Segment[], states: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  for (let state of states) {
    reached.add(state);
    while (segments[state]?.kind === 'any depth') {
      state += 1;
      reached.add(state);
    }
  }
  return reached;
}

/** Two pointers and the last `*`: a mismatch lets that `*` take one character more. At most pattern x name steps. */
function nameMatches(tokens: readonly Token[], characters: readonly string[], budget: MatchBudget): boolean {
  let token = 0;
  let position = 0;
  let lastRun: { readonly token: number; position: number } | undefined;
  while (position < characters.length) {
    const current = tokens[token];
    if (current?.kind === 'run') {
      if (token === tokens.length - 1) return true;
      lastRun = { token, position };
      token += 1;
    } else if (current?.kind === 'one' || (current?.kind === 'text' && current.character === characters[position])) {
      token += 1;
      position += 1;
    } else if (lastRun !== undefined) {
      budget.steps -= 1 + ((position - lastRun.position) >> 3);
      if (budget.steps < 0) return false;
      lastRun.position += 1;
      position = lastRun.position;
      token = lastRun.token + 1;
    } else return false;
  }
  while (tokens[token]?.kind === 'run') token += 1;
  return token === tokens.length;
}
