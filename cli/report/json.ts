import type { OutputStream } from '../terminal.ts';
import type { Reporter } from './reporter.ts';

/** NDJSON on stdout, one notice a line; the last is the summary. Messages go to stderr. */
export function createJsonReporter(stdout: OutputStream, stderr: OutputStream): Reporter {
  return {
    notice: (notice) => stdout.write(`${JSON.stringify(notice)}\n`),
    message: (text) => stderr.write(`${text}\n`),
    end: () => {},
  };
}
