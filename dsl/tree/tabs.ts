import { LineIndex, type Widening } from '../source/lines.ts';

/** What a tab may have been meant as, likeliest first; 0 is one that slipped in. */
export const tabWidths: readonly number[] = [2, 4, 8, 1, 0];

/**
 * The text with each tab at the start of a line as `width` spaces, and where its characters stand in the file. Only for finding
 * out what else is wrong: a file that needs it is never run.
 */
export function widenTabs(text: string, width: number): { readonly text: string; readonly lines: LineIndex } {
  const widenings = new Map<number, Widening>();
  const widened = text
    .split('\n')
    .map((line, index) => {
      const indentation = /^[ \t]*/.exec(line)?.[0] ?? '';
      if (!indentation.includes('\t')) return line;
      const wide = indentation.replaceAll('\t', ' '.repeat(width));
      widenings.set(index + 1, { from: indentation.length, to: wide.length });
      return wide + line.slice(indentation.length);
    })
    .join('\n');
  return { text: widened, lines: new LineIndex(widened, widenings) };
}
