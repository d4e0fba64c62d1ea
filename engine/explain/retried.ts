import type { RunDetails } from '../port.ts';
import type { FailedAttempt, Retried } from './api.ts';
import { inOrder } from './causes.ts';
import { type ExplanationFacts, stepPlace } from './facts.ts';

/** Steps and jobs that took more than one attempt, with how each failed one ended. */
export function retriedOf({ run, history }: ExplanationFacts): readonly Retried[] {
  return inOrder(run.jobs).flatMap(([job, details]) => {
    const lost = history.lost.get(job) ?? [];
    const steps = inOrder(details.steps).flatMap(([step, { attempts, status, outcome }]): readonly Retried[] => {
      const failures = history.failures.get(stepPlace(job, step)) ?? [];
      const again = triedAgain(failures, outcome);
      const tried = allOf(attempts, failures, outcome);
      return again
        ? [{ job, step, attempts: tried, status, verdict: verdictOf(failures, outcome, run), failures }]
        : [];
    });
    const { attempts, status } = details;
    const outcome = details.ended_at === undefined ? undefined : status;
    const whole: readonly Retried[] = triedAgain(lost, outcome)
      ? [
          {
            job,
            attempts: allOf(attempts, lost, outcome),
            status,
            verdict: verdictOf(lost, outcome, run),
            failures: lost,
          },
        ]
      : [];
    return [...whole, ...steps];
  });
}

/** Those of earlier attempts of the run with them, of which failures tell, too. */
function allOf(attempts: number, failures: readonly FailedAttempt[], outcome: string | undefined): number {
  return Math.max(attempts, failures.length + (outcome === 'failure' ? 0 : 1));
}

/** A single failure is no second attempt where it is how the step ended. */
function triedAgain(failures: readonly FailedAttempt[], outcome: string | undefined): boolean {
  return failures.length > (outcome === 'failure' ? 1 : 0) && outcome !== 'cancelled' && outcome !== 'skipped';
}

function verdictOf(
  failures: readonly FailedAttempt[],
  outcome: string | undefined,
  { attempt }: RunDetails,
): Retried['verdict'] {
  if (outcome === undefined) return 'in progress';
  if (outcome !== 'success') return 'failed each time';
  // A rerun may have other inputs or secrets.
  return failures.every(({ run_attempt }) => run_attempt < attempt) ? 'succeeded after a rerun' : 'flaky';
}
