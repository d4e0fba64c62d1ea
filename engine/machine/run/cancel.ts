import { assertNever, type JobKey } from '../../../schemas/index.ts';
import { cancelledError } from '../errors.ts';
import { endedCell, findCell, neverStarted, putCell } from './cells.ts';
import { withdrawApproval } from './environment/approvals.ts';
import { decideJob } from './needs/decide.ts';
import { jobAt } from './planned.ts';
import { type Cell, hasEnded } from './state.ts';
import { openCalled, place, putNode, unsettle, type WorkflowTurn } from './turn.ts';

/**
 * Cancels a workflow in order, by GitHub's rule: the `if` of every job that hasn't ended is asked again, now that `cancelled()` holds.
 * A job whose condition still holds (`always()`) goes on, or starts in its turn; the others are told to end. A workflow that
 * still waits for its concurrency group ends at once, since nothing of it may run without. False where it was cancelled before.
 */
export function cancelWorkflow(workflow: WorkflowTurn, reason: string): boolean {
  if (workflow.state.cancel !== undefined) return false;
  workflow.state = { ...workflow.state, cancel: { at: workflow.turn.at, reason } };
  workflow.turn.agenda.add(workflow);
  const { group } = workflow.state;
  if (group !== undefined && !group.held) endUnbegun(workflow, reason);
  else for (const position of workflow.jobs.keys()) cancelJob(workflow, position, reason);
  return true;
}

/** Tells one cell to end early. False where it was told before, or has ended. */
export function cancelCell(
  workflow: WorkflowTurn,
  position: number,
  { key, reason }: { readonly key: JobKey; readonly reason: string },
): boolean {
  const found = findCell(workflow, position, key);
  if (found === undefined) return false;
  const cell = cancelledCell(workflow, found.cell, reason);
  if (cell === found.cell) return false;
  putCell(workflow, position, { ...found, cell });
  if (cell.stage.state === 'calling') cancelWorkflow(openCalled(workflow, position, key), reason);
  unsettle(workflow, position);
  return true;
}

/** Ends all jobs of a workflow none of which has begun. */
export function endUnbegun(workflow: WorkflowTurn, reason: string): void {
  workflow.unbegun = false;
  for (const [position, node] of workflow.jobs.entries()) {
    if (hasEnded(node)) continue;
    place(workflow, position, { state: 'cancelled', at: workflow.turn.at, error: cancelledError(reason) });
  }
  workflow.ready.length = 0;
}

/** Tells the running cells of a job to end early, each once; those that haven't started end at once. */
export function cancelCells(workflow: WorkflowTurn, position: number, reason: string): void {
  const node = workflow.jobs[position];
  if (node?.state !== 'spread') return;
  const cells = node.cells.map((cell) => cancelledCell(workflow, cell, reason));
  putNode(workflow, position, { ...node, cells });
  for (const { key, stage } of cells) {
    if (stage.state === 'calling') cancelWorkflow(openCalled(workflow, position, key), reason);
  }
  unsettle(workflow, position);
}

function cancelJob(workflow: WorkflowTurn, position: number, reason: string): void {
  const node = workflow.jobs[position];
  if (node === undefined || node.state === 'waiting' || hasEnded(node)) return;
  if (decideJob(workflow, jobAt(workflow.plan, position)).decision === 'run') return;
  if (node.state === 'spread') return cancelCells(workflow, position, reason);
  if (node.state === 'approving') workflow.turn.commands.push(...withdrawApproval(node));
  place(workflow, position, { state: 'cancelled', at: workflow.turn.at, error: cancelledError(reason) });
}

function cancelledCell(workflow: WorkflowTurn, cell: Cell, reason: string): Cell {
  const { stage } = cell;
  switch (stage.state) {
    case 'queued':
    case 'waiting_for_group':
      return endedCell(workflow, cell, { result: neverStarted(reason) });
    case 'running': {
      if (stage.cancelled !== undefined) return cell;
      workflow.turn.commands.push({ type: 'cancel_job', job: cell.key, reason });
      const { pause: _, ...rest } = stage;
      // A job that is cancelled goes on to its end, paused or not.
      return { ...cell, stage: { ...rest, cancelled: reason } };
    }
    case 'calling':
      return stage.cancelled === undefined ? { ...cell, stage: { ...stage, cancelled: reason } } : cell;
    case 'ended':
      return cell;
    default:
      return assertNever(stage);
  }
}
