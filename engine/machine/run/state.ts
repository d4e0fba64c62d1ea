import { assertNever, type JobKey, type JsonObject, type WaterflowError } from '../../../schemas/index.ts';
import type { AwaitedSignal, JobResult, JobStart, RunEnd, RunFacts, SkipReason } from './protocol.ts';

/** The state of a run, as JSON. Read it through the views; the machine alone makes it. */
export type RunState = CreatedRun | ActiveRun | EndedRun;

/** Before `run_started`. */
export interface CreatedRun {
  readonly version: 1;
  readonly state: 'created';
  readonly cancel?: Cancellation;
  readonly pause?: Pause;
}

/** From `run_started` until every job has ended. */
export interface ActiveRun {
  readonly version: 1;
  readonly state: 'running';
  readonly started_at: number;
  /** `run-name`, evaluated; absent where the workflow has none. */
  readonly name?: string;
  readonly workflow: WorkflowState;
  /** Bytes of outputs of all jobs that ended. */
  readonly output_bytes: number;
  /** Cells that this attempt of the run has made, of all jobs; see {@link runCellLimit}. */
  readonly cells: number;
  readonly pause?: Pause;
}

/** The attempt of the run is over; only a rerun changes it. */
export interface EndedRun {
  readonly version: 1;
  readonly state: 'ended';
  readonly started_at: number;
  readonly ended_at: number;
  readonly name?: string;
  readonly workflow: WorkflowState;
  readonly status: RunEnd;
  readonly error?: WaterflowError;
}

/** How far the jobs of one workflow are: of the run's own, or of one that a job of it calls. */
export interface WorkflowState {
  readonly facts: RunFacts;
  /** One node a job of the plan, in the plan's order. */
  readonly jobs: readonly JobNode[];
  /** How many of them haven't ended. */
  readonly open: number;
  /** `concurrency` of the workflow. */
  readonly group?: WorkflowGroup;
  /** The error of the job that failed first. */
  readonly failure?: WaterflowError;
  readonly cancel?: Cancellation;
}

/** A concurrency group that a workflow asked for. Its jobs begin once it is held; it is left when the last has ended. */
export interface WorkflowGroup extends PlannedGroup {
  readonly held: boolean;
}

/** The name of a concurrency group, evaluated. */
export interface PlannedGroup {
  readonly name: string;
  readonly cancel_in_progress: boolean;
}

/** Who asked for an early end, and when. Only the first asking counts. */
interface Cancellation {
  readonly at: number;
  readonly reason: string;
}

/** Nothing new begins. */
export interface Pause {
  readonly by: string;
}

/** A job of the plan. */
export type JobNode =
  /** `needs_left`: how many of the jobs that it needs haven't ended. */
  | { readonly state: 'waiting'; readonly needs_left: number; readonly again?: PartialRerun }
  | ApprovingJob
  /** Of a fleet: it has asked for the hosts of its queue. */
  | { readonly state: 'listing'; readonly job: string; readonly queue: string }
  | SpreadJob
  | EndedNode;

/** A job that has ended. */
export type EndedNode = Ended &
  (
    | { readonly state: 'skipped'; readonly at: number; readonly reason: SkipReason }
    /** It failed before any of it could start: a field of it could not be evaluated, or somebody rejected it. */
    | { readonly state: 'refused'; readonly at: number; readonly error: WaterflowError }
    /** It was cancelled before any of it could start. */
    | { readonly state: 'cancelled'; readonly at: number; readonly error: WaterflowError }
    | (Pick<SpreadJob, 'cells' | 'outputs' | 'fleet'> & {
        readonly state: 'ended';
        readonly status: JobResult['status'];
      })
  );

/**
 * What a job and all that it needs, directly or not, come to, where not all of them succeeded. A job that has ended keeps its own, so
 * that a long chain of jobs isn't walked again for each of them.
 */
export interface Lineage {
  /** One of them failed. */
  readonly failure: boolean;
  /** The first few jobs by which success was lost: all that they need had succeeded. */
  readonly causes: readonly string[];
}

interface Ended {
  /** Absent where the job and all that it needs succeeded. */
  readonly lineage?: Lineage;
  /** It was decided after its workflow had been cancelled. */
  readonly by_cancel?: true;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
}

/** A job whose environment somebody has to approve before any of it starts. */
export interface ApprovingJob {
  readonly state: 'approving';
  readonly environment: { readonly name: string; readonly url?: string };
  readonly awaited: AwaitedSignal;
  readonly timer?: { readonly name: string; readonly due: number };
  readonly again?: PartialRerun;
}

/** A job whose cells run; a job without a matrix is one cell. */
export interface SpreadJob {
  readonly state: 'spread';
  readonly fail_fast: boolean;
  /** Most cells that run at once. */
  readonly max_parallel: number;
  /** Of a fleet, whose cells are hosts. */
  readonly fleet?: Waves;
  readonly cells: readonly Cell[];
  /** Outputs of the cells that ended, merged: of each the last that wasn't empty. */
  readonly outputs: JsonObject;
}

/** How the hosts of a fleet follow each other, as counts. */
export interface Waves {
  /** Hosts of the first wave; 0: there is none of its own. */
  readonly canary: number;
  readonly batch: number;
  /** More failed hosts than this, and no further wave starts. */
  readonly max_failures: number;
  /** Why no further wave starts. */
  readonly stopped?: string;
}

/** One cell of a matrix, or one host of a fleet. */
export interface Cell {
  readonly key: JobKey;
  readonly name: string;
  readonly host?: string;
  readonly environment?: { readonly name: string; readonly url?: string };
  /** The job's concurrency group. */
  readonly group?: PlannedGroup;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
  readonly stage: CellStage;
}

/** How far a cell is. `cancelled` is the reason for which it was told to end early. */
export type CellStage =
  | ({ readonly state: 'queued' } & Startable)
  /** It has asked for its group; `held`: it has it, and starts when the run isn't paused any more. */
  | ({ readonly state: 'waiting_for_group'; readonly held: boolean } & Startable)
  | {
      readonly state: 'running';
      readonly start: JobStart;
      readonly started_at: number;
      readonly cancelled?: string;
      /** What it was told last. */
      readonly pause?: { readonly told: 'pause' | 'resume'; readonly by: string };
    }
  /** Its workflow runs. */
  | {
      readonly state: 'calling';
      readonly started_at: number;
      readonly called: WorkflowState;
      readonly cancelled?: string;
    }
  | {
      readonly state: 'ended';
      readonly started_at?: number;
      readonly ended_at: number;
      readonly result: JobResult;
      readonly called?: WorkflowState;
    };

/** What a cell starts with. */
export interface Startable {
  readonly start: JobStart;
  /** Of a call: what its workflow starts with. */
  readonly call?: CallStart;
}

/** What a called workflow starts with. `jobs`: what is left of it from an earlier attempt of the run. */
export interface CallStart {
  readonly facts: RunFacts;
  readonly jobs?: readonly JobNode[];
}

/** What of a job runs again; its other cells are reused. */
export interface PartialRerun {
  /** All of its cells as they ended, in their order; those that don't run again are marked as reused. */
  readonly cells: readonly Cell[];
  /** Those that run again, by their keys. */
  readonly again: Readonly<Record<string, CellRerun>>;
}

/** How a cell runs again: wholly, from a step on, or with a part of the workflow that it calls. */
export type CellRerun =
  | { readonly kind: 'whole' }
  | { readonly kind: 'step'; readonly rerun: NonNullable<JobStart['rerun']> }
  | { readonly kind: 'called'; readonly jobs: readonly JobNode[] };

/** True for a job that has ended. */
export function hasEnded(node: JobNode): node is EndedNode {
  return endOf(node) !== undefined;
}

/** How a job ended, as `needs.<job>.result` says it; undefined while it hasn't. */
export function endOf(node: JobNode): 'success' | 'failure' | 'cancelled' | 'skipped' | undefined {
  switch (node.state) {
    case 'waiting':
    case 'approving':
    case 'listing':
    case 'spread':
      return undefined;
    case 'skipped':
    case 'cancelled':
      return node.state;
    case 'refused':
      return 'failure';
    case 'ended':
      return node.status;
    default:
      return assertNever(node);
  }
}

/** The cells of a job, once they are known. */
export function cellsOf(node: JobNode | undefined): readonly Cell[] {
  return node?.state === 'spread' || node?.state === 'ended' ? node.cells : [];
}

/** The state of the workflow that a cell calls, while it runs and after. */
export function calledBy({ stage }: Cell): WorkflowState | undefined {
  return stage.state === 'calling' || stage.state === 'ended' ? stage.called : undefined;
}
