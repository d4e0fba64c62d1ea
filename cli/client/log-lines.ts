import type { JsonObject } from '../../schemas/index.ts';
import { plainJson, plainLine, plainLogLine } from '../report/text.ts';
import type { OutputStream } from '../terminal.ts';

/** Shows the lines of a run's log as a server sends them. */
export type LineWriter = (line: JsonObject) => void;

/** With their job and step in front, as `waterflow run` prints them. */
export function createPlainLines(stdout: OutputStream): LineWriter {
  const attempts = new Map<string, string>();
  return ({ job, step, job_attempt: jobAttempt, attempt, text }) => {
    const place = `[${plainLine(`${textOf(job)}/${textOf(step)}`)}]`;
    const later = typeof jobAttempt === 'number' && jobAttempt > 1 ? ` of the job's attempt ${jobAttempt}` : '';
    const current = `${typeof attempt === 'number' ? attempt : 1}${later}`;
    if ((attempts.get(place) ?? '1') !== current) stdout.write(`${place} -- attempt ${current}\n`);
    attempts.set(place, current);
    stdout.write(`${place} ${plainLogLine(textOf(text))}\n`);
  };
}

/** One JSON object a line, like the `log` events of `waterflow run --json`. */
export function createJsonLines(stdout: OutputStream, run: string): LineWriter {
  return (line) => stdout.write(`${plainJson({ type: 'log', run, ...line })}\n`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
