import type { HostCallCounts, PlannedStep, StepResult, WaterflowError } from '../../../../schemas/index.ts';
import { append, countOf } from '../../chunks.ts';
import { conditionText } from '../../conditions.ts';
import { outputBytes, outputsLimitBytes, runOutputsLimitBytes } from '../../limits.ts';
import type { SkipReason } from '../../run/protocol.ts';
import { changeSequence, currentStep, keyIn, sequenceOf } from '../sequence/cursor.ts';
import type { EndedStep, Failure, StepAttempt } from '../sequence/sequence.ts';
import { noOutputs } from '../state.ts';
import { type Cursor, changeAttempt, type JobTurn } from '../turn.ts';
import { plainName } from './names.ts';

/** No host call at all. */
export const noCalls: HostCallCounts = { allowed: 0, denied: 0 };

/** How a step that was tried ended: its last result, with the class that a job's `retry.on` may name. */
export interface StepEnd {
  readonly result: StepResult;
  readonly attempt: StepAttempt;
  /** Of a step with a body. */
  readonly inside?: Pick<EndedStep, 'inside' | 'inside_bytes' | 'iterations'>;
}

/** The step is over as it was tried. Its failure fails the sequence, unless `continue-on-error` covers it. */
export function endTriedStep(cursor: Cursor, step: PlannedStep, { result, attempt, inside }: StepEnd): void {
  const covered = result.outcome === 'failure' && attempt.settings.continue_on_error;
  const outcome = result.outcome;
  record(cursor, {
    key: keyIn(cursor, step),
    job_attempt: cursor.turn.active.attempt.number,
    name: attempt.settings.name,
    outcome,
    conclusion: covered ? 'success' : outcome,
    attempts: attempt.number,
    started_at: attempt.started_at,
    ended_at: cursor.turn.at,
    outputs: result.outputs,
    host_calls: addCalls(attempt.host_calls, result.host_calls),
    ...(result.outcome === 'cancelled' || result.carried === undefined ? {} : { carried: result.carried }),
    ...(result.plugin === undefined ? {} : { plugin: result.plugin }),
    ...(result.outcome === 'success' ? {} : { error: result.error }),
    ...inside,
  });
  if (result.outcome !== 'success' && !covered) noteFailure(cursor, failureOf(result));
}

/** The step failed before it could be tried, by what stands in the workflow file. */
export function failUntriedStep(cursor: Cursor, step: PlannedStep, error: WaterflowError): void {
  record(cursor, { ...untried(cursor, step), outcome: 'failure', conclusion: 'failure', error });
  noteFailure(cursor, { error });
}

/** The step doesn't run. */
export function skipStep(cursor: Cursor, step: PlannedStep, reason: SkipReason): void {
  record(cursor, { ...untried(cursor, step), outcome: 'skipped', conclusion: 'skipped', skip_reason: reason });
}

/** No step from the current one on runs, whatever its condition says; `read` is why not. */
export function skipRest(cursor: Cursor, read: SkipReason['read']): void {
  for (let step = currentStep(cursor); step !== undefined; step = currentStep(cursor)) {
    skipStep(cursor, step, { condition: conditionText(step.if), read, result: false });
  }
}

/** The sequence will fail; the first reason stays. */
export function noteFailure(cursor: Cursor, failure: Failure): void {
  if (sequenceOf(cursor).failure === undefined) changeSequence(cursor, { failure });
}

/** What failed about a result that isn't a success. */
export function failureOf(result: Exclude<StepResult, { outcome: 'success' }>): Failure {
  const retryClass = result.outcome === 'failure' ? result.class : undefined;
  return { error: result.error, ...(retryClass === undefined ? {} : { class: retryClass }) };
}

/** The result of a step that the machine itself fails. */
export function failed({ error, class: retryClass }: Failure): Extract<StepResult, { outcome: 'failure' }> {
  const named = retryClass === undefined ? {} : { class: retryClass };
  return { outcome: 'failure', error, ...named, outputs: noOutputs, host_calls: noCalls };
}

/** The result with its outputs within the limits of a step and of a run: too large ones are dropped, and fail the step. */
export function withinLimits(turn: JobTurn, result: StepResult): StepResult {
  const bytes = outputBytes(result.outputs);
  const total = turn.active.attempt.output_bytes + bytes;
  if (bytes <= outputsLimitBytes && total <= runOutputsLimitBytes) return result;
  if (result.outcome !== 'success') return { ...result, outputs: noOutputs };
  const found = bytes > outputsLimitBytes ? `the step's outputs take ${bytes}` : `the job's outputs take ${total}`;
  const limit = bytes > outputsLimitBytes ? outputsLimitBytes : runOutputsLimitBytes;
  return {
    ...result,
    outcome: 'failure',
    class: 'limit',
    outputs: noOutputs,
    error: {
      code: 'OUTPUT_TOO_LARGE',
      message: `${found} bytes; they may take ${limit}`,
      remedy: 'Pass large data as files in the workspace, and only their paths as outputs.',
    },
  };
}

/** Host calls of several attempts together. */
export function addCalls(one: HostCallCounts, other: HostCallCounts): HostCallCounts {
  return { allowed: one.allowed + other.allowed, denied: one.denied + other.denied };
}

/** Bytes of outputs are kept from now on, or, where negative, no more. */
export function addOutputBytes(turn: JobTurn, bytes: number): void {
  changeAttempt(turn, { output_bytes: turn.active.attempt.output_bytes + bytes });
}

/** Bytes that the outputs of a step that is over count, with those of the steps inside. */
export function outputBytesOf(step: EndedStep): number {
  return outputBytes(step.outputs) + (step.inside_bytes ?? 0);
}

function untried(cursor: Cursor, step: PlannedStep): Omit<EndedStep, 'outcome' | 'conclusion'> {
  return {
    key: keyIn(cursor, step),
    job_attempt: cursor.turn.active.attempt.number,
    name: plainName(step),
    attempts: 0,
    ended_at: cursor.turn.at,
    outputs: noOutputs,
    host_calls: noCalls,
  };
}

function record(cursor: Cursor, ended: EndedStep): void {
  const { steps, output_bytes } = sequenceOf(cursor);
  if (countOf(steps) >= cursor.steps.length) throw new TypeError(`no step is left that ${ended.key} could be`);
  cursor.turn.news.ended.push(ended);
  changeSequence(cursor, {
    steps: append(steps, ended),
    current: { state: 'deciding' },
    output_bytes: output_bytes + outputBytesOf(ended),
  });
  // For the attempt those of the steps inside count since they ended.
  addOutputBytes(cursor.turn, outputBytes(ended.outputs));
}
