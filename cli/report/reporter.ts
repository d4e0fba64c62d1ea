import type { RunNotice } from '../../engine/port.ts';

/** Shows a run while it goes on. One implementation a form of output: a live tree, plain lines, NDJSON. */
export interface Reporter {
  notice(notice: RunNotice): void;
  /** A line of our own beside the run, e.g. that Ctrl-C was seen. */
  message(text: string): void;
  /** Ends the display; the summary is printed by its own function. */
  end(): void;
}
