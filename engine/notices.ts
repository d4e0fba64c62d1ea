import type { HostCallEvent } from '../agent/executor/api.ts';
import type { Json, JsonObject, RunId, WaterflowError } from '../schemas/index.ts';
import type { AwaitedSecrets, AwaitedSignal, Signal, SkipReason } from './machine/run/protocol.ts';

/** One line of `run --json`; `at` is RFC 3339 UTC. */
export type RunNotice =
  | {
      readonly type: 'run_started';
      readonly run: RunId;
      readonly at: string;
      readonly workflow: string;
      readonly file: string;
      /** `run-name`, evaluated; else the workflow's name. */
      readonly name: string;
      /** 1, and one more with each rerun. */
      readonly attempt: number;
      readonly resumed: boolean;
    }
  | { readonly type: 'run_paused' | 'run_resumed'; readonly run: RunId; readonly at: string; readonly by: string }
  /** A job, or the run where `job` is absent, waits for its turn in a concurrency group, or has it. */
  | {
      readonly type: 'group_waiting' | 'group_acquired';
      readonly run: RunId;
      readonly at: string;
      readonly job?: string;
      readonly group: string;
    }
  /** Somebody is to send this signal, or to give the run these secrets. */
  | {
      readonly type: 'awaiting';
      readonly run: RunId;
      readonly at: string;
      readonly signal: AwaitedSignal | AwaitedSecrets;
    }
  | {
      readonly type: 'signal_received';
      readonly run: RunId;
      readonly at: string;
      readonly signal: Signal;
    }
  /** No agent serves the queue of a job, or one does again: then without a reason. */
  | {
      readonly type: 'job_blocked';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly reason?: string;
    }
  /** What a job left on its agent could not be removed, as `reason` says. The run goes on. */
  | {
      readonly type: 'workspace_left';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly reason: string;
    }
  | {
      readonly type: 'job_started';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly name: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'job_finished';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly status: JobEndStatus;
      /** It ended so in an earlier attempt of the run. */
      readonly reused?: true;
      readonly skip_reason?: SkipReason;
      readonly error?: WaterflowError;
    }
  | {
      readonly type: 'step_started';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly step: string;
      readonly name: string;
      readonly uses: string;
      readonly attempt: number;
      /** Of for-each@v1: how many there are, and how those ended that are over already, as in a run that is resumed. */
      readonly iterations?: IterationCounts;
    }
  | ({
      readonly type: 'host_call';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly step: string;
      readonly attempt: number;
    } & HostCallEvent)
  | {
      readonly type: 'log';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly step: string;
      readonly attempt: number;
      readonly sequence: number;
      readonly stream: 'stdout' | 'stderr' | 'log';
      readonly text: string;
    }
  | {
      readonly type: 'step_retrying';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly step: string;
      readonly attempt: number;
      readonly delay_ms: number;
      readonly error: WaterflowError;
    }
  | ({
      readonly type: 'step_finished';
      readonly run: RunId;
      readonly at: string;
      readonly job: string;
      readonly step: string;
    } & StepSummary)
  | ({ readonly type: 'summary'; readonly at: string } & RunSummary);

export type JobEndStatus = 'success' | 'failure' | 'cancelled' | 'skipped';

/** The last line of `run --json`, and what `explain` reads. */
export interface RunSummary {
  readonly run: RunId;
  readonly name: string;
  readonly attempt: number;
  readonly status: 'success' | 'failure' | 'cancelled';
  readonly duration_ms: number;
  readonly error?: WaterflowError;
  readonly jobs: Readonly<Record<string, JobSummary>>;
}

export interface JobSummary {
  readonly status: JobEndStatus;
  readonly attempts: number;
  readonly duration_ms: number;
  readonly outputs: JsonObject;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
  readonly environment?: { readonly name: string; readonly url?: string };
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  readonly steps: Readonly<Record<string, StepSummary>>;
}

/** The iterations of a loop, by how they ended. */
export interface IterationCounts {
  readonly total: number;
  readonly success: number;
  readonly failure: number;
  readonly cancelled: number;
  readonly skipped: number;
}

export interface StepSummary {
  readonly status: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly attempts: number;
  readonly duration_ms: number;
  readonly outputs: Readonly<Record<string, Json>>;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
  /** Of for-each@v1. Steps of iterations are in the summary as `loop[7].step`: the first hundred, and a hundred that failed. */
  readonly iterations?: IterationCounts;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  readonly host_calls: { readonly allowed: number; readonly denied: number };
  /** The last lines of the log of a step that failed. */
  readonly last_lines?: readonly string[];
}
