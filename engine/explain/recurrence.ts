import type { RunDetails } from '../port.ts';
import type { Cause, Recurrence } from './api.ts';
import { isAlike } from './changes.ts';
import type { ExplanationFacts, KnownRun } from './facts.ts';
import { placeText } from './sentences.ts';

/** How the step, or job, of a cause fared in runs before. */
export function recurrenceOf(cause: Cause, facts: ExplanationFacts): Recurrence {
  const known = facts.earlier.flatMap((one) => {
    const end = endOf(one.run, cause);
    return end === undefined ? [] : [{ one, end }];
  });
  const idsOf = (wanted: string): Recurrence['failed_in'] =>
    known.filter(({ end }) => end === wanted).map(({ one }) => one.run.run);
  const [failed_in, succeeded_in] = [idsOf('failure'), idsOf('success')];
  const told = { failed_in, succeeded_in };
  const place = placeText(cause);
  const alike = known.find(({ one, end }) => end === 'success' && isAlike(one, facts))?.one;
  if (known.length === 0) {
    return { verdict: 'unknown', sentence: `no earlier run of the workflow came to ${place}`, ...told };
  }
  if (alike !== undefined) {
    // This run is one of them.
    const counted = `failed in ${failed_in.length + 1} of the last ${known.length + 1} runs`;
    return { verdict: 'flaky', sentence: `${place} ${counted}; ${flakySentence(alike)}`, ...told };
  }
  if (known[0]?.end === 'failure') {
    const times =
      failed_in.length === 1 ? 'in the run before, too' : `in ${failed_in.length} of the last ${known.length} runs`;
    return { verdict: 'repeated', sentence: `${place} failed ${times}`, ...told };
  }
  if (failed_in.length > 0) {
    return {
      verdict: 'repeated',
      sentence: `${place} failed in ${failed_in.length} of the last ${known.length} runs`,
      ...told,
    };
  }
  return {
    verdict: 'new',
    sentence: `${place} did not fail in ${known.length === 1 ? 'the run before' : `any of the last ${known.length} runs`}`,
    ...told,
  };
}

function flakySentence({ run }: KnownRun): string {
  return `it succeeded in ${run.run} with the same workflow, plugins, inputs and variables: what differs is outside of the run`;
}

/** How it ended there; undefined where it wasn't come to, or was cut off. */
function endOf({ jobs }: RunDetails, { job, step }: Cause): 'success' | 'failure' | undefined {
  const of = job === undefined ? undefined : jobs[job];
  const end = step === undefined ? of?.status : of?.steps[step]?.outcome;
  return end === 'success' || end === 'failure' ? end : undefined;
}
