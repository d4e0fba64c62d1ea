import { assertNever, type JobKey, type Plan, type PlannedJob } from '../../../schemas/index.ts';
import { type Transition, unchanged } from '../transition.ts';
import { cancelCells, endCell, noteFailure, settleCells } from './cells.ts';
import { needsHaveEnded } from './needs.ts';
import type { JobResult, RunCommand, RunEvent } from './protocol.ts';
import { decideJob, spreadJob } from './spread.ts';
import type { ActiveRun, CreatedRun, JobNode, RunState } from './state.ts';
import { closeTurn, jobsSoFar, openTurn, type RunTurn } from './turn.ts';

/** The state of a run before its first event. */
export function startRun(plan: Plan): RunState {
  return { version: 1, state: 'created', jobs: plan.jobs.map(() => ({ state: 'waiting' })) };
}

/** What an event does to a run. The plan must be the one that the run started with. */
export function runTransition(plan: Plan, state: RunState, event: RunEvent): Transition<RunState, RunCommand> {
  switch (event.type) {
    case 'run_started':
      return state.state === 'created' ? begin(plan, state, event) : unchanged(state);
    case 'job_finished':
      return state.state === 'running' ? finishJob(plan, state, event) : unchanged(state);
    case 'cancel_requested':
      return cancel(plan, state, event);
    case 'group_acquired':
    case 'group_superseded':
    case 'hosts_known':
    case 'hosts_unknown':
    case 'signal_received':
    case 'pause_requested':
    case 'resume_requested':
    case 'rerun_requested':
    case 'timer_fired':
      // They answer commands that this machine doesn't give yet.
      return unchanged(state);
    default:
      return assertNever(event);
  }
}

function begin(
  plan: Plan,
  created: CreatedRun,
  { at, facts }: Extract<RunEvent, { type: 'run_started' }>,
): Transition<RunState, RunCommand> {
  const run: ActiveRun = { ...created, state: 'running', facts, started_at: at, output_bytes: 0 };
  const turn = openTurn(plan, run, at);
  startReadyJobs(turn);
  return closeTurn(turn);
}

function finishJob(
  plan: Plan,
  run: ActiveRun,
  { at, job, result }: { readonly at: number; readonly job: JobKey; readonly result: JobResult },
): Transition<RunState, RunCommand> {
  const position = run.jobs.findIndex((node) => runsCell(node, job));
  const node = run.jobs[position];
  if (node?.state !== 'spread') return unchanged(run);
  const turn = openTurn(plan, run, at);
  turn.jobs[position] = endCell(turn, node, { key: job, result });
  startReadyJobs(turn);
  return closeTurn(turn);
}

/**
 * Cancels a run in order, by GitHub's rule: the `if` of every job that hasn't ended is asked again, now that `cancelled()` holds.
 * A job whose condition still holds (`always()`) goes on, or starts in its turn; the others are told to end.
 */
function cancel(
  plan: Plan,
  state: RunState,
  { at, reason }: { readonly at: number; readonly reason: string },
): Transition<RunState, RunCommand> {
  if (state.state === 'ended' || state.cancel !== undefined) return unchanged(state);
  if (state.state === 'created') return { state: { ...state, cancel: { at, reason } }, commands: [] };
  const turn = openTurn(plan, { ...state, cancel: { at, reason } }, at);
  for (const [position, job] of plan.jobs.entries()) {
    const node = turn.jobs[position];
    if (node?.state !== 'spread' || decideJob(turn, job).decision === 'run') continue;
    turn.jobs[position] = settleCells(turn, cancelCells(turn, node, reason));
  }
  startReadyJobs(turn);
  return closeTurn(turn);
}

/** Decides over each waiting job whose needs have ended, until none is left: a skipped job may free the next. */
function startReadyJobs(turn: RunTurn): void {
  for (let progress = true; progress; ) {
    progress = false;
    for (const [position, job] of turn.plan.jobs.entries()) {
      if (turn.jobs[position]?.state !== 'waiting' || !needsHaveEnded(job, jobsSoFar(turn))) continue;
      turn.jobs[position] = leaveWaiting(turn, job);
      progress = true;
    }
  }
}

function leaveWaiting(turn: RunTurn, job: PlannedJob): JobNode {
  const { at } = turn;
  const decision = decideJob(turn, job);
  if (decision.decision === 'skip') return { state: 'skipped', at, reason: decision.reason };
  const spread = decision.decision === 'fail' ? decision : spreadJob(turn, job);
  if ('ok' in spread) return settleCells(turn, spread.ok);
  noteFailure(turn, spread);
  return { state: 'refused', at, error: spread.error };
}

function runsCell(node: JobNode, key: JobKey): boolean {
  return node.state === 'spread' && node.cells.some((cell) => cell.key === key && cell.stage.state === 'running');
}
