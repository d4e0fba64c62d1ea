import { assertNever } from '../../schemas/index.ts';
import type { RunDetails } from '../port.ts';
import type { Cause, Consequence, Explanation, NextStep, Retried, Wait } from './api.ts';
import { causesOf } from './causes.ts';
import { comparisonOf } from './changes.ts';
import { consequencesOf, skippedOf, toleratedOf } from './consequences.ts';
import type { ExplanationFacts } from './facts.ts';
import { afterCancel, afterFailure, whileWaiting } from './next.ts';
import { recurrenceOf } from './recurrence.ts';
import { retriedOf } from './retried.ts';
import { placeText } from './sentences.ts';
import { waitsOf } from './waits.ts';

/** Entries that a list of an explanation has at most: a run may have thousands of jobs that failed for the same reason. */
const mostEntries = 50;

/** Explains a run from facts alone: the same facts give the same explanation. */
export function explain(facts: ExplanationFacts): Explanation {
  const { run, history, gaps } = facts;
  const causes = causesOf(facts);
  const waits = waitsOf(facts);
  const retried = retriedOf(facts);
  const lists = {
    causes,
    consequences: run.ended_at === undefined ? [] : consequencesOf(run),
    waits,
    retried,
    skipped: skippedOf(run),
    tolerated: toleratedOf(run),
  };
  const [first] = causes;
  const failure = run.status === 'failure' && first !== undefined ? ofFailure(first, facts) : undefined;
  const { status, workflow, file, name, attempt, created_at, ended_at } = run;
  return {
    version: 1,
    run: run.run,
    workflow,
    file,
    name,
    attempt,
    status,
    created_at,
    ...(ended_at === undefined ? {} : { ended_at }),
    answer: answerOf(facts, lists),
    ...bounded(lists),
    ...(status === 'cancelled' ? { cancelled: cancelledBy(run, history) } : {}),
    ...failure,
    next: failure?.next ?? nextOf(run, waits),
    gaps,
  };
}

function ofFailure(
  cause: Cause,
  facts: ExplanationFacts,
): Pick<Explanation, 'since' | 'recurrence'> & { readonly next: readonly NextStep[] } {
  const recurrence = recurrenceOf(cause, facts);
  return { since: comparisonOf(facts), recurrence, next: afterFailure(cause, facts.run, recurrence) };
}

function nextOf(run: RunDetails, waits: readonly Wait[]): readonly NextStep[] {
  if (run.ended_at === undefined) return whileWaiting(waits, run);
  return run.status === 'cancelled' ? afterCancel(run) : [];
}

type Lists = Pick<Explanation, 'causes' | 'consequences' | 'waits' | 'retried' | 'skipped' | 'tolerated'>;

function bounded(lists: Lists): Lists & Pick<Explanation, 'left_out'> {
  const { causes, consequences, waits, retried, skipped, tolerated } = lists;
  const longer = Object.entries(lists).flatMap(([name, { length }]) =>
    length > mostEntries ? [[name, length - mostEntries] as const] : [],
  );
  return {
    causes: causes.slice(0, mostEntries),
    consequences: consequences.slice(0, mostEntries),
    waits: waits.slice(0, mostEntries),
    retried: retried.slice(0, mostEntries),
    skipped: skipped.slice(0, mostEntries),
    tolerated: tolerated.slice(0, mostEntries),
    ...(longer.length === 0 ? {} : { left_out: Object.fromEntries(longer) }),
  };
}

function cancelledBy(
  { ended_at, error }: RunDetails,
  { cancelled }: ExplanationFacts['history'],
): NonNullable<Explanation['cancelled']> {
  if (cancelled !== undefined) return cancelled;
  // One that was terminated has no event that says so.
  const reason = error?.message ?? 'it was ended before its jobs were over';
  return { ...(ended_at === undefined ? {} : { at: ended_at }), reason };
}

function answerOf(facts: ExplanationFacts, lists: Lists): string {
  const { run, history } = facts;
  const { causes, waits, retried } = lists;
  switch (run.status) {
    case 'failure':
      return failureAnswer(causes, lists.consequences);
    case 'cancelled': {
      const { at, reason } = cancelledBy(run, history);
      const first = causes[0];
      const before = first === undefined ? '' : `; before that, ${first.sentence}`;
      return `It was ${reason.startsWith('cancelled') || reason.startsWith('terminated') ? reason : `cancelled: ${reason}`}${
        at === undefined ? '' : ` at ${at}`
      }${before}.`;
    }
    case 'success':
      return successAnswer(retried, lists);
    case 'queued':
    case 'running':
    case 'waiting':
    case 'blocked':
    case 'paused':
      return progressAnswer(run, waits, causes);
    default:
      return assertNever(run.status);
  }
}

function failureAnswer(causes: readonly Cause[], consequences: readonly Consequence[]): string {
  const [first, ...others] = causes;
  if (first === undefined) return 'It failed, and nothing on record says why.';
  const more = others.length === 0 ? '' : ` Beside it: ${countOf(others.length, 'other failure')}.`;
  const came = consequences.filter(({ status }) => status !== 'failure').length;
  const kept = came === 0 ? '' : ` It kept ${countOf(came, 'job')} from running to the end.`;
  return `It failed because ${first.sentence}.${more}${others.length === 0 ? kept : ''}`;
}

function successAnswer(retried: readonly Retried[], { skipped, tolerated }: Lists): string {
  const flaky = retried.filter(({ verdict }) => verdict === 'flaky').length;
  const facts = [
    ...(flaky === 0 ? [] : [`${countOf(flaky, 'step or job', 'steps or jobs')} failed first and then succeeded`]),
    ...(tolerated.length === 0 ? [] : [`${countOf(tolerated.length, 'failed step')} had leave to fail`]),
    ...(skipped.length === 0 ? [] : [`${countOf(skipped.length, 'condition')} that was not met skipped something`]),
  ];
  return facts.length === 0 ? 'It succeeded.' : `It succeeded; ${facts.join('; ')}.`;
}

function progressAnswer({ status }: RunDetails, waits: readonly Wait[], causes: readonly Cause[]): string {
  const [first] = waits;
  const failed = causes[0] === undefined ? '' : ` It will fail, because ${causes[0].sentence}.`;
  if (first === undefined) return `It is ${status}, and goes on by itself.${failed}`;
  const place = first.job === undefined ? '' : `${placeText(first)} `;
  return `It is ${status}: ${place}${first.sentence}.${failed}`;
}

function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
