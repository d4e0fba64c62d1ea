import type { Json } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import { type PathPattern, parsePathPattern } from '../glob.ts';

/** Which entries of an archive a call means, as path patterns from the archive's root. */
export interface SelectionArgs {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** The patterns of a call, read. */
export interface Selection {
  /** Whether an entry is meant. What lies below an excluded folder is excluded too. */
  includes(names: readonly string[]): boolean;
  /** Whether something at the path, or below it, could be meant. */
  reaches(names: readonly string[]): boolean;
}

const maxPatterns = 100;

/** The part of an operation's schema that {@link SelectionArgs} are. */
export const selectionSchema: Readonly<Record<string, Json>> = {
  include: { type: 'array', minItems: 1, maxItems: maxPatterns, items: { type: 'string' } },
  exclude: { type: 'array', maxItems: maxPatterns, items: { type: 'string' } },
};

/** Reads the patterns. Throws INVALID_ARGUMENTS for one that is none. */
export function selectionOf(args: SelectionArgs): Selection {
  const include = (args.include ?? ['**']).map(patternOf);
  const exclude = (args.exclude ?? []).map(patternOf);
  const isExcluded = (names: readonly string[]): boolean =>
    names.some((_, index) => exclude.some((pattern) => pattern.matches(names.slice(0, index + 1))));
  return {
    includes: (names) => include.some((pattern) => pattern.matches(names)) && !isExcluded(names),
    reaches: (names) => include.some((pattern) => pattern.reaches(names)) && !isExcluded(names),
  };
}

function patternOf(text: string): PathPattern {
  const parsed = parsePathPattern(text);
  if ('problem' in parsed) throw new CallFailure('INVALID_ARGUMENTS', parsed.problem);
  return parsed.pattern;
}
