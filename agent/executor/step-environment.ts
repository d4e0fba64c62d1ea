import { toText } from '../../dsl/expressions/index.ts';
import type { Inherited } from '../../runtime/capabilities/capability.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type Position,
  type RunnerContext,
  type StepTask,
  type WaterflowError,
} from '../../schemas/index.ts';
import { type EvaluationPowers, evaluateOnAgent } from './evaluation.ts';

/** A step's inputs and environment, evaluated: secrets are placeholders in both. */
export interface StepValues {
  readonly inputs: JsonObject;
  /** What `env:` of workflow, job and step say, over what every step gets. */
  readonly env: Readonly<Record<string, string>>;
  /** What of it earlier steps of the job left, and no layer of this step's own replaced. */
  readonly inherited: Inherited;
}

/** Variable names that a program can be given. */
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Evaluates the layers of `env`, each over what the outer ones said, then `with` over all of them. What earlier steps left stands between
 * the step's own layer, which is the last, and the others.
 */
export async function evaluateStep(
  task: StepTask,
  runner: RunnerContext,
  powers: EvaluationPowers,
): Promise<{ readonly ok: StepValues } | { readonly error: WaterflowError }> {
  const contexts = contextsOf(task, runner);
  const left: Readonly<Record<string, string>> = task.carried?.variables ?? {};
  const replaced = new Set<string>();
  let env = task.env.length === 0 ? left : {};
  for (const [index, layer] of task.env.entries()) {
    const isOwn = index === task.env.length - 1;
    if (isOwn) env = { ...env, ...left };
    const evaluated = await evaluateOnAgent(layer, { ...contexts, env }, powers);
    if ('error' in evaluated) {
      return evaluated;
    }
    const read = readVariables(evaluated.ok, task.at);
    if ('error' in read) {
      return read;
    }
    env = { ...env, ...read.ok };
    if (isOwn) for (const name of Object.keys(read.ok)) replaced.add(name);
  }
  const inputs = await evaluateOnAgent(task.with, { ...contexts, env }, powers);
  if ('error' in inputs) {
    return inputs;
  }
  return {
    ok: {
      inputs: withoutAbsent(inputs.ok),
      env: { ...commonVariables(task, runner), ...env },
      inherited: {
        names: new Set(Object.keys(left).filter((name) => !replaced.has(name))),
        path: task.carried?.path ?? [],
      },
    },
  };
}

/** The contexts of an evaluation on this agent: `runner` and the job's workspace are the claim's. */
export function contextsOf(task: { readonly context: JsonObject }, runner: RunnerContext): JsonObject {
  const job = task.context['job'];
  return {
    ...task.context,
    // Its fields are texts and a list of texts.
    runner: { ...runner },
    job: { ...(isJsonObject(job) ? job : {}), workspace: runner.workspace },
  };
}

/** What every step finds in its environment, under our names and those that scripts for GitHub know. */
function commonVariables(task: StepTask, runner: RunnerContext): Readonly<Record<string, string>> {
  return {
    CI: 'true',
    WATERFLOW: 'true',
    WATERFLOW_RUN_ID: task.run,
    WATERFLOW_RUN_ATTEMPT: String(task.run_attempt),
    WATERFLOW_JOB: task.job,
    WATERFLOW_STEP: task.step,
    WATERFLOW_STEP_ATTEMPT: String(task.attempt),
    WATERFLOW_WORKSPACE: runner.workspace,
    GITHUB_WORKSPACE: runner.workspace,
    RUNNER_TEMP: runner.temp,
    RUNNER_OS: runner.os,
    RUNNER_ARCH: runner.arch,
    RUNNER_NAME: runner.name,
  };
}

function readVariables(
  value: Json,
  at: Position,
): { readonly ok: Record<string, string> } | { readonly error: WaterflowError } {
  const variables: Record<string, string> = {};
  for (const [name, item] of Object.entries(isJsonObject(value) ? value : {})) {
    const problem = problemOf(name, item);
    if (problem !== undefined) {
      return {
        error: { code: 'INVALID_INPUT', message: problem, remedy: 'Give each variable under `env` one text.', ...at },
      };
    }
    variables[name] = toText(item);
  }
  return { ok: variables };
}

function problemOf(name: string, value: Json): string | undefined {
  if (!variablePattern.test(name)) {
    return `env: ${JSON.stringify(name)} is no name that a variable can have`;
  }
  if (typeof value === 'object' && value !== null) {
    return `env: ${name} is ${Array.isArray(value) ? 'a list' : 'an object'}, not a text`;
  }
  return typeof value === 'string' && value.includes('\0') ? `env: ${name} holds a NUL character` : undefined;
}

/** An input whose expression gives null was not given: the plugin's default stands. */
function withoutAbsent(value: Json): JsonObject {
  const entries = Object.entries(isJsonObject(value) ? value : {});
  return Object.fromEntries(entries.filter(([, item]) => item !== null));
}
