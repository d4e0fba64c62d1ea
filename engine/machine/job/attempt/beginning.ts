import type { Plan, PlannedJob, WaterflowError } from '../../../../schemas/index.ts';
import { chunksOf, itemsOf } from '../../chunks.ts';
import { errorAt, type Result } from '../../errors.ts';
import { plannedJob } from '../../run/planned.ts';
import type { JobStart } from '../../run/protocol.ts';
import { statusBefore } from '../body/redo.ts';
import { isFailure } from '../control/push-back.ts';
import { hasPlugins, plannedJobOf, planOfJob, positionsIn } from '../planned.ts';
import type { JobCommand, JobEvent } from '../protocol.ts';
import { type EndedStep, newSequence } from '../sequence/sequence.ts';
import {
  type ActiveJob,
  type Attempt,
  type CreatedJob,
  type EndedJob,
  type JobState,
  type Layers,
  noNews,
} from '../state.ts';
import { outputBytesOf } from '../step/ending.ts';
import { layersOf } from '../step/settings.ts';
import { newAttempt } from './attempt.ts';

/** A job as it starts. `refused`: it ends at once, for the failure of its attempt. */
export interface Beginning {
  readonly active: ActiveJob;
  readonly refused: boolean;
  /** Gives a workspace back that an earlier start kept and this one doesn't go on in. */
  readonly released: readonly JobCommand[];
}

/** The start of a job: for the first time, or again after it has ended; then from its first step, or from the one that `rerun` names. */
export function beginJob(
  plan: Plan,
  state: CreatedJob | EndedJob,
  { at, start }: Extract<JobEvent, { type: 'job_started' }>,
): Beginning {
  const own = planOfJob(plan, start);
  const job = plannedJob(own, start.id);
  const number = state.state === 'ended' ? state.attempt_number + 1 : 1;
  const part = start.rerun;
  const layers = layersOf(own, job, start);
  const fresh = newAttempt(number, 'ok' in layers ? layers.ok : noLayers, start.timeout_ms);
  const taken: Result<Attempt> = part === undefined ? { ok: fresh } : takeOver(job, state, { fresh, part });
  const error = 'error' in layers ? layers.error : 'error' in taken ? taken.error : undefined;
  const attempt = 'ok' in taken && error === undefined ? taken.ok : fresh;
  const kept = state.state === 'ended' ? state.kept : undefined;
  const goesOn = part !== undefined || error !== undefined;
  return {
    active: {
      version: 1,
      state: 'running',
      start,
      started_at: at,
      first_attempt: number,
      ...(state.state === 'created' && state.cancel !== undefined ? { cancel: state.cancel } : {}),
      ...(state.state === 'created' && state.pause !== undefined ? { pause: state.pause } : {}),
      attempt: {
        ...(error === undefined ? attempt : refusedAttempt(state, { fresh, start, error })),
        ...(kept !== undefined && goesOn ? { keep: kept } : {}),
      },
      stage: 'working',
      news: noNews,
    },
    refused: error !== undefined,
    released:
      kept === undefined || goesOn
        ? []
        : [{ type: 'release_agent', job_attempt: kept.job_attempt, workspace: 'remove' }],
  };
}

/** What of a job runs again: from a step on, or one iteration of a step and what follows. */
type Part = NonNullable<JobStart['rerun']>;

const noLayers: Layers = { env: { values: {}, masked: [] }, permissions: [], attempts: 1 };

/** The attempt of a job that goes on behind the steps before the one that `part` names, as they ended. */
function takeOver(
  job: PlannedJob,
  state: CreatedJob | EndedJob,
  { fresh, part }: { readonly fresh: Attempt; readonly part: Part },
): Result<Attempt> {
  const found = findPart(job, state, part);
  if ('error' in found) return { error: errorAt(job.at, found.error) };
  const { before, earlier } = found.ok;
  const { iteration } = part;
  const behindThem = behind(fresh, before);
  return { ok: iteration === undefined ? behindThem : { ...behindThem, redo: { index: iteration, earlier } } };
}

/**
 * What keeps a job from running again from a step, or an iteration of one, that its plan has: only the job's own state knows what it came to.
 * Undefined where nothing does. To be asked before the run is begun again, since the job could only fail.
 */
export function jobRerunProblem(plan: Plan, state: JobState, part: Part): WaterflowError | undefined {
  if (state.state === 'running') return undefined;
  const found = findPart(plannedJobOf(plan, state), state, part);
  return 'error' in found ? found.error : undefined;
}

/** The step that a job goes on from, as it ended the last time, and those before it. */
function findPart(
  job: PlannedJob,
  state: CreatedJob | EndedJob,
  { step, iteration }: Part,
): Result<{ readonly earlier: EndedStep; readonly before: readonly EndedStep[] }> {
  const position = positionsIn(job.steps).get(step.toLowerCase());
  const ended = state.state === 'ended' ? itemsOf(state.steps) : [];
  const earlier = position === undefined ? undefined : ended[position];
  if (position === undefined || earlier === undefined) {
    return {
      error: {
        code: 'INVALID_INPUT',
        message: `the job can't run again from step ${step}: it has no such step that was reached`,
        remedy: 'Name one of the steps of the job itself, not one inside of another step.',
      },
    };
  }
  if (hasPlugins(job) && (state.state === 'created' || state.kept === undefined)) {
    return {
      error: {
        code: 'WORKSPACE_GONE',
        message: `the job can't run again from step ${step}: its workspace was removed when it ended`,
        remedy: 'Write `keep-workspace: true` at the job before the next run; run the whole job again now.',
      },
    };
  }
  if (iteration !== undefined && !isKnown(earlier, iteration)) {
    return {
      error: {
        code: 'INVALID_INPUT',
        message: `iteration ${iteration} of step ${step} can't run again: it isn't known how it ended, if it began at all`,
        remedy: `Run the job again from step ${step} instead.`,
      },
    };
  }
  return { ok: { earlier, before: ended.slice(0, position) } };
}

/** The attempt that goes on behind these steps. Where one of them had failed, the job has. */
function behind(fresh: Attempt, steps: readonly EndedStep[]): Attempt {
  const bytes = steps.reduce((sum, one) => sum + outputBytesOf(one), 0);
  const error = steps.find(isFailure)?.error;
  return {
    ...fresh,
    sequence: {
      ...newSequence,
      steps: chunksOf(steps.map((one): EndedStep => ({ ...one, reused: true }))),
      output_bytes: bytes,
      ...(error === undefined ? {} : { failure: { error } }),
    },
    output_bytes: bytes,
  };
}

function isKnown({ iterations }: EndedStep, index: number): boolean {
  return iterations !== undefined && statusBefore(iterations, index) !== undefined;
}

/** An attempt that ends at once. Where the job was to run again in part, its steps stay as they were, for another time. */
function refusedAttempt(
  state: CreatedJob | EndedJob,
  { fresh, start, error }: { readonly fresh: Attempt; readonly start: JobStart; readonly error: WaterflowError },
): Attempt {
  const steps = state.state === 'ended' && start.rerun !== undefined ? itemsOf(state.steps) : [];
  const attempt = behind(fresh, steps);
  return { ...attempt, sequence: { ...attempt.sequence, failure: { error } } };
}
