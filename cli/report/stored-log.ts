import type { RunId } from '../../schemas/index.ts';
import type { PlacedSegment } from '../../storage/index.ts';
import type { OutputStream } from '../terminal.ts';
import { LineBuffer, plainJson, plainLine, plainLogLine } from './text.ts';

/** Shows a run's log from the store, part by part. */
export interface LogWriter {
  write(segment: PlacedSegment): void;
  /** Nothing more comes: what is left without a line end is shown, too. */
  end(): void;
}

/** Lines with their job and step in front, as `waterflow run` prints them. */
export function createPlainLog(stdout: OutputStream): LogWriter {
  const steps = new Map<string, { attempt: string; readonly buffer: LineBuffer }>();
  const print = (place: string, text: string): void => stdout.write(`[${plainLine(place)}] ${text}\n`);
  const flush = (place: string, buffer: LineBuffer): void => {
    for (const line of buffer.flush()) print(place, plainLogLine(line));
  };
  return {
    write({ job, step, job_attempt, attempt, text }) {
      const place = `${job}/${step}`;
      const current = `${job_attempt}.${attempt}`;
      const known = steps.get(place) ?? { attempt: '1.1', buffer: new LineBuffer() };
      steps.set(place, known);
      if (known.attempt !== current) {
        flush(place, known.buffer);
        known.attempt = current;
        print(place, `-- attempt ${attempt}${job_attempt > 1 ? ` of the job's attempt ${job_attempt}` : ''}`);
      }
      for (const line of known.buffer.push(text)) print(place, plainLogLine(line));
    },
    end() {
      for (const [place, { buffer }] of steps) flush(place, buffer);
    },
  };
}

/** One JSON object a part, like the `log` events of `waterflow run --json`. */
export function createJsonLog(stdout: OutputStream, run: RunId): LogWriter {
  return {
    write({ job, step, job_attempt, attempt, sequence, at, stream, text }) {
      const part = { job, step, job_attempt, attempt, sequence, stream, text };
      stdout.write(`${plainJson({ type: 'log', run, at: new Date(at).toISOString(), ...part })}\n`);
    },
    end: () => {},
  };
}
