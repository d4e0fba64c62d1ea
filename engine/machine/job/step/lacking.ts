import { isJsonObject, type PlannedStep } from '../../../../schemas/index.ts';
import { errorAt } from '../../errors.ts';
import type { TriedStep } from '../sequence/sequence.ts';
import { jobStatusIn } from '../sequence/status.ts';
import type { Cursor } from '../turn.ts';
import { lastAttempt } from './concluding.ts';
import { endTriedStep, failed } from './ending.ts';

/** A step that an agent hasn't got yet. */
type LackingStep = Extract<TriedStep, { readonly state: 'running' }>;

/** True where the step only tidies up: its job, or a job that it comes after, failed or was cancelled. Then it waits for nobody. */
export function tidiesUp(cursor: Cursor): boolean {
  if (jobStatusIn(cursor) !== 'success') return true;
  const { needs } = cursor.turn.active.start;
  return Object.values(needs).some(
    (job) => isJsonObject(job) && (job['result'] === 'failure' || job['result'] === 'cancelled'),
  );
}

/** Ends a step that would wait for secrets for ever. */
export function failForSecrets(
  cursor: Cursor,
  step: PlannedStep,
  { current, secrets }: { readonly current: LackingStep; readonly secrets: readonly string[] },
): void {
  const error = errorAt(step.at, {
    code: 'SECRET_MISSING',
    message: `the values of secrets that the step needs were not there when the job came to its end: ${secrets.join(', ')}`,
    remedy: 'Run the job again with the secrets. A run that has failed or is cancelled does not wait for them.',
  });
  // It never began.
  endTriedStep(cursor, step, { result: failed({ error }), attempt: lastAttempt({ ...current, lacks: secrets }) });
}
