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
    const slips = slipsBetween(wanted, candidate.toLowerCase(), allowed);
    // A word of which nothing is left is another word, not a slip.
    if (slips > allowed || slips >= Math.max(word.length, candidate.length)) continue;
    best = candidate;
    // Only a strictly nearer candidate may replace this one.
    allowed = slips - 1;
    if (allowed < 0) break;
  }
  return best;
}

/** Rows of the distance's table, the one at hand and the two before it: a file of slips compares a word with each of many. */
let rows: readonly [Uint8Array, Uint8Array, Uint8Array] = [newRow(), newRow(), newRow()];

function newRow(): Uint8Array {
  // In lower case a word can be longer.
  return new Uint8Array(3 * longestWord + 1);
}

/** The optimal string alignment distance: edits, with a swap of neighbours as one. Of more than `most` only that it is more. */
function slipsBetween(left: string, right: string, most: number): number {
  for (let column = 0; column <= right.length; column += 1) rows[1][column] = column;
  let least = 0;
  for (let row = 1; row <= left.length; row += 1) {
    const [current, previous, beforePrevious] = [rows[0], rows[1], rows[2]];
    const leastBefore = least;
    current[0] = row;
    least = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left.charCodeAt(row - 1) === right.charCodeAt(column - 1);
      let slips = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 &&
        column > 1 &&
        left.charCodeAt(row - 1) === right.charCodeAt(column - 2) &&
        left.charCodeAt(row - 2) === right.charCodeAt(column - 1);
      if (swapped) slips = Math.min(slips, at(beforePrevious, column - 2) + 1);
      current[column] = slips;
      least = Math.min(least, slips);
    }
    // What follows builds on this row or, by a swap, on the one before.
    if (Math.min(least, leastBefore) > most) return most + 1;
    rows = [beforePrevious, current, previous];
  }
  return at(rows[1], right.length);
}

function at(row: Uint8Array, column: number): number {
  return row[column] ?? 0;
}
