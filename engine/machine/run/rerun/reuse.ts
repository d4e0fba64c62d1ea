import { type Cell, calledBy, cellsOf, hasEnded, type JobNode, type WorkflowState } from '../state.ts';

/** A job that ended in an earlier attempt of the run, and counts in this one as it is. */
export function reused(node: JobNode): JobNode {
  if (!hasEnded(node)) return node;
  if (node.state !== 'ended') return { ...node, reused: true };
  return { ...node, cells: node.cells.map(reusedCell), reused: true };
}

/** A cell that did. It is in no group any more. */
export function reusedCell(ended: Cell): Cell {
  const { group: _, ...cell } = ended;
  const { stage } = cell;
  if (stage.state !== 'ended' || stage.called === undefined) return { ...cell, reused: true };
  return { ...cell, stage: { ...stage, called: reusedWorkflow(stage.called) }, reused: true };
}

/** Bytes of the outputs that these jobs bring with them. */
export function reusedBytes(jobs: readonly JobNode[]): number {
  return jobs.reduce((sum, node) => sum + bytesOf(node), 0);
}

function reusedWorkflow(ended: WorkflowState): WorkflowState {
  const { group: _, ...state } = ended;
  return { ...state, jobs: state.jobs.map(reused) };
}

function bytesOf(node: JobNode): number {
  if (node.state !== 'waiting') return cellsOf(node).reduce((sum, cell) => sum + bytesOfCell(cell), 0);
  const { cells = [], again = {} } = node.again ?? {};
  return cells.reduce((sum, cell) => {
    const rerun = again[cell.key];
    if (rerun === undefined) return sum + bytesOfCell(cell);
    return rerun.kind === 'called' ? sum + reusedBytes(rerun.jobs) : sum;
  }, 0);
}

function bytesOfCell(cell: Cell): number {
  const { stage } = cell;
  const inside = reusedBytes(calledBy(cell)?.jobs ?? []);
  return inside + (stage.state === 'ended' ? stage.result.output_bytes : 0);
}
