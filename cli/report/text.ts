/** Small pieces of text that every report shares. */

const millisecondsPerSecond = 1000;
const secondsPerMinute = 60;
const minutesPerHour = 60;

/** `840ms`, `4.2s`, `3m 12s`, `2h 5m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < millisecondsPerSecond) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / millisecondsPerSecond;
  if (seconds < secondsPerMinute) return `${seconds.toFixed(1)}s`;
  const minutes = Math.floor(seconds / secondsPerMinute);
  if (minutes < minutesPerHour) return `${minutes}m ${Math.floor(seconds % secondsPerMinute)}s`;
  return `${Math.floor(minutes / minutesPerHour)}h ${minutes % minutesPerHour}m`;
}

// ECMA-48: CSI and OSC sequences, other escapes, then what is left of the C0 and C1 controls.
const escapeSequences =
  // oxlint-disable-next-line no-control-regex -- control characters are what this removes
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b.?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/gu;

/** A log line without anything that could move the cursor, recolour the screen or rename the window: its author is not trusted. */
export function plainLine(text: string): string {
  return text.replaceAll(escapeSequences, '').replaceAll('\t', '    ');
}

/** Cuts to `columns` characters, with an ellipsis. */
export function fit(text: string, columns: number): string {
  const characters = Array.from(text);
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** Collects chunks that aren't cut at lines, and hands out whole lines. */
export class LineBuffer {
  #rest = '';

  /** The lines that `chunk` completed. */
  push(chunk: string): readonly string[] {
    const lines = (this.#rest + chunk).split(/\r?\n/u);
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  /** What was left without a line end. */
  flush(): readonly string[] {
    const rest = this.#rest;
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
