import { randomBytes } from 'node:crypto';
import type { JobKey, RunId, StepKey } from '../../../schemas/index.ts';
import type { LogSegment } from '../../port.ts';
import { createRunIds } from '../../run-id.ts';
import type { ShippedLogs } from '../port.ts';

/** Makes an id of a run. */
export const newRun: () => RunId = createRunIds({
  now: () => Date.now(),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
});

/** So many segments of one step's attempt, from a sequence on. */
export function segments(from: number, count: number, more: Partial<LogSegment> = {}): readonly LogSegment[] {
  return Array.from({ length: count }, (_, index) => ({
    job: 'build' as JobKey,
    step: 'test' as StepKey,
    job_attempt: 1,
    attempt: 1,
    sequence: from + index,
    at: 1_700_000_000_000 + index,
    stream: 'stdout' as const,
    text: `text ${from + index}\n`,
    ...more,
  }));
}

export async function textsOf(logs: ShippedLogs, run: RunId, after = 0): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { text } of logs.read(run, after)) texts.push(text);
  return texts;
}
