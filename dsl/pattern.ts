/** Whether a text matches a pattern, a JavaScript regular expression; undefined where that would take, or took, too long. */
export type MatchPattern = (pattern: string, text: string) => boolean | undefined;

/** Of the steps that backtracking may need; some tens of ms. */
const mostSteps = 10_000_000;
const longestPattern = 500;

/**
 * Matches where that surely ends soon, whoever wrote pattern and text. Backtracking is exponential only with repeated groups, references
 * back or looking around, and else polynomial in the text's length, by the number of repetitions and choices. What isn't sure is left undecided: only
 * a matcher that can be interrupted could tell, and this one is pure.
 */
export const matchCheaply: MatchPattern = (pattern, text) => {
  const repetitions = countRepetitions(pattern);
  if (repetitions === undefined || (text.length + 1) ** (repetitions + 1) > mostSteps) return undefined;
  return compilePattern(pattern)?.test(text);
};

/** Undefined where the text is no regular expression. */
export function compilePattern(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

/** How often a pattern repeats something or leaves a choice; undefined where it has what may be exponential. */
function countRepetitions(pattern: string): number | undefined {
  if (pattern.length > longestPattern) return undefined;
  // Escaped characters and classes match one character each, whatever stands in them.
  const outline = pattern
    .replaceAll(/\\[1-9k]/g, '(?=')
    .replaceAll(/\\./gu, 'x')
    .replaceAll(/\[(?:[^\]])*\]/g, 'x');
  if (/\)[*+{]|\(\?(?!:)/.test(outline)) return undefined;
  return outline.replaceAll('(?:', '(').match(/[*+?{|]/g)?.length ?? 0;
}
