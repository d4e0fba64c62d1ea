import { assertNever, type JobKey, type JsonObject, type Plan, type WaterflowError } from '../../../schemas/index.ts';
import type { SkipReason } from './protocol.ts';
import type { Cell, JobNode, RunState } from './state.ts';

/** A job of a run, or one cell of it, as notices and summaries show it. Times are ms since the epoch. */
export interface JobView {
  readonly key: JobKey;
  /** The job's id in the workflow file; several cells share it. */
  readonly id: string;
  readonly name: string;
  /** `waiting` for its needs; `queued` behind max-parallel. */
  readonly status: 'waiting' | 'queued' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped';
  /** 0 where it never started; 1 while it runs, however often it was tried: its own machine counts. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly outputs: JsonObject;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
}

/** Every job in file order, a job with a matrix as its cells once they are known. */
export function jobViews(plan: Plan, state: RunState): readonly JobView[] {
  return plan.jobs.flatMap((job, position) => viewsOf(job.id, state.jobs[position]));
}

/** The jobs that `after` shows differently than `before`, an earlier state of the same run. */
export function jobChanges(plan: Plan, before: RunState, after: RunState): readonly JobView[] {
  return plan.jobs.flatMap((job, position) => {
    const [old, now] = [before.jobs[position], after.jobs[position]];
    if (old === now) return [];
    const known = new Set(cellsOf(old));
    // States share what didn't change, so a cell that is the same object looks the same.
    return cellsOf(now).length === 0
      ? viewsOf(job.id, now)
      : cellsOf(now)
          .filter((cell) => !known.has(cell))
          .map((cell) => viewOf(job.id, cell));
  });
}

function viewsOf(id: string, node: JobNode | undefined): readonly JobView[] {
  // A job that isn't spread out yet is named by its id, which is its key if it has no matrix.
  const base = { key: id as JobKey, id, name: id, attempts: 0, outputs: {} };
  switch (node?.state) {
    case undefined:
    case 'waiting':
      return [{ ...base, status: 'waiting' }];
    case 'skipped':
      return [{ ...base, status: 'skipped', ended_at: node.at, skip_reason: node.reason }];
    case 'refused':
      return [{ ...base, status: 'failure', ended_at: node.at, error: node.error }];
    case 'spread':
    case 'ended':
      return node.cells.map((cell) => viewOf(id, cell));
    default:
      return assertNever(node);
  }
}

function viewOf(id: string, { key, name, stage }: Cell): JobView {
  const base = { key, id, name, outputs: {} };
  switch (stage.state) {
    case 'queued':
      return { ...base, status: 'queued', attempts: 0 };
    case 'running':
      return { ...base, status: 'running', attempts: 1, started_at: stage.started_at };
    case 'ended': {
      const { status, attempts, outputs, error } = stage.result;
      return {
        ...base,
        status,
        attempts,
        outputs,
        ...(stage.started_at === undefined ? {} : { started_at: stage.started_at }),
        ended_at: stage.ended_at,
        ...(error === undefined ? {} : { error }),
      };
    }
    default:
      return assertNever(stage);
  }
}

function cellsOf(node: JobNode | undefined): readonly Cell[] {
  return node?.state === 'spread' || node?.state === 'ended' ? node.cells : [];
}
