import type { Json, JsonObject, RunId } from '../../schemas/index.ts';
import type { RunDetails, RunInfo } from '../port.ts';
import type { FailedAttempt, RefusedCall } from './api.ts';

/** All that an explanation is made from. */
export interface ExplanationFacts {
  readonly run: RunDetails;
  readonly history: RunHistory;
  readonly refused: readonly RefusedCallOf[];
  /** The last run of the workflow before it that succeeded. */
  readonly baseline?: KnownRun;
  /** Runs of the workflow before it that have ended, newest first: some of them. */
  readonly earlier: readonly KnownRun[];
  /** What each step was granted when it started last, as a digest, by {@link stepPlace}. Absent: it isn't known here. */
  readonly grants?: ReadonlyMap<string, string>;
  /** What could not be read. */
  readonly gaps: readonly string[];
}

/** Another run of the workflow. */
export interface KnownRun {
  readonly run: RunDetails;
  readonly given: RunGiven;
  readonly grants?: ReadonlyMap<string, string>;
}

/** What a run was started with, or its last rerun. */
export interface RunGiven {
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Names. */
  readonly secrets: readonly string[];
}

/** A call that was refused, and who made it. */
export interface RefusedCallOf extends RefusedCall {
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly at: string;
}

/** What the events of a run say, and its state doesn't any more. */
export interface RunHistory {
  readonly given: RunGiven;
  /** Attempts of steps that failed, by {@link stepPlace}, in their order. */
  readonly failures: ReadonlyMap<string, readonly FailedAttempt[]>;
  /** Attempts of jobs that were lost with their agent or given none, by the job's key. */
  readonly lost: ReadonlyMap<string, readonly FailedAttempt[]>;
  /** Since when jobs have had no agent that could take them, by the job's key. */
  readonly blocked: ReadonlyMap<string, string>;
  /** Who asked for the run to end, and why, the last one. */
  readonly cancelled?: { readonly at: string; readonly reason: string };
  /** Who has paused it; absent where nobody has. */
  readonly paused_by?: string;
}

/** Where a run's host calls are read; they are told apart by `decision` and `result` as the audit log has them. */
export interface AuditedCall {
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  /** Its arguments were cut off. */
  readonly truncated?: boolean;
  readonly decision: 'allowed' | 'denied' | 'invalid';
  readonly rules: readonly string[];
  readonly reason?: string;
  readonly result: string;
  readonly facts?: JsonObject | undefined;
}

/** Where facts come from: this machine's runs, or a server's. */
export interface FactSources {
  /** RUN_NOT_FOUND. */
  inspect(run: RunId): Promise<RunDetails>;
  events(run: RunId): AsyncIterable<{ readonly at: string; readonly job?: string; readonly event: JsonObject }>;
  /** In their order. AUDIT_BROKEN once what holds has been given. */
  hostCalls(run: RunId): AsyncIterable<AuditedCall>;
  /** What steps were granted, by {@link stepPlace}. Absent: it can't be known here. */
  readonly grants?: (run: RunId) => Promise<ReadonlyMap<string, string>>;
  /** Runs of the same workflow and tenant that began before it, newest first. */
  earlier(run: RunDetails): AsyncIterable<Pick<RunInfo, 'run' | 'status'>>;
}

/** A step of a job, as a key of maps. Neither a job's key nor a step's can hold a line break that adds one. */
export function stepPlace(job: string, step: string): string {
  return `${job}\n${step}`;
}
