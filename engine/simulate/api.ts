import type { Json, JsonObject, RetryClass, WaterflowError } from '../../schemas/index.ts';
import type { AwaitedSignal, Signal } from '../machine/index.ts';
import type { SkipReason } from '../machine/run/protocol.ts';

/**
 * What the world of a simulated run does. Whatever no entry speaks of goes well: plugins succeed without outputs, approvals are given,
 * signals come. Where several entries speak of the same, the last one counts.
 */
export interface Script {
  readonly entries: readonly ScriptEntry[];
  /** The hosts of queues, for fleets. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
}

/** One part of a script. `written` is how the user put it, for messages. */
export type ScriptEntry = { readonly written: string; readonly target: Target } & (
  | { readonly kind: 'result'; readonly results: readonly [ScriptedResult, ...ScriptedResult[]] }
  | { readonly kind: 'output'; readonly name: string; readonly value: Json }
  /** Of the signal that a step waits for. */
  | { readonly kind: 'payload'; readonly value: Json }
  /** How long a plugin runs; without it, it takes no time. */
  | { readonly kind: 'takes'; readonly ms: number }
);

/** A job, or a step of it. A part that names no cell, host or iteration means all of them. */
export interface Target {
  /** The calling jobs and the job itself: `release / build (linux)` has two. */
  readonly job: readonly JobPart[];
  /** The steps around it and the step itself. */
  readonly step?: readonly StepPart[];
}

export interface JobPart {
  readonly id: string;
  /** What tells its cell or host: `(linux, 24)` or `@web-3`. */
  readonly mark?: string;
}

export interface StepPart {
  readonly key: string;
  readonly iteration?: number;
}

/**
 * What one attempt comes to; the last of several stands for all that follow. `cancelled`: the run is cancelled while it runs. Of a job, it is that of its
 * first plugin step that `continue-on-error` doesn't cover.
 */
export type ScriptedResult =
  | { readonly result: 'success' | RetryClass | 'cancelled' }
  /** Of an approval or a signal; `unanswered`: nobody sends it. */
  | { readonly result: 'approve' | 'reject' | 'unanswered' }
  /** Absent: to the step before. After the last push-back it is approved. */
  | { readonly result: 'push-back'; readonly to?: string };

/** What is simulated. */
export interface SimulationRequest {
  readonly script: Script;
  /** Checked and with their defaults. */
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** The timeout of a node's manifest, in ms: how long a step takes that times out without a limit of its own. */
  readonly timeoutOf?: (uses: string) => number | undefined;
}

/** How a run goes. Times are ms of virtual time since its start: plugins take none unless the script says so, waits and backoffs do. */
export interface Simulation {
  /** `waiting`: it goes on only when somebody sends what it waits for, and the script says that nobody does. */
  readonly status: 'success' | 'failure' | 'cancelled' | 'waiting';
  readonly name: string;
  readonly duration_ms: number;
  readonly error?: WaterflowError;
  /** All that happens, in order. */
  readonly moments: readonly Moment[];
  readonly jobs: Readonly<Record<string, SimulatedJob>>;
  /** What was assumed of the world because the script doesn't say it. */
  readonly assumed: readonly string[];
  /** Entries of the script, as written, that nothing in this run met. */
  readonly unused: readonly string[];
}

/** How a job ends, or where it stands in a run that waits. */
export interface SimulatedJob {
  readonly status: 'waiting' | 'queued' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly attempts: number;
  readonly outputs: JsonObject;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
}

/** Something that happens in a simulated run. */
export type Moment = { readonly at_ms: number } & (
  | { readonly type: 'run_started'; readonly name: string }
  | { readonly type: 'cancel_requested'; readonly reason: string }
  /** A job, or the run where `job` is absent, waits for its turn in a concurrency group, or has it. */
  | { readonly type: 'group_waiting' | 'group_acquired'; readonly group: string; readonly job?: string }
  | { readonly type: 'hosts_known'; readonly job: string; readonly queue: string; readonly hosts: readonly string[] }
  | { readonly type: 'awaiting'; readonly signal: AwaitedSignal }
  | { readonly type: 'signal_received'; readonly signal: Signal }
  | {
      readonly type: 'job_started';
      readonly job: string;
      readonly name: string;
      readonly attempt: number;
      readonly queue: string;
      readonly host?: string;
    }
  | { readonly type: 'job_retrying'; readonly job: string; readonly delay_ms: number; readonly error?: WaterflowError }
  | {
      readonly type: 'job_finished';
      readonly job: string;
      readonly status: 'success' | 'failure' | 'cancelled' | 'skipped';
      readonly skip_reason?: SkipReason;
      readonly error?: WaterflowError;
    }
  | {
      readonly type: 'step_started';
      readonly job: string;
      readonly step: string;
      readonly name: string;
      readonly uses: string;
      readonly attempt: number;
      readonly iterations?: number;
    }
  | {
      readonly type: 'step_retrying';
      readonly job: string;
      readonly step: string;
      readonly attempt: number;
      readonly delay_ms: number;
      readonly error: WaterflowError;
    }
  | {
      readonly type: 'step_finished';
      readonly job: string;
      readonly step: string;
      readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
      readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
      readonly attempts: number;
      readonly outputs: JsonObject;
      readonly skip_reason?: SkipReason;
      readonly error?: WaterflowError;
    }
  | {
      readonly type: 'run_finished';
      readonly status: 'success' | 'failure' | 'cancelled';
      readonly error?: WaterflowError;
    }
);
