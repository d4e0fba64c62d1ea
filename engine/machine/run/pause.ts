import { cancelWorkflow } from './cancel.ts';
import type { Cell } from './state.ts';
import { openCalled, putNode, type RunTurn, unsettle, type WorkflowTurn } from './turn.ts';

/** What runs goes on as far as it has begun, and nothing new begins. False in a run that is cancelled or paused already. */
export function pauseRun(turn: RunTurn, by: string): boolean {
  if (turn.run.pause !== undefined || turn.root.state.cancel !== undefined) return false;
  turn.run = { ...turn.run, pause: { by } };
  eachCell(turn.root, (cell) => {
    const { key, stage } = cell;
    if (stage.state !== 'running' || stage.cancelled !== undefined) return cell;
    turn.commands.push({ type: 'pause_job', job: key, by });
    return { ...cell, stage: { ...stage, pause: { told: 'pause', by } } };
  });
  return true;
}

/** Everything goes on. False in a run that isn't paused. */
export function resumeRun(turn: RunTurn, by: string): boolean {
  if (turn.run.pause === undefined) return false;
  const { pause: _, ...rest } = turn.run;
  turn.run = rest;
  eachCell(turn.root, (cell) => {
    const { key, stage } = cell;
    if (stage.state !== 'running' || stage.pause?.told !== 'pause') return cell;
    turn.commands.push({ type: 'resume_job', job: key, by });
    return { ...cell, stage: { ...stage, pause: { told: 'resume', by } } };
  });
  return true;
}

/** Cancels the whole run in order, which ends a pause: what still runs in it goes on to its end. False where it was cancelled before. */
export function cancelRun(turn: RunTurn, reason: string): boolean {
  if (!cancelWorkflow(turn.root, reason)) return false;
  resumeRun(turn, reason);
  return true;
}

/** Walks the cells of all workflows that run, and has each job looked at again. */
function eachCell(workflow: WorkflowTurn, change: (cell: Cell) => Cell): void {
  for (const [position, node] of workflow.jobs.entries()) {
    if (node.state !== 'spread') continue;
    const cells = node.cells.map(change);
    putNode(workflow, position, { ...node, cells });
    unsettle(workflow, position);
    for (const { key, stage } of cells) {
      if (stage.state === 'calling') eachCell(openCalled(workflow, position, key), change);
    }
  }
}
