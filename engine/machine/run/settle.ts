import type { WaterflowError } from '../../../schemas/index.ts';
import { endedCell, neverStarted } from './cells.ts';
import { calledPlan, jobAt } from './planned.ts';
import { hasFailed, roomIn, statusOfCells, stopReason } from './spread/waves.ts';
import { type Cell, cellsOf, hasEnded, type PlannedGroup, type SpreadJob } from './state.ts';
import { freshJobs, noteFailure, openCalled, place, putNode, type WorkflowTurn } from './turn.ts';

/**
 * Starts the cells of a job that may start; a job without a cell that still runs or waits has ended. In a paused run nothing
 * starts.
 */
export function settleJob(workflow: WorkflowTurn, position: number): void {
  const node = workflow.jobs[position];
  if (node?.state !== 'spread') return;
  const next = startCells(workflow, position, stopWaves(workflow, node));
  if (next.cells.some(({ stage }) => stage.state !== 'ended')) {
    putNode(workflow, position, next);
    beginCalls(workflow, position, node.cells);
    return;
  }
  const status = statusOfCells(next);
  if (status === 'failure') noteFailure(workflow, errorOf(next));
  const { cells, outputs, fleet } = next;
  place(workflow, position, { state: 'ended', status, cells, outputs, ...(fleet === undefined ? {} : { fleet }) });
}

/** Ends the hosts that are left, where too many have failed. */
function stopWaves(workflow: WorkflowTurn, node: SpreadJob): SpreadJob {
  const reason = stopReason(node);
  if (node.fleet === undefined || reason === undefined) return node;
  const result = neverStarted(`${reason}, so no further wave started`);
  const cells = node.cells.map((cell) =>
    cell.stage.state === 'queued' ? endedCell(workflow, cell, { result }) : cell,
  );
  return { ...node, fleet: { ...node.fleet, stopped: reason }, cells };
}

function startCells(workflow: WorkflowTurn, position: number, node: SpreadJob): SpreadJob {
  if (workflow.turn.run.pause !== undefined) return node;
  let room = roomIn(node);
  const cells = node.cells.map((cell): Cell => {
    const { stage } = cell;
    if (stage.state === 'waiting_for_group') return stage.held ? launch(workflow, position, cell) : cell;
    if (stage.state !== 'queued' || room <= 0) return cell;
    room -= 1;
    return cell.group === undefined ? launch(workflow, position, cell) : askForGroup(workflow, cell, cell.group);
  });
  return { ...node, cells };
}

function askForGroup(workflow: WorkflowTurn, cell: Cell, { name, cancel_in_progress }: PlannedGroup): Cell {
  if (cell.stage.state !== 'queued') return cell;
  workflow.turn.commands.push({ type: 'acquire_group', group: name, member: cell.key, cancel_in_progress });
  return { ...cell, stage: { ...cell.stage, state: 'waiting_for_group', held: false } };
}

function launch(workflow: WorkflowTurn, position: number, cell: Cell): Cell {
  const { turn, plan } = workflow;
  const { stage } = cell;
  if (stage.state !== 'queued' && stage.state !== 'waiting_for_group') return cell;
  const { start, call } = stage;
  const { calls } = jobAt(plan, position);
  if (call === undefined || calls === undefined) {
    turn.commands.push({ type: 'start_job', job: cell.key, start });
    return { ...cell, stage: { state: 'running', start, started_at: turn.at } };
  }
  const jobs = call.jobs ?? freshJobs(calledPlan(turn.plan, calls.workflow).jobs);
  const open = jobs.filter((node) => !hasEnded(node)).length;
  return { ...cell, stage: { state: 'calling', started_at: turn.at, called: { facts: call.facts, jobs, open } } };
}

/** The workflows that were called just now begin in their turn. */
function beginCalls(workflow: WorkflowTurn, position: number, before: readonly Cell[]): void {
  for (const [index, { key, stage }] of cellsOf(workflow.jobs[position]).entries()) {
    if (stage.state !== 'calling' || before[index]?.stage.state === 'calling') continue;
    const called = openCalled(workflow, position, key);
    called.unbegun = true;
    workflow.turn.agenda.add(called);
  }
}

function errorOf({ cells }: SpreadJob): WaterflowError | undefined {
  const failed = cells.find(hasFailed);
  return failed?.stage.state === 'ended' ? failed.stage.result.error : undefined;
}
