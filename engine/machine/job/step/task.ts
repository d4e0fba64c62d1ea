import { sliceContexts } from '../../../../dsl/expressions/index.ts';
import { carriesNothing, type JsonObject, type PlannedStep, type StepTask } from '../../../../schemas/index.ts';
import { withoutMasked } from '../../environment.ts';
import { errorAt, type Result } from '../../errors.ts';
import { contextLimitBytes, jsonBytes } from '../../limits.ts';
import type { Path } from '../../references.ts';
import { restOf } from '../attempt/clock.ts';
import { carriedAt, environmentAt } from '../sequence/carried.ts';
import { jobContexts } from '../sequence/contexts.ts';
import { holdingAt, keyIn, sequencesAround } from '../sequence/cursor.ts';
import type { StepAttempt } from '../sequence/sequence.ts';
import type { Cursor } from '../turn.ts';

/** One attempt of a plugin step, as the agent gets it. */
export function taskOf(cursor: Cursor, step: PlannedStep, { number, settings }: StepAttempt): Result<StepTask> {
  const context = taskContext(cursor, step);
  if ('error' in context) return context;
  const { turn } = cursor;
  const { start, attempt } = turn.active;
  const { facts } = start;
  const rest = restIn(cursor);
  const carried = carriedAt(cursor);
  return {
    ok: {
      version: 1,
      run: facts.run,
      run_attempt: facts.run_attempt,
      tenant: facts.tenant,
      workflow: turn.plan.name,
      job: start.key,
      queue: start.queue,
      job_attempt: attempt.number,
      step: keyIn(cursor, step),
      attempt: number,
      uses: step.uses,
      ...(step.digest === undefined ? {} : { digest: step.digest }),
      with: step.with,
      env: [turn.plan.env, turn.job.env, step.env],
      ...(carriesNothing(carried) ? {} : { carried }),
      context: context.ok,
      permissions: settings.permissions,
      ...(facts.secret_names === undefined ? {} : { secrets: facts.secret_names }),
      timeout:
        settings.timeout_ms === undefined
          ? { ms: rest, own: false }
          : { ms: Math.min(settings.timeout_ms, rest), own: true },
      at: step.at,
    },
  };
}

/** How long a step may take within the job's rest and those of the steps around it, in ms. */
function restIn(cursor: Cursor): number {
  const { turn } = cursor;
  const rests = [...sequencesAround(cursor)].flatMap((outer) => {
    const { deadline } = holdingAt(outer);
    return deadline === undefined ? [] : [Math.max(1, deadline.due - turn.at)];
  });
  return Math.min(restOf(turn), ...rests);
}

/** Never a secret, nor a value that depends on one: the agent evaluates the layers of env itself. */
function taskContext(cursor: Cursor, step: PlannedStep): Result<JsonObject> {
  const paths = step.references;
  if (paths.length === 0) return { ok: {} };
  const env = withoutMasked(environmentAt(cursor));
  return contextSlice(step, { ...jobContexts(cursor, paths), env }, paths);
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
