import type { RecordedLog } from '../../../engine/port.ts';

const start = Date.UTC(2026, 0, 1);

/** Segments in order, a second apart, of step `step` of job `build` where a part says nothing else. */
export function segmentsOf(parts: readonly Partial<RecordedLog>[]): readonly RecordedLog[] {
  const sequences = new Map<string, number>();
  return parts.map((part, index) => {
    const { job = 'build', step = 'step', job_attempt = 1, attempt = 1, stream = 'stdout', text = '' } = part;
    const key = JSON.stringify([job, step, job_attempt, attempt]);
    const sequence = (sequences.get(key) ?? 0) + 1;
    sequences.set(key, sequence);
    const at = part.at ?? new Date(start + index * 1000).toISOString();
    return { position: index + 1, at, job, step, job_attempt, attempt, sequence, stream, text };
  });
}
