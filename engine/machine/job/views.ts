import {
  assertNever,
  type HostCallCounts,
  type JsonObject,
  type Plan,
  type PlannedStep,
  type PluginIdentity,
  type StepKey,
  type WaterflowError,
} from '../../../schemas/index.ts';
import { type Chunks, countOf, itemAt, noChunks } from '../chunks.ts';
import type { SkipReason } from '../run/protocol.ts';
import { plannedJob } from '../run/state.ts';
import { positionsOf } from './contexts.ts';
import { plainName } from './names.ts';
import type { CurrentStep, EndedStep, JobState } from './state.ts';
import { stepKey } from './task.ts';

/** A step of a job's last attempt, as notices and summaries show it. Times are ms since the epoch. */
export interface StepView {
  readonly key: StepKey;
  readonly name: string;
  readonly uses: string;
  readonly job_attempt: number;
  /** `retrying`: it failed and waits for its next attempt. A step that is over has its conclusion here. */
  readonly status: 'pending' | 'running' | 'retrying' | 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly outcome?: EndedStep['outcome'];
  readonly conclusion?: EndedStep['conclusion'];
  /** Attempts begun; 0 where it never ran. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly outputs: JsonObject;
  readonly host_calls: HostCallCounts;
  readonly plugin?: PluginIdentity;
  /** Of a step that retries: why its last attempt failed. */
  readonly error?: WaterflowError;
  readonly skip_reason?: SkipReason;
  /** From the failure to the next attempt, in ms, while it retries. */
  readonly retry_delay_ms?: number;
}

/** How far a job is, beside what its run knows. */
export interface JobProgress {
  /** The attempt that runs, or ran last: 1, 2, 3...; 0 before the start. */
  readonly attempt: number;
  readonly state: 'created' | 'waiting_for_agent' | 'working' | 'retrying' | 'ended';
  /** While it retries: when the next attempt is due, and why the last one failed. */
  readonly retry_at?: number;
  readonly error?: WaterflowError;
}

/** How far a job is. */
export function jobProgress(state: JobState): JobProgress {
  switch (state.state) {
    case 'created':
      return { attempt: 0, state: 'created' };
    case 'running': {
      const { number: attempt, claim, failure } = state.attempt;
      if (state.stage === 'working')
        return { attempt, state: claim.state === 'requested' ? 'waiting_for_agent' : 'working' };
      return {
        attempt,
        state: 'retrying',
        retry_at: state.stage.due,
        ...(failure === undefined ? {} : { error: failure.error }),
      };
    }
    case 'ended': {
      const { error } = state.result;
      return { attempt: state.attempt_number, state: 'ended', ...(error === undefined ? {} : { error }) };
    }
    default:
      return assertNever(state);
  }
}

/** Every step in file order. */
export function stepViews(plan: Plan, state: JobState): readonly StepView[] {
  const { steps } = plannedJob(plan, idOf(state));
  return steps.map((step, position) => viewAt(state, step, position));
}

/** One step; undefined where the job has none with this key. Costs the same however many steps there are. */
export function stepView(plan: Plan, state: JobState, key: StepKey): StepView | undefined {
  const job = plannedJob(plan, idOf(state));
  const position = positionsOf(job).get(key.toLowerCase());
  const step = position === undefined ? undefined : job.steps[position];
  return step === undefined || position === undefined ? undefined : viewAt(state, step, position);
}

/**
 * What one event changed: the steps that are over since `before`, in order, and the step at hand if it is another one, or at
 * another point, than before. Costs what changed, however many steps there are. `before` is the state just before `after`.
 */
export function stepChanges(plan: Plan, before: JobState, after: JobState): readonly StepView[] {
  const { steps } = plannedJob(plan, idOf(after));
  const sameAttempt = attemptNumber(before) === attemptNumber(after);
  const first = sameAttempt ? countOf(endedSteps(before)) : 0;
  const position = countOf(endedSteps(after));
  const changed = steps.slice(first, position).map((step, index) => viewAt(after, step, first + index));
  const step = steps[position];
  if (step === undefined || (position === first && sameAttempt && currentOf(before) === currentOf(after)))
    return changed;
  const view = viewAt(after, step, position);
  return view.status === 'pending' ? changed : [...changed, view];
}

function viewAt(state: JobState, step: PlannedStep, position: number): StepView {
  const base = { key: stepKey(step), uses: step.uses, job_attempt: attemptNumber(state) };
  const ended = itemAt(endedSteps(state), position);
  if (ended !== undefined) return { ...ended, ...base, status: ended.conclusion };
  const none = { ...base, outputs: {}, host_calls: { allowed: 0, denied: 0 } };
  const current = position === countOf(endedSteps(state)) ? currentOf(state) : undefined;
  switch (current?.state) {
    case undefined:
    case 'deciding':
    case 'evaluating':
      return { ...none, name: plainName(step), status: 'pending', attempts: 0 };
    case 'running':
    case 'sleeping': {
      const { settings, number, started_at, host_calls } = current;
      return { ...none, name: settings.name, status: 'running', attempts: number, started_at, host_calls };
    }
    case 'backing_off': {
      const { settings, number, started_at, host_calls, failure, delay_ms } = current;
      const shared = { ...none, name: settings.name, attempts: number, started_at, host_calls };
      return { ...shared, status: 'retrying', error: failure.error, retry_delay_ms: delay_ms };
    }
    default:
      return assertNever(current);
  }
}

function idOf(state: JobState): string {
  return state.state === 'running' ? state.start.id : state.job;
}

function endedSteps(state: JobState): Chunks<EndedStep> {
  if (state.state === 'created') return noChunks;
  return state.state === 'running' ? state.attempt.steps : state.steps;
}

function attemptNumber(state: JobState): number {
  if (state.state === 'created') return 0;
  return state.state === 'running' ? state.attempt.number : state.attempt_number;
}

function currentOf(state: JobState): CurrentStep | undefined {
  return state.state === 'running' ? state.attempt.current : undefined;
}
