import type { Plan } from '../../../schemas/index.ts';
import type { Transition } from '../transition.ts';
import type { JobsSoFar } from './needs.ts';
import type { RunCommand } from './protocol.ts';
import type { ActiveRun, JobNode, RunState } from './state.ts';

/**
 * The work on one event: a draft that the functions of the run machine change in place. It starts as a copy of the state's
 * top level and shares everything below, which nobody changes.
 */
export interface RunTurn {
  readonly plan: Plan;
  /** The event's time. */
  readonly at: number;
  run: ActiveRun;
  readonly jobs: JobNode[];
  readonly commands: RunCommand[];
}

/** Opens the work on an event. */
export function openTurn(plan: Plan, run: ActiveRun, at: number): RunTurn {
  return { plan, at, run, jobs: [...run.jobs], commands: [] };
}

/** Closes it: the new state, which is the run's end if every job has ended. */
export function closeTurn(turn: RunTurn): Transition<RunState, RunCommand> {
  const { run, jobs, at, commands } = turn;
  if (jobs.some((node) => node.state === 'waiting' || node.state === 'spread')) {
    return { state: { ...run, jobs }, commands };
  }
  const status = endStatus(turn);
  const error = status === 'failure' ? run.failure : undefined;
  const end = { status, ...(error === undefined ? {} : { error }) };
  return {
    state: { version: 1, state: 'ended', started_at: run.started_at, ended_at: at, jobs, ...end },
    commands: [...commands, { type: 'finish_run', ...end }],
  };
}

/** The jobs as they are now, for needs and conditions. */
export function jobsSoFar(turn: RunTurn): JobsSoFar {
  return { plan: turn.plan, jobs: turn.jobs, cancelled: turn.run.cancel !== undefined };
}

function endStatus({ run, jobs }: RunTurn): 'success' | 'failure' | 'cancelled' {
  if (run.cancel !== undefined) return 'cancelled';
  const ends = jobs.map((node) => (node.state === 'ended' ? node.status : node.state));
  if (ends.includes('failure') || ends.includes('refused')) return 'failure';
  return ends.includes('cancelled') ? 'cancelled' : 'success';
}
