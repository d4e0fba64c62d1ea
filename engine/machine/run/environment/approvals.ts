import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import {
  isJsonList,
  type Json,
  type PlannedApproval,
  type PlannedEnvironment,
  type PlannedJob,
  type Position,
  type WaterflowError,
} from '../../../../schemas/index.ts';
import { errorAt, type Result } from '../../errors.ts';
import { decisionOf } from '../../signals.ts';
import { unfit, valueOf } from '../../templates.ts';
import type { RunCommand, Signal } from '../protocol.ts';
import type { ApprovingJob, PartialRerun } from '../state.ts';
import type { WorkflowTurn } from '../turn.ts';
import { type EvaluatedEnvironment, environmentOf } from './environment.ts';

/**
 * A job at the point where somebody has to approve its environment; undefined where nobody has to. `places` are what its cells are
 * evaluated over: one decision is over all of them.
 */
export function approvalOf(
  workflow: WorkflowTurn,
  job: PlannedJob,
  { places, again }: { readonly places: readonly EvaluationEnvironment[]; readonly again: PartialRerun | undefined },
): Result<ApprovingJob | undefined> {
  const { environment } = job;
  if (environment?.approval === undefined) return { ok: undefined };
  const { timeout_ms } = environment.approval;
  const approvers = approversOf(environment.approval, environment, places);
  if ('error' in approvers) return approvers;
  const environments = environmentsOf(environment, places);
  if ('error' in environments) return environments;
  const name = `approval:${workflow.prefix}${job.id}`;
  const { turn, state } = workflow;
  return {
    ok: {
      state: 'approving',
      environment: environments.ok.environment,
      awaited: {
        name,
        id: `${workflow.prefix}${job.id}#${state.facts.run_attempt}`,
        job: `${workflow.prefix}${job.id}`,
        kind: 'approval',
        approvers: approvers.ok,
        message: environments.ok.message,
        push_back_to: [],
      },
      // The name of a timer is used once in all attempts of the run.
      ...(timeout_ms === undefined
        ? {}
        : { timer: { name: `${name}#${state.facts.run_attempt}`, due: turn.at + timeout_ms } }),
      ...(again === undefined ? {} : { again }),
    },
  };
}

/** What asks for the decision. */
export function askApproval({ awaited, timer }: ApprovingJob): readonly RunCommand[] {
  const timers: readonly RunCommand[] =
    timer === undefined ? [] : [{ type: 'start_timer', timer: timer.name, due: timer.due }];
  return [{ type: 'await_signal', awaited }, ...timers];
}

/** What asks for it no longer. `fired`: its timer is gone already. */
export function withdrawApproval(
  { awaited, timer }: ApprovingJob,
  { fired = false }: { readonly fired?: boolean } = {},
): readonly RunCommand[] {
  const timers: readonly RunCommand[] =
    timer === undefined || fired ? [] : [{ type: 'cancel_timer', timer: timer.name }];
  return [{ type: 'stop_awaiting', name: awaited.name }, ...timers];
}

/** Why the job fails by this decision; undefined where it goes on. */
export function rejectionBy(job: PlannedJob, { by, payload }: Signal): WaterflowError | undefined {
  const decision = decisionOf(payload);
  if (decision?.decision !== 'reject') return undefined;
  const { comment = '' } = decision;
  return errorAt(job.environment?.at ?? job.at, {
    code: 'REJECTED',
    message: comment === '' ? `${by} rejected it` : `${by} rejected it: ${comment}`,
    remedy: 'Change what was objected to, and run the job again.',
  });
}

/** The error of a job that nobody decided over in time. */
export function undecided(job: PlannedJob, { awaited }: ApprovingJob): WaterflowError {
  const who = awaited.kind === 'approval' && awaited.approvers.length > 0 ? awaited.approvers.join(', ') : 'anybody';
  return errorAt(job.environment?.at ?? job.at, {
    code: 'TIMEOUT',
    message: `its environment was not approved in time; it waited for ${who}`,
    remedy: 'Run the job again, and decide in time, or give the approval a longer `timeout`.',
  });
}

/** Who may decide over all cells. Who may over some of them only can't be asked, as the others would be approved with them. */
function approversOf(
  { approvers: template }: PlannedApproval,
  { at }: PlannedEnvironment,
  places: readonly EvaluationEnvironment[],
): Result<readonly string[]> {
  let common: readonly string[] | undefined;
  for (const place of places) {
    const approvers = valueOf(template, place);
    if ('error' in approvers) return approvers;
    const names = namesIn(approvers.ok);
    if (names === undefined) {
      return unfit(template, { name: 'approvers', at }, { expected: 'a list of names', value: approvers.ok });
    }
    if (common !== undefined && !sameNames(common, names)) return { error: variousApprovers(at) };
    common ??= names;
  }
  return { ok: common ?? [] };
}

/** What is approved: the environment of all cells, or the environments of which each cell has one. */
function environmentsOf(
  planned: PlannedEnvironment,
  places: readonly EvaluationEnvironment[],
): Result<{ readonly environment: EvaluatedEnvironment; readonly message: string }> {
  const found = new Map<string, EvaluatedEnvironment>();
  for (const place of places) {
    const environment = environmentOf(planned, place);
    if ('error' in environment) return environment;
    if (!found.has(environment.ok.name)) found.set(environment.ok.name, environment.ok);
  }
  const [first = { name: '' }] = found.values();
  if (found.size <= 1) return { ok: { environment: first, message: `the environment ${first.name}` } };
  const name = [...found.keys()].join(', ');
  return { ok: { environment: { name }, message: `the environments ${name}` } };
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  const names = new Set(one);
  return names.size === new Set(other).size && other.every((name) => names.has(name));
}

function variousApprovers(at: Position): WaterflowError {
  return errorAt(at, {
    code: 'INVALID_VALUE',
    message: 'the cells of the matrix name various approvers, and a job is approved once, for all of its cells',
    remedy: 'Name the same approvers for all cells, or write a job for each group of approvers.',
  });
}

/** One text is a list of one. */
function namesIn(value: Json): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!isJsonList(value)) return undefined;
  return value.every((name): name is string => typeof name === 'string' && name !== '') ? value : undefined;
}
