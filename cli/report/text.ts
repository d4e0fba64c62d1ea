/** Small pieces of text that every report shares. */

export { escapedJson, plainJson, plainLine, plainLogLine } from '../../schemas/plain-text.ts';

const millisecondsPerSecond = 1000;
const secondsPerMinute = 60;
const minutesPerHour = 60;

/** `840ms`, `4.2s`, `3m 12s`, `2h 5m`. */
export function formatDuration(milliseconds: number): string {
  const rounded = Math.max(0, Math.round(milliseconds));
  if (rounded < millisecondsPerSecond) return `${rounded}ms`;
  const tenths = Math.floor(rounded / (millisecondsPerSecond / 10));
  if (tenths < secondsPerMinute * 10) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.floor(rounded / millisecondsPerSecond);
  const minutes = Math.floor(seconds / secondsPerMinute);
  if (minutes < minutesPerHour) return `${minutes}m ${seconds % secondsPerMinute}s`;
  return `${Math.floor(minutes / minutesPerHour)}h ${minutes % minutesPerHour}m`;
}

/** `1 cell`, `3 cells`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A longer line is handed out in pieces, so that a log without line ends takes neither memory nor time without end. */
const longestLine = 16 * 1024;

/** Collects chunks that aren't cut at lines, and hands out whole lines. */
export class LineBuffer {
  #rest = '';

  /** The lines that `chunk` completed. */
  push(chunk: string): readonly string[] {
    const lines = (this.#rest + chunk).split(/\r?\n/u);
    this.#rest = lines.pop() ?? '';
    while (this.#rest.length > longestLine) {
      lines.push(this.#rest.slice(0, longestLine));
      this.#rest = this.#rest.slice(longestLine);
    }
    return lines;
  }

  /** What was left without a line end. */
  flush(): readonly string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
