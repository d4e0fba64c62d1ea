import type { JobKey, JsonObject } from '../../../schemas/index.ts';
import { cancelledError } from '../errors.ts';
import type { JobResult, RunCommand } from './protocol.ts';
import type { Cell, SpreadJob, WorkflowState } from './state.ts';
import { putNode, type WorkflowTurn } from './turn.ts';

/** A cell of a spread job, and where it stands. */
export interface PlacedCell {
  readonly node: SpreadJob;
  readonly index: number;
  readonly cell: Cell;
}

/** The cell of a job that has this key; undefined where the job isn't spread out, or has none. */
export function findCell(workflow: WorkflowTurn, position: number, key: JobKey): PlacedCell | undefined {
  const node = workflow.jobs[position];
  if (node?.state !== 'spread') return undefined;
  const index = node.cells.findIndex((cell) => cell.key === key);
  const cell = node.cells[index];
  return cell === undefined ? undefined : { node, index, cell };
}

/** Puts a cell in the place of the one before. */
export function putCell(workflow: WorkflowTurn, position: number, { node, index, cell }: PlacedCell): void {
  putNode(workflow, position, { ...node, cells: node.cells.with(index, cell) });
}

/** How a cell ended, and the end of the workflow that it called. */
export interface CellEnd {
  readonly result: JobResult;
  readonly called?: WorkflowState;
}

/** A cell at its end; what it asked for is withdrawn. */
export function endedCell(workflow: WorkflowTurn, cell: Cell, { result, called }: CellEnd): Cell {
  const { stage } = cell;
  const { at, commands } = workflow.turn;
  if (stage.state !== 'queued') commands.push(...releaseOfCell(cell));
  const started = stage.state === 'running' || stage.state === 'calling' ? { started_at: stage.started_at } : {};
  const end = called === undefined ? {} : { called };
  return { ...cell, stage: { state: 'ended', ...started, ended_at: at, result, ...end } };
}

/** What leaves the group of a cell. */
export function releaseOfCell({ key, group }: Cell): readonly RunCommand[] {
  return group === undefined ? [] : [{ type: 'release_group', group: group.name, member: key }];
}

const none: JsonObject = {};

/** The result of a cell that was cancelled before it started. */
export function neverStarted(reason: string): JobResult {
  return { status: 'cancelled', outputs: none, output_bytes: 0, attempts: 0, error: cancelledError(reason) };
}
