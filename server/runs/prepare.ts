import type { InputFront } from '../../dsl/api.ts';
import { resolveInputs } from '../../dsl/index.ts';
import { matchCheaply } from '../../dsl/pattern.ts';
import type { Engine } from '../../engine/port.ts';
import type { Diagnostic, JsonObject, Plan, RunId, WaterflowError } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import { boundedProblems } from './bounded-problems.ts';
import { type CompileThread, TooHeavy } from './compile-thread.ts';
import { errorOf, hasCode } from './failures.ts';
import { queuesOf } from './queues-of-plan.ts';
import type { NewRun, PreparedRun } from './submissions.ts';

/** What a new run is checked with. */
export interface PreparingParts {
  readonly plan: Plan;
  readonly thread: CompileThread;
  readonly nextRun: () => RunId;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Why secrets can't be kept out of logs, undefined where they can. */
  readonly secretsProblem: (secrets: Readonly<Record<string, string>>) => WaterflowError | undefined;
}

/** Checks a new run against its plan, and makes its row: inputs have their types and defaults then. */
export async function prepareRun(run: NewRun, parts: PreparingParts): Promise<PreparedRun> {
  const { plan, nextRun, now } = parts;
  const refused = secretsRefused(run.secrets, parts.secretsProblem);
  if (refused.length > 0) return { kind: 'invalid', diagnostics: refused };
  const resolved = await resolve(run, { ...parts, front: run.origin.kind === 'webhook' ? 'webhook' : 'api' });
  if ('errors' in resolved) return { kind: 'invalid', diagnostics: boundedProblems(resolved.errors) };
  const row: RunRow = {
    run: nextRun(),
    tenant: run.tenant,
    workflow: plan.name,
    name: plan.name,
    file: plan.file,
    labels: run.labels,
    queues: queuesOf(plan, resolved.inputs),
    status: 'accepted',
    attempt: 1,
    created_at: Math.floor(now),
    origin: run.origin,
    request: {
      plan: run.plan,
      ...(run.source === undefined ? {} : { source: run.source }),
      inputs: resolved.inputs,
      vars: run.vars,
      secrets: Object.keys(run.secrets),
    },
  };
  return { kind: 'ready', row };
}

/** The same with its secrets sealed, where the engine's runs need no more of them. */
export async function sealedRun(
  prepared: PreparedRun,
  { engine, plan, secrets }: Pick<NewRun, 'secrets'> & { readonly engine: Pick<Engine, 'seal'>; readonly plan: Plan },
): Promise<PreparedRun> {
  if (prepared.kind !== 'ready' || engine.seal === undefined || Object.keys(secrets).length === 0) return prepared;
  const { row } = prepared;
  const { run, tenant, request } = row;
  try {
    const sealed = await engine.seal({ run, tenant, plan, secrets });
    return { kind: 'ready', row: { ...row, request: { ...request, sealed } } };
  } catch (cause) {
    if (!hasCode(cause, 'INVALID_INPUT')) throw cause;
    return { kind: 'invalid', diagnostics: [{ severity: 'error', ...errorOf(cause), file: plan.file }] };
  }
}

/** Each secret that can't be kept out of logs. */
function secretsRefused(
  secrets: NewRun['secrets'],
  problemOf: PreparingParts['secretsProblem'],
): readonly Diagnostic[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const problem = problemOf({ [name]: value });
    return problem === undefined ? [] : [{ severity: 'error', ...problem, pointer: `/secrets/${name}` } as const];
  });
}

type Resolved = { readonly inputs: JsonObject } | { readonly errors: readonly Diagnostic[] };

/** A pattern may take forever to match, and whoever wrote it isn't trusted: where that isn't sure to be quick, it is matched beside the server. */
export async function resolve(
  { inputs, tenant }: Pick<NewRun, 'inputs' | 'tenant'>,
  { plan, thread, front }: Pick<PreparingParts, 'plan' | 'thread'> & { readonly front: InputFront },
): Promise<Resolved> {
  let undecided = false;
  const resolved = resolveInputs(plan, inputs, {
    front,
    matchPattern: (pattern, text) => {
      const matches = matchCheaply(pattern, text);
      undecided ||= matches === undefined;
      return matches ?? true;
    },
  });
  if (!undecided) return resolved;
  try {
    return await thread.run(tenant, { kind: 'resolve', plan, given: inputs, front });
  } catch (cause) {
    if (!(cause instanceof TooHeavy)) throw cause;
    return { errors: [patternTooHeavy(plan)] };
  }
}

function patternTooHeavy({ file }: Plan): Diagnostic {
  return {
    severity: 'error',
    code: 'LIMIT_EXCEEDED',
    message: 'an input takes too long to match with its pattern',
    remedy: 'Write the pattern without repetitions inside of repetitions.',
    file,
  };
}
