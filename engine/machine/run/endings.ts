import type { JobKey } from '../../../schemas/index.ts';
import { runOutputsLimitBytes } from '../limits.ts';
import { cancelCells } from './cancel.ts';
import { type CellEnd, endedCell, findCell } from './cells.ts';
import { mergeOutputs } from './needs/needs.ts';
import type { JobResult } from './protocol.ts';
import type { RunTurn, WorkflowTurn } from './turn.ts';
import { noteFailure, putNode, unsettle } from './turn.ts';

/** What the end of a cell makes of its job: its outputs count, and by fail-fast its failure ends the others. */
export function endCell(workflow: WorkflowTurn, position: number, key: JobKey, end: CellEnd): void {
  const found = findCell(workflow, position, key);
  if (found === undefined) throw new TypeError(`${key} does not run`);
  const { node, index, cell } = found;
  const result = withinRunLimit(workflow.turn, end.result);
  putNode(workflow, position, {
    ...node,
    cells: node.cells.with(index, endedCell(workflow, cell, { ...end, result })),
    outputs: mergeOutputs(node.outputs, result.outputs),
  });
  workflow.turn.run = { ...workflow.turn.run, output_bytes: workflow.turn.run.output_bytes + result.output_bytes };
  unsettle(workflow, position);
  if (result.status !== 'failure' || node.fleet !== undefined) return;
  noteFailure(workflow, result.error);
  if (node.fail_fast) cancelCells(workflow, position, `${key} failed, and fail-fast is on`);
}

/** The job whose outputs are one too many for the run fails, and they are dropped. */
function withinRunLimit(turn: RunTurn, result: JobResult): JobResult {
  const total = turn.run.output_bytes + result.output_bytes;
  if (total <= runOutputsLimitBytes) return result;
  return {
    status: 'failure',
    outputs: {},
    output_bytes: 0,
    attempts: result.attempts,
    error: {
      code: 'OUTPUT_TOO_LARGE',
      message: `with this job's, the outputs of the run take ${total} bytes; they may take ${runOutputsLimitBytes}`,
      remedy: 'Pass large data as files, and only their paths as outputs.',
    },
  };
}
