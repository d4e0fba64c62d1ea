/**
 * Characters that terminals draw two columns wide: East Asian wide ones (Unicode Standard Annex #11, coarsely) and pictographs.
 * One column too many only cuts a line early; one too few would wrap it and break a display that is redrawn in place.
 */
const wide =
  /[\p{Extended_Pictographic}\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal a text takes at most. It holds no control characters. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += wide.test(character) ? 2 : 1;
  return columns;
}

/** Cuts to `columns` columns, with an ellipsis where something was cut. Fewer than one column leave nothing. */
export function fit(text: string, columns: number): string {
  if (columns < 1) return '';
  if (columnsOf(text) <= columns) return text;
  let taken = '';
  let left = columns - 1;
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    taken += character;
  }
  return `${taken}…`;
}

/** Fills up with spaces to `columns` columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
