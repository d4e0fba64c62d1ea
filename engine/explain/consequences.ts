import type { JobDetails, RunDetails } from '../port.ts';
import type { Consequence, Skipped, Tolerated } from './api.ts';
import { inOrder, isOfCalled } from './causes.ts';
import { type FailedNeed, failedNeedOf } from './needs.ts';
import type { SkipReason } from '../machine/run/protocol.ts';

/** What `it was cancelled: ` stands before in the error of a job that was cancelled. */
const cancelledBefore = 'it was cancelled: ';

/** Jobs that didn't run, or not to their end, since something else failed. */
export function consequencesOf(run: RunDetails): readonly Consequence[] {
  return inOrder(run.jobs).flatMap(([job, details]): readonly Consequence[] => {
    const because = becauseOf(run, job, details);
    const { status } = details;
    if (because === undefined || (status !== 'skipped' && status !== 'cancelled' && status !== 'failure')) return [];
    return [{ job, status, because }];
  });
}

function becauseOf(run: RunDetails, job: string, { status, skip_reason, error }: JobDetails): string | undefined {
  if (status === 'skipped') return skip_reason === undefined ? undefined : unmetNeed(run, job, skip_reason);
  if (status === 'failure' && error !== undefined && isOfCalled(run, job, error))
    return 'a job of the workflow that it calls failed';
  if (status !== 'cancelled') return undefined;
  const message = error?.message ?? 'the run was cancelled';
  return message.startsWith(cancelledBefore) ? message.slice(cancelledBefore.length) : message;
}

/** The needed job that kept another from running, and what that in turn came from; undefined where none did. */
function unmetNeed(run: RunDetails, job: string, { condition, read }: SkipReason): string | undefined {
  for (const { path, value } of read) {
    const need = /^needs\.(.+)\.result$/u.exec(path)?.[1];
    if (need === undefined || value === 'success') continue;
    const root = rootOf(run, need, new Set());
    const from = root === need ? '' : `, which comes from job \`${root}\``;
    return `it needs job \`${need}\`, which ${value === 'failure' ? 'failed' : `was ${typeof value === 'string' ? value : 'not over'}`}${from}`;
  }
  return failedBefore(run, job, condition);
}

/** Of a condition that asks that nothing before failed, or was cancelled, what did. Such a function notes nothing that it read. */
function failedBefore(run: RunDetails, job: string, condition: string): string | undefined {
  const found = failedNeedFor(run, job, condition);
  if (found === undefined) return undefined;
  const { need, root, status } = found;
  const how = status === 'failure' ? 'failed' : 'was cancelled';
  return need === root
    ? `it needs job \`${need}\`, which ${how}`
    : `it needs job \`${need}\`, which needs job \`${root}\`, which ${how}`;
}

function failedNeedFor(run: RunDetails, job: string, condition: string): FailedNeed | undefined {
  return (
    (asksNoFailure.test(condition) ? failedNeedOf(run, job, 'failure') : undefined) ??
    (asksNoCancel.test(condition) ? failedNeedOf(run, job, 'cancelled') : undefined)
  );
}

const asksNoFailure = /!\s*failure\s*\(\s*\)/iu;
const asksNoCancel = /!\s*cancelled\s*\(\s*\)/iu;

/** The job at the beginning of a chain of skipped ones. */
function rootOf(run: RunDetails, job: string, passed: Set<string>): string {
  const reason = run.jobs[job]?.skip_reason;
  if (reason === undefined || passed.has(job)) return job;
  passed.add(job);
  for (const { path, value } of reason.read) {
    const need = /^needs\.(.+)\.result$/u.exec(path)?.[1];
    if (need !== undefined && value !== 'success') return rootOf(run, need, passed);
  }
  return failedNeedFor(run, job, reason.condition)?.root ?? job;
}

/** What was skipped by a condition of its own: not what merely comes after a failure. */
export function skippedOf(run: RunDetails): readonly Skipped[] {
  return inOrder(run.jobs).flatMap(([job, details]) => {
    const { skip_reason, steps } = details;
    const own = skip_reason === undefined || !isOwn(run, job, skip_reason) ? [] : [{ job, ...skip_reason }];
    const inside = inOrder(steps).flatMap(([step, { skip_reason: reason }]) =>
      reason === undefined || !isOwn(run, undefined, reason) ? [] : [{ job, step, ...reason }],
    );
    return [...own, ...inside];
  });
}

/** `job`: absent for a step, whose conditions go by the steps before it. */
function isOwn(run: RunDetails, job: string | undefined, reason: SkipReason): boolean {
  return reason.condition !== 'success()' && unmetNeed(run, job ?? '', reason) === undefined;
}

/** Steps that failed and may. */
export function toleratedOf(run: RunDetails): readonly Tolerated[] {
  return inOrder(run.jobs).flatMap(([job, { steps }]) =>
    inOrder(steps).flatMap(([step, { outcome, conclusion, error }]): readonly Tolerated[] =>
      outcome === 'failure' && conclusion === 'success' && error !== undefined
        ? [{ job, step, code: error.code, message: error.message }]
        : [],
    ),
  );
}
