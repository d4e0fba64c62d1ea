/** Longer words are never a slip of the finger worth guessing at, and the comparison is quadratic. */
const longestWord = 64;

/**
 * The candidate that `word` most likely meant, for "did you mean": the one with the fewest slips (a letter added, left
 * out, replaced, or swapped with its neighbour; letter case doesn't count), as long as at most a third of the word
 * is wrong. The first of equally near ones. Undefined where nothing is near, or where the word itself is a candidate.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  // One slip is forgiven in any word, so that `jb` finds `job`.
  let allowed = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of candidates) {
    if (candidate === word) return undefined;
    if (candidate.length > longestWord || Math.abs(candidate.length - word.length) > allowed) continue;
    const slips = slipsBetween(wanted, candidate.toLowerCase());
    // A word of which nothing is left is another word, not a slip.
    if (slips > allowed || slips >= Math.max(word.length, candidate.length)) continue;
    best = candidate;
    // Only a strictly nearer candidate may replace this one.
    allowed = slips - 1;
    if (allowed < 0) break;
  }
  return best;
}

/** The optimal string alignment distance: edits, with a swap of neighbours as one. */
function slipsBetween(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let slips = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) slips = Math.min(slips, at(beforePrevious, column - 2) + 1);
      current.push(slips);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
