import type { Claim, JsonObject, PermissionLayer } from '../../../schemas/index.ts';
import type { Chunks } from '../chunks.ts';
import type { Environment } from '../environment.ts';
import type { JobResult, JobStart, SkipReason } from '../run/protocol.ts';
import type { EndedStep, Sequence, Timer } from './sequence/sequence.ts';

/** The state of a job, or of one cell of its matrix, as JSON. Read it through the views; the machine alone makes it. */
export type JobState = CreatedJob | ActiveJob | EndedJob;

/** Before the first `job_started`. */
export interface CreatedJob extends JobIdentity {
  readonly version: 1;
  readonly state: 'created';
  readonly cancel?: JobCancellation;
  readonly pause?: JobPause;
}

/** From `job_started` on. */
export interface ActiveJob {
  readonly version: 1;
  readonly state: 'running';
  readonly start: JobStart;
  readonly started_at: number;
  /** The number of the first attempt since then. A job that runs again counts on, so that each attempt has a number of its own. */
  readonly first_attempt: number;
  readonly cancel?: JobCancellation;
  readonly pause?: JobPause;
  readonly attempt: Attempt;
  /** A timer: the job failed, and waits for it to start over. */
  readonly stage: 'working' | Timer;
  readonly news: News;
}

/** The job is over; only a `job_started` of a later attempt of the run changes it. */
export interface EndedJob extends JobIdentity {
  readonly version: 1;
  readonly state: 'ended';
  /** The attempt of the run that started it; a job_started of the same one comes twice. */
  readonly run_attempt: number;
  readonly attempt_number: number;
  readonly started_at: number;
  readonly ended_at: number;
  /** The steps of the last attempt. */
  readonly steps: Chunks<EndedStep>;
  readonly result: JobResult;
  readonly kept?: KeptClaim;
  readonly news: News;
}

/** Which job of which workflow it is. */
interface JobIdentity {
  readonly job: string;
  /** The called workflow that it belongs to; absent: the root workflow. */
  readonly workflow?: string;
}

/** Who asked the job to end early. Only the first asking counts. */
interface JobCancellation {
  readonly at: number;
  readonly reason: string;
}

/** Since when nothing more begins, and who asked for it. */
interface JobPause {
  readonly at: number;
  readonly by: string;
}

/** A claim whose workspace outlived its attempt of the job. */
export interface KeptClaim {
  readonly claim: Claim;
  readonly job_attempt: number;
}

/** What the last event did to steps. An iteration leaves no trace of its steps, so their ends are told here or nowhere. */
export interface News {
  /** The steps that it ended, in order. */
  readonly ended: readonly EndedStep[];
  /** Keys of the steps that came to another point. */
  readonly moved: readonly string[];
}

/** One attempt of a job: its steps, in an empty workspace and from the first, or after those that it takes over. */
export interface Attempt {
  /** 1, 2, 3... */
  readonly number: number;
  readonly claim: ClaimState;
  readonly clock: ClockState;
  /** What its fields give, evaluated once. */
  readonly layers: Layers;
  /** The steps of the job. Why it fails, if it does, is the failure of this sequence. */
  readonly sequence: Sequence;
  /** Bytes of all outputs that are kept: of the steps that are over, and gathered ones. */
  readonly output_bytes: number;
  /** The comment with which something was pushed back last; '' at first. */
  readonly feedback: string;
  /** The workspace that it goes on in, until the claim is there. */
  readonly keep?: KeptClaim;
  /** The one iteration of a loop that runs again, with how the loop had ended; until that loop begins. */
  readonly redo?: Redo;
  /** No step runs any more, whatever its condition says; this is why. */
  readonly stopped?: SkipReason['read'];
}

/** One iteration of a loop that is over is to run again. */
export interface Redo {
  readonly index: number;
  readonly earlier: EndedStep;
}

/** An attempt's agent. */
type ClaimState =
  | { readonly state: 'none' }
  /** `deadline`: how long it may wait; `blocked`: why no agent can give it at the moment. */
  | { readonly state: 'requested'; readonly deadline: Timer; readonly blocked?: string }
  | { readonly state: 'held'; readonly claim: Claim; readonly suspect?: true }
  | { readonly state: 'lost' };

/**
 * How long an attempt may still take. Waiting for an agent or for a person (a signal, values of secrets) doesn't count, nor does a pause once nothing runs: the clock rests
 * meanwhile. `of`: it measures the job's own time, or, once that is up, the time of grace for steps that still may run (`always()`),
 * which rests in a pause alone. `starts` counts how often it has been started with that.
 */
export type ClockState =
  | ({ readonly state: 'running'; readonly of: ClockTime; readonly starts: number } & Timer)
  | { readonly state: 'resting'; readonly of: ClockTime; readonly starts: number; readonly rest_ms: number }
  | { readonly state: 'stopped' };

/** What a clock measures. */
export type ClockTime = 'timeout' | 'grace';

/** What the layers around the steps give: `env` and permissions of callers, the workflow and the job. */
export interface Layers {
  readonly env: Environment;
  readonly permissions: readonly PermissionLayer[];
  /** Most attempts of the job; 1 without `retry`. */
  readonly attempts: number;
}

/** No outputs. */
export const noOutputs: JsonObject = {};
/** Nothing has happened. */
export const noNews: News = { ended: [], moved: [] };
