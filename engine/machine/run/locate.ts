import type { JobKey } from '../../../schemas/index.ts';
import { findPosition } from './planned.ts';
import { cellsOf } from './state.ts';
import { openCalled, type WorkflowTurn } from './turn.ts';

/** A job, and the cell of it where a key is that of one. */
export interface Place {
  readonly workflow: WorkflowTurn;
  readonly position: number;
  readonly cell?: JobKey;
}

/**
 * Where the key of a job, cell, host or called job leads, through the workflows that run at the moment; undefined where it leads
 * nowhere. It costs as much as the levels and the cells on the way, however many jobs there are.
 */
export function locate(root: WorkflowTurn, key: string): Place | undefined {
  let workflow = root;
  for (;;) {
    const own = key.slice(workflow.prefix.length);
    const id = idIn(own);
    const position = findPosition(workflow.plan, id);
    if (position === undefined) return undefined;
    const cells = cellsOf(workflow.jobs[position]);
    const cell = cells.find((one) => one.key === key);
    if (cell !== undefined) return { workflow, position, cell: cell.key };
    if (own === id) return { workflow, position };
    const caller = cells.find((one) => one.stage.state === 'calling' && key.startsWith(`${one.key} / `));
    if (caller === undefined) return undefined;
    workflow = openCalled(workflow, position, caller.key);
  }
}

/** The id at the beginning of a key: ids hold no spaces, and what tells cells apart comes after one. */
function idIn(key: string): string {
  const end = key.indexOf(' ');
  return end === -1 ? key : key.slice(0, end);
}
