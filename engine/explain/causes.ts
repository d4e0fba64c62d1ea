import { plannedJob, plannedStep } from '../../dsl/index.ts';
import type { Plan, Position, WaterflowError } from '../../schemas/index.ts';
import type { JobDetails, RunDetails, StepDetails } from '../port.ts';
import type { Cause, FailedAttempt, RefusedCall } from './api.ts';
import { expressionAt } from './expression-at.ts';
import { type ExplanationFacts, stepPlace } from './facts.ts';
import { fixesFor } from './fixes.ts';
import { queueOf } from './queue-of.ts';
import { readValues } from './read-values.ts';
import { sentenceOf } from './sentences.ts';

/** Refused calls that are told of one step. */
const mostRefused = 12;

/** Something that failed, before it is told. */
interface Failed {
  readonly job?: string;
  readonly step?: string;
  readonly error: WaterflowError;
  readonly details?: StepDetails;
  readonly of?: JobDetails;
}

/** What failed by itself, the first first. */
export function causesOf(facts: ExplanationFacts): readonly Cause[] {
  const { run } = facts;
  const failed = inOrder(run.jobs)
    .flatMap(([job, details]) => failedIn(run, job, details))
    .toSorted((one, other) => timeOf(one).localeCompare(timeOf(other)));
  const { error } = run;
  const isTold = error === undefined || failed.length > 0 || error.code === 'CANCELLED' || run.status === 'cancelled';
  return (isTold ? failed : [{ error }]).map((one) => causeOf(one, facts));
}

/** In the order of the file: keys that look like numbers come first in an object. */
export function inOrder<Value extends { readonly index: number }>(
  of: Readonly<Record<string, Value>>,
): readonly (readonly [string, Value])[] {
  return Object.entries(of).toSorted(([, one], [, other]) => one.index - other.index);
}

function failedIn(run: RunDetails, job: string, details: JobDetails): readonly Failed[] {
  const failed = inOrder(details.steps).filter(
    ([, { outcome, error }]) => outcome === 'failure' && error !== undefined,
  );
  const own = failed.flatMap(([step, one]): readonly Failed[] => {
    const { error, conclusion } = one;
    // With `continue-on-error` its conclusion is another.
    if (error === undefined || error.code === 'CANCELLED' || conclusion !== 'failure') return [];
    const isTold = failed.some(
      ([inner, { error: of }]) => isInside(inner, step) && of !== undefined && isSame(of, error),
    );
    return isTold ? [] : [{ job, step, error, details: one, of: details }];
  });
  const { error } = details;
  if (own.length > 0 || error === undefined || details.status !== 'failure' || error.code === 'CANCELLED') return own;
  return isOfCalled(run, job, error) ? [] : [{ job, error, of: details }];
}

/** A step that holds others fails by the first of them that fails, and that one says it better. */
function isInside(inner: string, step: string): boolean {
  return inner.startsWith(`${step}.`) || inner.startsWith(`${step}[`);
}

/** A job that calls a workflow fails by the first job in it that fails. */
export function isOfCalled({ plan, jobs }: RunDetails, job: string, error: WaterflowError): boolean {
  if (plannedJob(plan, job)?.calls === undefined) return false;
  return Object.entries(jobs).some(
    ([inner, { error: of }]) => inner.startsWith(`${job} / `) && of !== undefined && isSame(of, error),
  );
}

function isSame(one: WaterflowError, other: WaterflowError): boolean {
  return one.code === other.code && one.message === other.message;
}

function timeOf({ details, of }: Failed): string {
  return details?.ended_at ?? of?.ended_at ?? '';
}

function causeOf(failed: Failed, facts: ExplanationFacts): Cause {
  const { job, step, error, details, of } = failed;
  const { plan } = facts.run;
  const at = positionOf(failed, plan);
  const expression = expressionOf(failed, plan);
  const refused = job === undefined || step === undefined ? [] : refusedBy(facts, job, step);
  const exitCode = details?.outputs['exit_code'];
  const hasLog = (details?.last_lines ?? []).length > 0;
  const told = {
    code: error.code,
    ...(job === undefined ? {} : { job }),
    ...(step === undefined ? {} : { step }),
    message: error.message,
    ...(at === undefined ? {} : { at }),
    ...(error.rule === undefined ? {} : { rule: error.rule }),
    ...(details === undefined ? {} : { uses: details.uses, attempt: details.attempts }),
    ...(details?.plugin === undefined ? {} : { plugin: details.plugin }),
    ...(of === undefined ? {} : { job_attempt: of.attempts }),
    ...(of?.agent === undefined ? {} : { agent: of.agent }),
    ...(timeOf(failed) === '' ? {} : { at_time: timeOf(failed) }),
    ...(typeof exitCode === 'number' && error.code === 'STEP_FAILED' ? { exit_code: exitCode } : {}),
    ...clockOf(failed),
    ...(expression === undefined ? {} : { expression, ...readBy(expression, failed, facts.run) }),
    ...queueFor(failed, facts.run),
    last_lines: details?.last_lines ?? [],
    refused_calls: refused,
    earlier_attempts: earlierAttempts(failed, facts),
    fixes: fixesFor({ error, attempts: details?.attempts ?? 1, hasExited: typeof exitCode === 'number', hasLog }),
  };
  return { ...told, sentence: sentenceOf(told) };
}

/** The expression that failed, or that gave a plugin what it doesn't take. */
function expressionOf(failed: Failed, plan: Plan): string | undefined {
  const { job, step, error } = failed;
  if (error.code === 'EVALUATION_FAILED') {
    const at = positionOf(failed, plan);
    return at === undefined ? undefined : expressionAt(plan, at);
  }
  if (error.code !== 'INVALID_INPUT' || job === undefined || step === undefined) return undefined;
  const given = plannedStep(plan, job, step)?.with;
  // The message names the input first.
  const name = /`([\w-]+)`/u.exec(error.message)?.[1];
  if (name === undefined || given?.kind !== 'object') return undefined;
  const template = given.entries.find(([key]) => key === name)?.[1];
  return template?.kind === 'expression' ? template.expression.source : undefined;
}

function readBy(expression: string, { job }: Failed, run: RunDetails): Pick<Cause, 'read'> {
  const read = job === undefined ? [] : readValues(expression, job, run);
  return read.length === 0 ? {} : { read };
}

/** Of a failure that an agent of another place could have helped. */
function queueFor({ job, error: { code } }: Failed, run: RunDetails): Pick<Cause, 'queue'> {
  const isAbout = code === 'AGENT_LOST' || code === 'QUEUE_TIMEOUT' || code === 'QUEUE_EMPTY';
  const queue = isAbout && job !== undefined ? queueOf(run, job) : undefined;
  return queue === undefined ? {} : { queue };
}

/** In the workflow file, where the error doesn't say better; a place in a file that isn't there is none. */
function positionOf({ job, step, error }: Failed, plan: Plan): Position | undefined {
  const planned =
    job === undefined ? undefined : step === undefined ? plannedJob(plan, job) : plannedStep(plan, job, step);
  if (error.line === undefined) return planned?.at;
  return { file: error.file ?? planned?.at.file ?? plan.file, line: error.line, column: error.column ?? 1 };
}

function refusedBy({ refused }: ExplanationFacts, job: string, step: string): readonly RefusedCall[] {
  const seen = new Map<string, RefusedCall>();
  for (const { job: ofJob, step: ofStep, attempt: _, at: __, ...call } of refused) {
    // A program that tries again and again says nothing new.
    if (ofJob === job && ofStep === step) seen.set(JSON.stringify(call), call);
  }
  return [...seen.values()].slice(0, mostRefused);
}

function clockOf({ step, error, details, of }: Failed): Pick<Cause, 'clock'> {
  if (error.code === 'QUEUE_TIMEOUT') return { clock: 'queue' };
  if (error.code !== 'TIMEOUT') return {};
  const waits = details?.uses.startsWith('approval@') === true || details?.uses.startsWith('wait-for@') === true;
  if (waits || (step === undefined && of?.started_at === undefined)) return { clock: 'answer' };
  return { clock: step === undefined || error.message.startsWith('the job ') ? 'job' : 'step' };
}

/** All but the last, which is the failure itself. */
function earlierAttempts({ job, step }: Failed, { history }: ExplanationFacts): readonly FailedAttempt[] {
  if (job === undefined) return [];
  const all = step === undefined ? history.lost.get(job) : history.failures.get(stepPlace(job, step));
  return all === undefined ? [] : all.slice(0, -1);
}
