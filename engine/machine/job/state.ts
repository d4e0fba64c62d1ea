import type {
  Claim,
  EvaluationTask,
  HostCallCounts,
  JsonObject,
  PermissionLayer,
  PluginIdentity,
  RetryClass,
  StepKey,
  StepTask,
  WaterflowError,
} from '../../../schemas/index.ts';
import type { Chunks } from '../chunks.ts';
import type { Environment } from '../environment.ts';
import type { JobResult, JobStart, SkipReason } from '../run/protocol.ts';

/** The state of a job, or of one cell of its matrix, as JSON. Read it through the views; the machine alone makes it. */
export type JobState = CreatedJob | ActiveJob | EndedJob;

/** Before `job_started`. */
export interface CreatedJob {
  readonly version: 1;
  readonly state: 'created';
  /** The job's id in the plan. */
  readonly job: string;
  readonly cancel?: JobCancellation;
}

/** From `job_started` on. */
export interface ActiveJob {
  readonly version: 1;
  readonly state: 'running';
  readonly start: JobStart;
  readonly started_at: number;
  readonly cancel?: JobCancellation;
  readonly attempt: Attempt;
  readonly stage: 'working' | BackingOff;
}

/** The job is over; nothing changes it any more. */
export interface EndedJob {
  readonly version: 1;
  readonly state: 'ended';
  readonly job: string;
  readonly attempt_number: number;
  readonly started_at: number;
  readonly ended_at: number;
  /** The steps of the last attempt. */
  readonly steps: Chunks<EndedStep>;
  readonly result: JobResult;
}

/** Who asked the job to end early. Only the first asking counts. */
interface JobCancellation {
  readonly at: number;
  readonly reason: string;
}

/** The job failed and waits to start over. */
interface BackingOff {
  readonly timer: string;
  readonly due: number;
}

/** One attempt of a job: its steps in an empty workspace, from the first. */
export interface Attempt {
  /** 1, 2, 3... */
  readonly number: number;
  readonly claim: ClaimState;
  readonly clock: ClockState;
  /** What its fields give, evaluated once. */
  readonly layers: Layers;
  /** Why it will fail, once something has failed that `continue-on-error` doesn't cover. */
  readonly failure?: Failure;
  /** The steps that are over, in the order of the plan. */
  readonly steps: Chunks<EndedStep>;
  /** The step that comes after them; past the last one it is `deciding`. */
  readonly current: CurrentStep;
  /** Bytes of the outputs of the steps that are over. */
  readonly output_bytes: number;
}

/** An attempt's agent. */
type ClaimState =
  | { readonly state: 'none' }
  | { readonly state: 'requested' }
  | { readonly state: 'held'; readonly claim: Claim }
  | { readonly state: 'lost' };

/** How long an attempt may still take. Waiting for an agent doesn't count, so the clock rests meanwhile. */
export type ClockState =
  | { readonly state: 'running'; readonly timer: string; readonly due: number }
  | { readonly state: 'resting'; readonly rest_ms: number }
  /** The time is up; steps that still may run (`always()`) have until `due`. */
  | { readonly state: 'grace'; readonly timer: string; readonly due: number }
  | { readonly state: 'stopped' };

/** What the layers around the steps give: `env` and permissions of the workflow and the job. */
export interface Layers {
  readonly env: Environment;
  readonly permissions: readonly PermissionLayer[];
  /** Most attempts of the job; 1 without `retry`. */
  readonly attempts: number;
}

/** Why something failed, and which `retry.on` class covers it; none is never retried. */
export interface Failure {
  readonly error: WaterflowError;
  readonly class?: RetryClass;
}

/** The step that an attempt is at. */
export type CurrentStep =
  /** Nothing is known about it; outside of a transition this means that it needs the agent that was asked for. */
  | { readonly state: 'deciding' }
  /** The agent evaluates its condition; `status` is the job's when it was asked. */
  | {
      readonly state: 'evaluating';
      readonly task: EvaluationTask;
      readonly status: 'success' | 'failure' | 'cancelled';
    }
  /** A plugin runs; `cancelled` is why it was told to end. */
  | (StepAttempt & { readonly state: 'running'; readonly task: StepTask; readonly cancelled?: 'cancelled' | 'timeout' })
  /** A control node waits for a timer; `means` is what the timer's end is to the step. */
  | (StepAttempt & {
      readonly state: 'sleeping';
      readonly timer: string;
      readonly due: number;
      readonly means: 'done' | 'timeout';
    })
  /** It failed and waits to be tried again. */
  | (StepAttempt & {
      readonly state: 'backing_off';
      readonly timer: string;
      readonly due: number;
      readonly delay_ms: number;
      readonly failure: Failure;
    });

/** A step that has been tried. */
export interface StepAttempt {
  readonly number: number;
  readonly settings: StepSettings;
  /** When its first attempt began: as the agent says it, else when it was asked to. */
  readonly started_at: number;
  /** The agent has said that this attempt has begun. */
  readonly begun: boolean;
  /** Of the attempts before this one. */
  readonly host_calls: HostCallCounts;
}

/** What a step's own fields give, evaluated once before its first attempt. */
export interface StepSettings {
  readonly name: string;
  /** Absent where the step doesn't say. */
  readonly timeout_ms?: number;
  readonly continue_on_error: boolean;
  /** Most attempts; 1 without `retry`. */
  readonly attempts: number;
  /** The permissions of workflow, job and step. */
  readonly permissions: readonly PermissionLayer[];
}

/** A step that is over. */
export interface EndedStep {
  readonly key: StepKey;
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** As `outcome`, but a failure that `continue-on-error` covers is a success. */
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** 0 where it never ran. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at: number;
  readonly outputs: JsonObject;
  readonly host_calls: HostCallCounts;
  readonly plugin?: PluginIdentity;
  readonly error?: WaterflowError;
  readonly skip_reason?: SkipReason;
}
