import { sliceContexts } from '../../../dsl/expressions/index.ts';
import type { JsonObject, PlannedStep, StepKey, StepTask } from '../../../schemas/index.ts';
import { withoutMasked } from '../environment.ts';
import { errorAt, type Result } from '../errors.ts';
import { contextLimitBytes, jsonBytes } from '../limits.ts';
import type { Path } from '../references.ts';
import { restOf } from './clock.ts';
import { jobContexts } from './contexts.ts';
import type { StepAttempt } from './state.ts';
import type { JobTurn } from './turn.ts';

/** A step's key as events and tasks name it. */
export function stepKey(step: PlannedStep): StepKey {
  // The reader of the file made the key; that is what a StepKey is.
  return step.key as StepKey;
}

/** One attempt of a plugin step, as the agent gets it. */
export function taskOf(turn: JobTurn, step: PlannedStep, { number, settings }: StepAttempt): Result<StepTask> {
  const context = taskContext(turn, step);
  if ('error' in context) return context;
  const { start, attempt } = turn.active;
  const { facts } = start;
  const rest = restOf(turn);
  return {
    ok: {
      version: 1,
      run: facts.run,
      run_attempt: facts.run_attempt,
      tenant: facts.tenant,
      workflow: turn.plan.name,
      job: start.key,
      job_attempt: attempt.number,
      step: stepKey(step),
      attempt: number,
      uses: step.uses,
      ...(step.digest === undefined ? {} : { digest: step.digest }),
      with: step.with,
      env: [turn.plan.env, turn.job.env, step.env],
      context: context.ok,
      permissions: settings.permissions,
      timeout:
        settings.timeout_ms === undefined
          ? { ms: rest, own: false }
          : { ms: Math.min(settings.timeout_ms, rest), own: true },
      at: step.at,
    },
  };
}

/** Never a secret, nor a value that depends on one: the agent evaluates the layers of env itself. */
function taskContext(turn: JobTurn, step: PlannedStep): Result<JsonObject> {
  const paths = step.references;
  if (paths.length === 0) return { ok: {} };
  const env = withoutMasked(turn.active.attempt.layers.env);
  return contextSlice(step, { ...jobContexts(turn, paths), env }, paths);
}

/** The part of contexts that leaves for the agent, within the limit. */
export function contextSlice(step: PlannedStep, contexts: JsonObject, paths: readonly Path[]): Result<JsonObject> {
  const slice = sliceContexts(contexts, paths);
  const bytes = jsonBytes(slice);
  if (bytes <= contextLimitBytes) return { ok: slice };
  return {
    error: errorAt(step.at, {
      code: 'LIMIT_EXCEEDED',
      message: `the step refers to ${bytes} bytes of context; it may refer to ${contextLimitBytes}`,
      remedy: 'Refer to single values instead of whole contexts, and pass large data as files.',
    }),
  };
}
