import { isJsonObject, type Json, type PlannedJob, type WaterflowError } from '../../../schemas/index.ts';
import { errorAt, type Result } from '../errors.ts';
import { unfit, valueOf } from '../templates.ts';
import type { JobPlace } from './decide.ts';
import { environmentOf } from './environment.ts';
import type { RunCommand, Signal } from './protocol.ts';
import type { ApprovingJob, PartialRerun } from './state.ts';
import type { WorkflowTurn } from './turn.ts';

/** A job at the point where somebody has to approve its environment; undefined where nobody has to. */
export function approvalOf(
  workflow: WorkflowTurn,
  job: PlannedJob,
  { place, again }: { readonly place: JobPlace; readonly again: PartialRerun | undefined },
): Result<ApprovingJob | undefined> {
  const { environment } = job;
  if (environment?.approval === undefined) return { ok: undefined };
  const { approvers: template, timeout_ms } = environment.approval;
  const approvers = valueOf(template, place);
  if ('error' in approvers) return approvers;
  const names = namesIn(approvers.ok);
  if (names === undefined) {
    const field = { name: 'approvers', at: environment.at };
    return unfit(template, field, { expected: 'a list of names', value: approvers.ok });
  }
  const evaluated = environmentOf(environment, place);
  if ('error' in evaluated) return evaluated;
  const name = `approval:${workflow.prefix}${job.id}`;
  const { turn, state } = workflow;
  return {
    ok: {
      state: 'approving',
      environment: evaluated.ok,
      awaited: {
        name,
        job: `${workflow.prefix}${job.id}`,
        kind: 'approval',
        approvers: names,
        message: `the environment ${evaluated.ok.name}`,
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
  if (!isJsonObject(payload) || payload['decision'] !== 'reject') return undefined;
  const comment = typeof payload['comment'] === 'string' && payload['comment'] !== '' ? `: ${payload['comment']}` : '';
  return errorAt(job.environment?.at ?? job.at, {
    code: 'REJECTED',
    message: `${by} rejected it${comment}`,
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

/** One text is a list of one. */
function namesIn(value: Json): readonly string[] | undefined {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!Array.isArray(value)) return undefined;
  const names: string[] = [];
  for (const name of value) {
    if (typeof name !== 'string' || name === '') return undefined;
    names.push(name);
  }
  return names;
}
