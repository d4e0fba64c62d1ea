import type { EvaluationEnvironment } from '../../../dsl/expressions/api.ts';
import { resolveInputs } from '../../../dsl/inputs.ts';
import { type MatchPattern, matchCheaply } from '../../../dsl/pattern.ts';
import {
  isJsonObject,
  type JsonObject,
  type PermissionLayer,
  type Plan,
  type PlannedCall,
  type PlannedJob,
} from '../../../schemas/index.ts';
import { runContexts } from '../contexts.ts';
import { errorAt, type Result } from '../errors.ts';
import { outputBytes } from '../limits.ts';
import { evaluateOutputs } from '../outputs.ts';
import { permissionLayer } from '../permissions.ts';
import { unfit, valueOf } from '../templates.ts';
import { jobsContext } from './needs/needs.ts';
import { calledPlan } from './planned.ts';
import type { JobResult, RunFacts } from './protocol.ts';
import { endOfWorkflow, type WorkflowTurn } from './turn.ts';

/** A job that calls a workflow. */
export interface CallingJob {
  readonly job: PlannedJob;
  readonly calls: PlannedCall;
}

/** The facts of the workflow that a job calls: its inputs, its names of the secrets, and what its callers permit. */
export function callFacts(
  workflow: WorkflowTurn,
  calling: CallingJob,
  environment: EvaluationEnvironment,
): Result<RunFacts> {
  const { turn, state } = workflow;
  const called = calledPlan(turn.plan, calling.calls.workflow);
  const inputs = inputsOf(called, calling, environment);
  if ('error' in inputs) return inputs;
  const secrets = secretsOf(called, calling, state.facts);
  if ('error' in secrets) return secrets;
  const permissions = permissionsAround(workflow, calling.job, environment);
  if ('error' in permissions) return permissions;
  const { run, run_attempt, tenant, vars } = state.facts;
  return {
    ok: {
      run,
      run_attempt,
      tenant,
      inputs: inputs.ok,
      vars,
      ...secrets.ok,
      ...(permissions.ok.length === 0 ? {} : { permissions: permissions.ok }),
    },
  };
}

/** How a job ends whose called workflow has ended. Outputs that can't be evaluated fail one that succeeded. */
export function callResult(called: WorkflowTurn): JobResult {
  const { status, error } = endOfWorkflow(called);
  const { plan, jobs, state } = called;
  const contexts = { ...runContexts(state.facts), jobs: jobsContext(plan, jobs) };
  const at = { file: plan.file, line: 1, column: 1 };
  const place = { environment: { contexts }, owner: 'workflow', at };
  const { outputs, failure } = evaluateOutputs(Object.entries(plan.call?.outputs ?? {}), place);
  const failed = status === 'success' && failure !== undefined;
  const reason = failed ? failure.error : error;
  return {
    status: failed ? 'failure' : status,
    outputs,
    output_bytes: outputBytes(outputs),
    attempts: 1,
    ...(reason === undefined ? {} : { error: reason }),
  };
}

function inputsOf(called: Plan, { job, calls }: CallingJob, environment: EvaluationEnvironment): Result<JsonObject> {
  const given = valueOf(calls.with, environment);
  if ('error' in given) return given;
  if (!isJsonObject(given.ok)) {
    return unfit(calls.with, { name: 'with', at: calls.at }, { expected: 'an object of inputs', value: given.ok });
  }
  let undecided = false;
  const matchPattern: MatchPattern = (pattern, text) => {
    const matches = matchCheaply(pattern, text);
    undecided ||= matches === undefined;
    return matches;
  };
  const resolved = resolveInputs(called, given.ok, { matchPattern });
  if ('inputs' in resolved) return { ok: resolved.inputs };
  const declared = `Have the \`with\` of ${job.id} give the inputs that ${called.file} declares.`;
  return {
    error: errorAt(calls.at, {
      code: 'INVALID_INPUT',
      message: `${called.file} can't be called so: ${resolved.errors.map(({ message }) => message).join('; ')}`,
      // The state of a run must not hang on a pattern, so one that could take very long isn't tried.
      remedy: undecided
        ? `Write the patterns of ${called.file} without repeated groups, back references and lookarounds, or give shorter texts.`
        : declared,
    }),
  };
}

/** Names ignore case, as everywhere in expressions. */
function secretsOf(
  called: Plan,
  { calls }: CallingJob,
  around: RunFacts,
): Result<Pick<RunFacts, 'secrets' | 'secret_names'>> {
  const given = new Map(around.secrets.map((name) => [name.toLowerCase(), name]));
  const passed =
    calls.secrets === 'inherit'
      ? around.secrets.map((name) => [name, name] as const)
      : Object.entries(calls.secrets).flatMap(([inside, outside]) => {
          const name = given.get(outside.toLowerCase());
          return name === undefined ? [] : [[inside, name] as const];
        });
  const inside = new Set(passed.map(([name]) => name.toLowerCase()));
  const missing = Object.entries(called.call?.secrets ?? {}).find(
    ([name, { required }]) => required && !inside.has(name.toLowerCase()),
  )?.[0];
  if (missing !== undefined) {
    const mapped = calls.secrets === 'inherit' ? [] : Object.entries(calls.secrets);
    const [, outer = missing] = mapped.find(([inside]) => inside.toLowerCase() === missing.toLowerCase()) ?? [];
    return {
      error: errorAt(calls.at, {
        code: 'SECRET_MISSING',
        message: `${called.file} needs the secret ${missing}, and there is no secret ${outer} to give it`,
        remedy: `Start the run with it: \`--secret ${outer}\`, or in \`secrets\` of POST /v1/workflows.`,
      }),
    };
  }
  const secrets = passed.map(([name]) => name);
  if (calls.secrets === 'inherit' && around.secret_names === undefined) return { ok: { secrets } };
  const ofRun = (name: string): string => around.secret_names?.[name] ?? name;
  return { ok: { secrets, secret_names: Object.fromEntries(passed.map(([name, outer]) => [name, ofRun(outer)])) } };
}

function permissionsAround(
  { plan, state }: WorkflowTurn,
  job: PlannedJob,
  environment: EvaluationEnvironment,
): Result<readonly PermissionLayer[]> {
  const workflow = permissionLayer('workflow', plan.permissions, { contexts: runContexts(state.facts) });
  if ('error' in workflow) return workflow;
  const own = permissionLayer('job', job.permissions, environment);
  if ('error' in own) return own;
  return { ok: [...(state.facts.permissions ?? []), ...workflow.ok, ...own.ok] };
}
