import {
  assertNever,
  type JobKey,
  type JsonObject,
  type Plan,
  type PlannedJob,
  type WaterflowError,
} from '../../../schemas/index.ts';
import type { JobResult, JobStart, RunEnd, RunFacts, SkipReason } from './protocol.ts';

/** The state of a run, as JSON. Read it through the views; the machine alone makes it. */
export type RunState = CreatedRun | ActiveRun | EndedRun;

/** Before `run_started`. */
export interface CreatedRun {
  readonly version: 1;
  readonly state: 'created';
  readonly jobs: readonly JobNode[];
  readonly cancel?: Cancellation;
}

/** From `run_started` until every job has ended. */
export interface ActiveRun {
  readonly version: 1;
  readonly state: 'running';
  readonly facts: RunFacts;
  readonly started_at: number;
  /** One node a job of the plan, in the plan's order. */
  readonly jobs: readonly JobNode[];
  /** Bytes of outputs of the jobs that ended. */
  readonly output_bytes: number;
  /** The error of the job that failed first. */
  readonly failure?: WaterflowError;
  readonly cancel?: Cancellation;
}

/** The run is over; nothing changes it any more. */
interface EndedRun {
  readonly version: 1;
  readonly state: 'ended';
  readonly started_at: number;
  readonly ended_at: number;
  readonly jobs: readonly JobNode[];
  readonly status: RunEnd;
  readonly error?: WaterflowError;
}

/** Who asked the run to end early, and when. Only the first asking counts. */
interface Cancellation {
  readonly at: number;
  readonly reason: string;
}

/** A job of the plan. */
export type JobNode =
  | { readonly state: 'waiting' }
  | { readonly state: 'skipped'; readonly at: number; readonly reason: SkipReason }
  /** It failed before any of it could start: a field of it could not be evaluated. */
  | { readonly state: 'refused'; readonly at: number; readonly error: WaterflowError }
  | SpreadJob
  | (Pick<SpreadJob, 'cells' | 'outputs'> & {
      readonly state: 'ended';
      readonly status: JobResult['status'];
    });

/** A job whose cells run; a job without a matrix is one cell. */
export interface SpreadJob {
  readonly state: 'spread';
  readonly fail_fast: boolean;
  /** Most cells that run at once. */
  readonly max_parallel: number;
  readonly cells: readonly Cell[];
  /** Outputs of the cells that ended, merged: of each the last that wasn't empty. */
  readonly outputs: JsonObject;
}

/** One cell of a matrix. */
export interface Cell {
  readonly key: JobKey;
  readonly name: string;
  readonly stage: CellStage;
}

/** How far a cell is. `cancelled` is the reason for which the job was told to end early. */
export type CellStage =
  | { readonly state: 'queued'; readonly start: JobStart }
  | { readonly state: 'running'; readonly start: JobStart; readonly started_at: number; readonly cancelled?: string }
  | {
      readonly state: 'ended';
      readonly started_at?: number;
      readonly ended_at: number;
      readonly result: JobResult;
    };

/** How a job ended, as `needs.<job>.result` says it; undefined while it hasn't. */
export function endOf(node: JobNode): 'success' | 'failure' | 'cancelled' | 'skipped' | undefined {
  switch (node.state) {
    case 'waiting':
    case 'spread':
      return undefined;
    case 'skipped':
      return 'skipped';
    case 'refused':
      return 'failure';
    case 'ended':
      return node.status;
    default:
      return assertNever(node);
  }
}

const positions = new WeakMap<Plan, ReadonlyMap<string, number>>();

/** Where a job stands in the plan's order, and so in a state's. */
export function positionOf(plan: Plan, id: string): number {
  let known = positions.get(plan);
  if (known === undefined) {
    known = new Map(plan.jobs.map((job, index) => [job.id, index]));
    positions.set(plan, known);
  }
  const position = known.get(id);
  if (position === undefined) throw new TypeError(`the plan has no job ${id}`);
  return position;
}

/** The job with this id. */
export function plannedJob(plan: Plan, id: string): PlannedJob {
  const job = plan.jobs[positionOf(plan, id)];
  if (job === undefined) throw new TypeError(`the plan has no job ${id}`);
  return job;
}
