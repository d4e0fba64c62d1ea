import type { Diagnostic } from '../../schemas/index.ts';
import type { OutputStream } from '../terminal.ts';
import type { Reporter } from './reporter.ts';
import { plainJson } from './text.ts';

/**
 * NDJSON on stdout, one notice a line; the last is the summary. Messages go to stderr. Warnings of the workflow file come after
 * the first notice, which tells its reader the run's id.
 */
export function createJsonReporter(
  stdout: OutputStream,
  stderr: OutputStream,
  warnings: readonly Diagnostic[],
): Reporter {
  let pending = warnings;
  return {
    notice(notice) {
      stdout.write(`${plainJson(notice)}\n`);
      const { run, at } = notice;
      for (const warning of pending) stdout.write(`${plainJson({ type: 'diagnostic', run, at, ...warning })}\n`);
      pending = [];
    },
    message: (text) => stderr.write(`${text}\n`),
    end: () => {},
  };
}
