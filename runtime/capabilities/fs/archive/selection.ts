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

const maxPatterns = 64;
/** Patterns meet every path of an archive, and both may be hostile: matching takes at most pattern times path. */
const maxPatternLength = 256;

const pattern: Json = { type: 'string', maxLength: maxPatternLength };

/** The part of an operation's schema that {@link SelectionArgs} are. */
export const selectionSchema: Readonly<Record<string, Json>> = {
  include: { type: 'array', minItems: 1, maxItems: maxPatterns, items: pattern },
  exclude: { type: 'array', maxItems: maxPatterns, items: pattern },
};

/** Reads the patterns. Throws INVALID_ARGUMENTS for one that is none. */
export function selectionOf(args: SelectionArgs): Selection {
  const include = (args.include ?? ['**']).map(patternOf);
  const exclude = (args.exclude ?? []).map(patternOf);
  // Each folder is asked about once, however many files lie in it.
  const excludedFolders = new Map<string, boolean>();
  const isExcluded = (names: readonly string[]): boolean => {
    const above = names.slice(0, -1);
    const path = above.join('/');
    let isAboveExcluded = above.length > 0 && excludedFolders.get(path);
    if (isAboveExcluded === undefined) {
      isAboveExcluded = isExcluded(above);
      excludedFolders.set(path, isAboveExcluded);
    }
    return isAboveExcluded || exclude.some((each) => each.matches(names));
  };
  return {
    includes: (names) => include.some((each) => each.matches(names)) && !isExcluded(names),
    reaches: (names) => include.some((each) => each.reaches(names)) && !isExcluded(names),
  };
}

function patternOf(text: string): PathPattern {
  const parsed = parsePathPattern(text);
  if ('problem' in parsed) throw new CallFailure('INVALID_ARGUMENTS', parsed.problem);
  return parsed.pattern;
}
