import { assertNever, type JobKey, type JsonObject } from '../../../schemas/index.ts';
import { cancelledError } from '../errors.ts';
import { jsonBytes, runOutputsLimitBytes } from '../limits.ts';
import { mergeOutputs } from './needs.ts';
import type { JobResult } from './protocol.ts';
import type { Cell, CellStage, JobNode, SpreadJob } from './state.ts';
import type { RunTurn } from './turn.ts';

/** Starts as many queued cells as may run at once. */
function startCells(turn: RunTurn, node: SpreadJob): SpreadJob {
  let running = node.cells.filter((cell) => cell.stage.state === 'running').length;
  const cells = node.cells.map((cell): Cell => {
    if (cell.stage.state !== 'queued' || running >= node.max_parallel) return cell;
    running += 1;
    const { start } = cell.stage;
    turn.commands.push({ type: 'start_job', job: cell.key, start });
    return { ...cell, stage: { state: 'running', start, started_at: turn.at } };
  });
  return { ...node, cells };
}

/** What the end of a cell makes of its job: fail-fast, the next cell, or the job's end. */
export function endCell(
  turn: RunTurn,
  node: SpreadJob,
  ended: { readonly key: JobKey; readonly result: JobResult },
): JobNode {
  const result = withinRunLimit(turn, ended.result);
  const cells = node.cells.map((cell) => (cell.key === ended.key ? endedCell(cell, turn.at, result) : cell));
  const next: SpreadJob = { ...node, cells, outputs: mergeOutputs(node.outputs, result.outputs) };
  turn.run = { ...turn.run, output_bytes: turn.run.output_bytes + result.output_bytes };
  if (result.status === 'failure') noteFailure(turn, result);
  const failFast = result.status === 'failure' && node.fail_fast;
  return settleCells(turn, failFast ? cancelCells(turn, next, `${ended.key} failed, and fail-fast is on`) : next);
}

/** Starts what may start; a job without a cell that still runs or waits has ended. */
export function settleCells(turn: RunTurn, node: SpreadJob): JobNode {
  const next = startCells(turn, node);
  const ends = next.cells.map(({ stage }) => (stage.state === 'ended' ? stage.result.status : undefined));
  if (ends.includes(undefined)) return next;
  const status = ends.includes('failure') ? 'failure' : ends.includes('cancelled') ? 'cancelled' : 'success';
  return { state: 'ended', status, cells: next.cells, outputs: next.outputs };
}

/** Tells the running cells to end early, each once; those that haven't started end at once. */
export function cancelCells(turn: RunTurn, node: SpreadJob, reason: string): SpreadJob {
  const cells = node.cells.map((cell): Cell => {
    const { stage } = cell;
    switch (stage.state) {
      case 'queued':
        return endedCell(cell, turn.at, neverStarted(reason));
      case 'running': {
        if (stage.cancelled !== undefined) return cell;
        turn.commands.push({ type: 'cancel_job', job: cell.key, reason });
        return { ...cell, stage: { ...stage, cancelled: reason } };
      }
      case 'ended':
        return cell;
      default:
        return assertNever(stage);
    }
  });
  return { ...node, cells };
}

/** Remembers the error of the job that failed first, for the run's end. */
export function noteFailure(turn: RunTurn, failed: Pick<JobResult, 'error'>): void {
  if (turn.run.failure === undefined && failed.error !== undefined) turn.run = { ...turn.run, failure: failed.error };
}

function endedCell(cell: Cell, at: number, result: JobResult): Cell {
  const started = cell.stage.state === 'running' ? { started_at: cell.stage.started_at } : {};
  const stage: CellStage = { state: 'ended', ...started, ended_at: at, result };
  return { ...cell, stage };
}

const none: JsonObject = {};

function neverStarted(reason: string): JobResult {
  return { status: 'cancelled', outputs: none, output_bytes: 0, attempts: 0, error: cancelledError(reason) };
}

/** The job whose outputs are one too many for the run fails, and they are dropped. */
function withinRunLimit(turn: RunTurn, result: JobResult): JobResult {
  const total = turn.run.output_bytes + result.output_bytes;
  if (result.output_bytes === 0 || total <= runOutputsLimitBytes) return result;
  return {
    status: 'failure',
    outputs: none,
    output_bytes: jsonBytes(none),
    attempts: result.attempts,
    error: {
      code: 'OUTPUT_TOO_LARGE',
      message: `with this job's, the outputs of the run take ${total} bytes; they may take ${runOutputsLimitBytes}`,
      remedy: 'Pass large data as files, and only their paths as outputs.',
    },
  };
}
