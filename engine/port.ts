import type { HostCallEvent } from '../agent/executor/api.ts';
import type { Json, JsonObject, Plan, RunId, WaterflowError } from '../schemas/index.ts';
import type { SkipReason } from './machine/run/protocol.ts';

/** What an engine is asked to run. Secret values stay in memory; only their names are kept. */
export interface RunRequest {
  readonly plan: Plan;
  readonly tenant: string;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  /** Kept in the run's record, for resume. */
  readonly settings: JsonObject;
}

/** An engine, as the CLI and the server know it. */
export interface Engine extends AsyncDisposable {
  start(request: RunRequest): Promise<RunHandle>;
  /** Goes on with a run that this or another process left. Secrets are asked for again by name: SECRET_MISSING. */
  resume(run: RunId, secrets: Readonly<Record<string, string>>): Promise<RunHandle>;
}

/** A run in progress. */
export interface RunHandle {
  readonly run: RunId;
  /** What it runs: of a resumed run, the plan that it was started with. */
  readonly plan: Plan;
  /** Every notice from the start of this process's part, in order, ending with `summary`. Iterate once. */
  readonly notices: AsyncIterable<RunNotice>;
  /** In order: `always()` steps still run. */
  cancel(reason: string): void;
  /** At once: nothing more runs; the run ends cancelled. */
  kill(): Promise<void>;
  /** Rejects with WaterflowFailure when the machinery broke. */
  readonly finished: Promise<RunSummary>;
}

/** One line of `run --json`; `at` is RFC 3339 UTC. */
export type RunNotice =
  | {
      readonly type: 'run_started';
      readonly run: RunId;
      readonly at: string;
      readonly workflow: string;
      readonly file: string;
      readonly resumed: boolean;
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
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  readonly steps: Readonly<Record<string, StepSummary>>;
}

export interface StepSummary {
  readonly status: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly attempts: number;
  readonly duration_ms: number;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  readonly host_calls: { readonly allowed: number; readonly denied: number };
  /** The last lines of the log of a step that failed. */
  readonly last_lines?: readonly string[];
}
