import type { HostCallCounts, JsonObject, PlannedStep, StepResult, WaterflowError } from '../../../schemas/index.ts';
import { append, countOf } from '../chunks.ts';
import { conditionText } from '../conditions.ts';
import { jsonBytes, outputsLimitBytes, runOutputsLimitBytes } from '../limits.ts';
import type { SkipReason } from '../run/protocol.ts';
import { plainName } from './names.ts';
import type { EndedStep, Failure, StepAttempt } from './state.ts';
import { stepKey } from './task.ts';
import { changeAttempt, currentStep, type JobTurn } from './turn.ts';

const none: JsonObject = {};
const noCalls: HostCallCounts = { allowed: 0, denied: 0 };

/** How a step that was tried ended: its last result, with the class that a job's `retry.on` may name. */
export interface StepEnd {
  readonly result: StepResult;
  readonly attempt: StepAttempt;
}

/** The step is over as it was tried. Its failure fails the attempt, unless `continue-on-error` covers it. */
export function endTriedStep(turn: JobTurn, step: PlannedStep, { result, attempt }: StepEnd): void {
  const covered = result.outcome === 'failure' && attempt.settings.continue_on_error;
  const outcome = result.outcome;
  record(turn, {
    key: stepKey(step),
    name: attempt.settings.name,
    outcome,
    conclusion: covered ? 'success' : outcome,
    attempts: attempt.number,
    started_at: attempt.started_at,
    ended_at: turn.at,
    outputs: result.outputs,
    host_calls: addCalls(attempt.host_calls, result.host_calls),
    ...(result.plugin === undefined ? {} : { plugin: result.plugin }),
    ...(result.outcome === 'success' ? {} : { error: result.error }),
  });
  if (result.outcome !== 'success' && !covered) noteFailure(turn, failureOf(result));
}

/** The step failed before it could be tried, by what stands in the workflow file. */
export function failUntriedStep(turn: JobTurn, step: PlannedStep, error: WaterflowError): void {
  record(turn, { ...untried(turn, step), outcome: 'failure', conclusion: 'failure', error });
  noteFailure(turn, { error });
}

/** The step doesn't run. */
export function skipStep(turn: JobTurn, step: PlannedStep, reason: SkipReason): void {
  record(turn, { ...untried(turn, step), outcome: 'skipped', conclusion: 'skipped', skip_reason: reason });
}

/** No step from the current one on runs, whatever its condition says; `read` is why not. */
export function skipRest(turn: JobTurn, read: SkipReason['read']): void {
  for (let step = currentStep(turn); step !== undefined; step = currentStep(turn)) {
    skipStep(turn, step, { condition: conditionText(step.if), read, result: false });
  }
}

/** The attempt will fail; the first reason stays. */
export function noteFailure(turn: JobTurn, failure: Failure): void {
  if (turn.active.attempt.failure === undefined) changeAttempt(turn, { failure });
}

/** What failed about a result that isn't a success. */
export function failureOf(result: Exclude<StepResult, { outcome: 'success' }>): Failure {
  const retryClass = result.outcome === 'failure' ? result.class : undefined;
  return { error: result.error, ...(retryClass === undefined ? {} : { class: retryClass }) };
}

/** The result of a step that the machine itself fails. */
export function failed({ error, class: retryClass }: Failure): Extract<StepResult, { outcome: 'failure' }> {
  const named = retryClass === undefined ? {} : { class: retryClass };
  return { outcome: 'failure', error, ...named, outputs: none, host_calls: noCalls };
}

/** The result with its outputs within the limits of a step and of a run: too large ones are dropped, and fail the step. */
export function withinLimits(turn: JobTurn, result: StepResult): StepResult {
  const bytes = jsonBytes(result.outputs);
  const total = turn.active.attempt.output_bytes + bytes;
  if (bytes <= outputsLimitBytes && total <= runOutputsLimitBytes) return result;
  if (result.outcome !== 'success') return { ...result, outputs: none };
  const found = bytes > outputsLimitBytes ? `the step's outputs take ${bytes}` : `the job's outputs take ${total}`;
  const limit = bytes > outputsLimitBytes ? outputsLimitBytes : runOutputsLimitBytes;
  return {
    ...result,
    outcome: 'failure',
    class: 'limit',
    outputs: none,
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

function untried(turn: JobTurn, step: PlannedStep): Omit<EndedStep, 'outcome' | 'conclusion'> {
  return {
    key: stepKey(step),
    name: plainName(step),
    attempts: 0,
    ended_at: turn.at,
    outputs: none,
    host_calls: noCalls,
  };
}

function record(turn: JobTurn, ended: EndedStep): void {
  const { attempt } = turn.active;
  if (countOf(attempt.steps) >= turn.job.steps.length)
    throw new TypeError(`no step is left that ${ended.key} could be`);
  changeAttempt(turn, {
    steps: append(attempt.steps, ended),
    current: { state: 'deciding' },
    output_bytes: attempt.output_bytes + (ended.outputs === none ? 0 : jsonBytes(ended.outputs)),
  });
}
