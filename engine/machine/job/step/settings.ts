import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import type { JsonObject, Plan, PlannedJob, PlannedStep } from '../../../../schemas/index.ts';
import { runContexts } from '../../contexts.ts';
import { addLayer, emptyEnvironment } from '../../environment.ts';
import type { Result } from '../../errors.ts';
import { attemptsLimit } from '../../limits.ts';
import { permissionLayer } from '../../permissions.ts';
import { type Path, pathsOf, pathsOfCondition } from '../../references.ts';
import type { JobStart } from '../../run/protocol.ts';
import { countUpTo, flagOf, minutesOf, textOf } from '../../templates.ts';
import { stepContexts } from '../sequence/contexts.ts';
import type { StepSettings } from '../sequence/sequence.ts';
import type { Layers } from '../state.ts';
import type { Cursor } from '../turn.ts';
import { plainName } from './names.ts';

const countOfAttempts = countUpTo(attemptsLimit);

/** Evaluates what the workflow and the job say for all their steps. `plan` is that of the workflow that the job belongs to. */
export function layersOf(plan: Plan, job: PlannedJob, start: JobStart): Result<Layers> {
  const { facts, needs, matrix, strategy } = start;
  const { secrets, permissions: callers = [] } = facts;
  const outer = runContexts(facts);
  const workflowEnv = addLayer(emptyEnvironment, plan.env, { contexts: outer, secrets });
  if ('error' in workflowEnv) return workflowEnv;
  const workflow = permissionLayer('workflow', plan.permissions, { contexts: outer });
  if ('error' in workflow) return workflow;
  const inner: JsonObject = { ...outer, needs, matrix, strategy };
  const env = addLayer(workflowEnv.ok, job.env, { contexts: inner, secrets });
  if ('error' in env) return env;
  const environment = { contexts: { ...inner, env: workflowEnv.ok.values } };
  const own = permissionLayer('job', job.permissions, environment);
  if ('error' in own) return own;
  const attempts =
    job.retry === undefined
      ? { ok: 1 }
      : countOfAttempts(job.retry.attempts, environment, { name: "the job's retry.attempts", at: job.at });
  if ('error' in attempts) return attempts;
  return { ok: { env: env.ok, permissions: [...callers, ...workflow.ok, ...own.ok], attempts: attempts.ok } };
}

/** What the machine evaluates of a step before it runs, for the paths that are read there. */
export function settingPaths(step: PlannedStep): readonly Path[] {
  const inputs = step.kind === 'control' ? step.with : undefined;
  const { name, timeout_minutes, continue_on_error, retry, permissions } = step;
  const own = pathsOf(name, timeout_minutes, continue_on_error, retry?.attempts, permissions?.entries, inputs);
  return [...own, ...bodyPaths(step)];
}

/** Of what the machine evaluates before the body of a step begins. */
function bodyPaths({ body }: PlannedStep): readonly Path[] {
  if (body === undefined) return [];
  if (body.kind === 'if') return pathsOfCondition(body.condition);
  return pathsOf(body.items, body.concurrency, body.fail_fast);
}

/** Evaluates a step's own fields. */
export function settingsOf(cursor: Cursor, step: PlannedStep): Result<StepSettings> {
  const contexts = stepContexts(cursor, step, settingPaths(step));
  if ('error' in contexts) return contexts;
  const environment: EvaluationEnvironment = { contexts: contexts.ok };
  const { at } = step;
  const name = step.name === undefined ? { ok: '' } : textOf(step.name, environment);
  if ('error' in name) return name;
  const timeout =
    step.timeout_minutes === undefined
      ? { ok: undefined }
      : minutesOf(step.timeout_minutes, environment, { name: "the step's timeout-minutes", at });
  if ('error' in timeout) return timeout;
  const goesOn = flagOf(step.continue_on_error, environment, { name: 'continue-on-error', at });
  if ('error' in goesOn) return goesOn;
  const attempts =
    step.retry === undefined
      ? { ok: 1 }
      : countOfAttempts(step.retry.attempts, environment, { name: "the step's retry.attempts", at });
  if ('error' in attempts) return attempts;
  const own = permissionLayer('step', step.permissions, environment);
  if ('error' in own) return own;
  return {
    ok: {
      name: name.ok === '' ? plainName(step) : name.ok,
      ...(timeout.ok === undefined ? {} : { timeout_ms: timeout.ok }),
      continue_on_error: goesOn.ok,
      attempts: attempts.ok,
      permissions: [...cursor.turn.active.attempt.layers.permissions, ...own.ok],
    },
  };
}
