import type { JobKey, Json, JsonObject, RunId, WaterflowError } from '../../../schemas/index.ts';

/** Facts of a run that never change. */
export interface RunFacts {
  readonly run: RunId;
  readonly run_attempt: number;
  readonly tenant: string;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Names of the secrets that the run was given; never their values. */
  readonly secrets: readonly string[];
}

/** What the run machine is told. `at` is ms since the epoch, by the driver's clock. */
export type RunEvent =
  | { readonly type: 'run_started'; readonly at: number; readonly facts: RunFacts }
  | { readonly type: 'job_finished'; readonly at: number; readonly job: JobKey; readonly result: JobResult }
  | { readonly type: 'cancel_requested'; readonly at: number; readonly reason: string };

/** What the run machine asks of its driver. Each is answered by an event or withdrawn by another command. */
export type RunCommand =
  /** Answer: job_finished. */
  | { readonly type: 'start_job'; readonly job: JobKey; readonly start: JobStart }
  /** A started job is to end early: its machine gets cancel_requested and still answers with job_finished. At most once a job. */
  | { readonly type: 'cancel_job'; readonly job: JobKey; readonly reason: string }
  /** The last command. */
  | { readonly type: 'finish_run'; readonly status: RunEnd; readonly error?: WaterflowError };

export type RunEnd = 'success' | 'failure' | 'cancelled';

/** All that a job machine needs beside the plan: the job's id and the contexts of its cell. `timeout_ms` is of one job attempt. */
export interface JobStart {
  readonly id: string;
  readonly key: JobKey;
  readonly facts: RunFacts;
  readonly name: string;
  readonly queue: string;
  readonly timeout_ms: number;
  readonly matrix: JsonObject;
  readonly strategy: JsonObject;
  readonly needs: JsonObject;
}

/** How a job ended. */
export interface JobResult {
  readonly status: 'success' | 'failure' | 'cancelled';
  readonly outputs: JsonObject;
  /** UTF-8 bytes of the outputs of the job and of its steps as JSON: the run has a limit over all jobs. */
  readonly output_bytes: number;
  /** 0 where it was cancelled before it started. */
  readonly attempts: number;
  readonly error?: WaterflowError;
}

/** Why a job or step was skipped: the condition, each context value that it read (long ones cut), the result. */
export interface SkipReason {
  readonly condition: string;
  readonly read: readonly { readonly path: string; readonly value: Json }[];
  readonly result: Json;
}
