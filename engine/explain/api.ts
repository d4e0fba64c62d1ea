import type { Json, PluginIdentity, Position, RunId, WaterflowError } from '../../schemas/index.ts';
import type { AwaitedSecrets, AwaitedSignal, SkipReason } from '../machine/run/protocol.ts';
import type { RunStatus } from '../port.ts';

/**
 * What can be said of a run from what is on record alone: why it is as it is, where that began, what is otherwise than when it last
 * succeeded, and what to do. JSON; only fields may be added.
 */
export interface Explanation {
  readonly version: 1;
  readonly run: RunId;
  readonly workflow: string;
  readonly file: string;
  readonly name: string;
  readonly attempt: number;
  readonly status: RunStatus;
  readonly created_at: string;
  readonly ended_at?: string;
  /** Why, in a sentence. */
  readonly answer: string;
  /** What failed by itself, in the order in which it did: the first is where to begin. */
  readonly causes: readonly Cause[];
  /** Jobs that didn't run to their end because of something else. */
  readonly consequences: readonly Consequence[];
  /** What a run in progress waits for, with who can move it on. */
  readonly waits: readonly Wait[];
  /** Steps and jobs that took more than one attempt. */
  readonly retried: readonly Retried[];
  /** What was skipped by a condition of its own. */
  readonly skipped: readonly Skipped[];
  /** Steps that failed and may: `continue-on-error`. */
  readonly tolerated: readonly Tolerated[];
  /** Who ended it, and when. */
  readonly cancelled?: { readonly at?: string; readonly reason: string };
  /** Of a run that failed: what is otherwise than in the last run of the workflow that succeeded. */
  readonly since?: Comparison;
  /** Of a run that failed: how the first cause's step, or job, fared before. */
  readonly recurrence?: Recurrence;
  /** What to do next, the first first. */
  readonly next: readonly NextStep[];
  /** What of the record could not be read, so that the answer may lack something. */
  readonly gaps: readonly string[];
  /** Entries that were left out, by the member that lacks them. Absent: none. */
  readonly left_out?: Readonly<Record<string, number>>;
}

/** Something that failed by itself. */
export interface Cause {
  readonly code: WaterflowError['code'];
  /** Absent where the run failed before a job of it. */
  readonly job?: string;
  readonly step?: string;
  /** What happened, to follow a `because`. */
  readonly sentence: string;
  readonly message: string;
  /** Where: in the workflow file, or where the error says. */
  readonly at?: Position;
  /** The policy's, manifest's or workflow's rule that was broken. */
  readonly rule?: string;
  readonly uses?: string;
  readonly plugin?: PluginIdentity;
  /** Who ran it. */
  readonly agent?: string;
  /** Of the job. */
  readonly job_attempt?: number;
  /** Of the step, within the attempt of its job. */
  readonly attempt?: number;
  readonly at_time?: string;
  readonly exit_code?: number;
  /** Which clock ran out. */
  readonly clock?: 'step' | 'job' | 'queue' | 'answer';
  /** The source of the expression that failed. */
  readonly expression?: string;
  /** What it read of inputs and of outputs, as far as that is on record. Absent: nothing. */
  readonly read?: readonly ReadValue[];
  /** Of a job whose agent was lost, or that was given none: the queue that it needs one of. */
  readonly queue?: string;
  /** Its log's end. */
  readonly last_lines: readonly string[];
  readonly refused_calls: readonly RefusedCall[];
  /** How its attempts before ended. */
  readonly earlier_attempts: readonly FailedAttempt[];
  /** What to do about it, the most specific first. */
  readonly fixes: readonly string[];
}

/** A value that an expression read. */
export interface ReadValue {
  readonly path: string;
  /** Null: there is none. */
  readonly value: Json;
  /** Why it is as it is. */
  readonly note?: string;
}

/** A host call that wasn't carried out. */
export interface RefusedCall {
  readonly capability: string;
  readonly operation: string;
  /** What it was about: `GET https://example.com/`. */
  readonly subject: string;
  /** The whole call, as `waterflow grants explain --call` takes it. Absent where not all of it is on record, or it is long. */
  readonly asked?: string;
  readonly decision: 'denied' | 'invalid';
  readonly reason?: string;
  /** Of which layer: `policy`, `manifest`, `workflow`, `job`, `step`. */
  readonly layer?: string;
  /** With its place: `policy policies/default.yaml:7`. */
  readonly rule?: string;
}

/** An attempt of a step that failed. */
export interface FailedAttempt {
  readonly run_attempt: number;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly at: string;
  readonly code: WaterflowError['code'];
  readonly message: string;
}

/** A job that didn't run, or not to its end, since something else failed. */
export interface Consequence {
  readonly job: string;
  readonly status: 'skipped' | 'cancelled' | 'failure';
  readonly because: string;
}

/** What something in progress waits for. */
export interface Wait {
  readonly job?: string;
  readonly step?: string;
  /** To follow the place: `waits for an approval by ada`. */
  readonly sentence: string;
  /** Who or what moves it on. */
  readonly who: string;
  /** The queue that it needs an agent of, where nobody gives it one. */
  readonly queue?: string;
  readonly since?: string;
  /** When it gives up by itself. Absent: never, or it isn't known. */
  readonly until?: string;
  readonly awaited?: AwaitedSignal | AwaitedSecrets;
}

/** What took more than one attempt. */
export interface Retried {
  readonly job: string;
  /** Absent: the job as a whole. */
  readonly step?: string;
  /** Of the job or step, as far as they are counted for its last run. */
  readonly attempts: number;
  readonly status: string;
  /** `flaky`: it failed and then succeeded, and nothing was changed between. */
  readonly verdict: 'flaky' | 'failed each time' | 'succeeded after a rerun' | 'in progress';
  readonly failures: readonly FailedAttempt[];
}

/** Something whose own condition was not met. */
export interface Skipped extends SkipReason {
  readonly job: string;
  readonly step?: string;
}

/** A step that failed without failing its job. */
export interface Tolerated {
  readonly job: string;
  readonly step: string;
  readonly code: WaterflowError['code'];
  readonly message: string;
}

/** This run beside the last one of its workflow that succeeded. */
export interface Comparison {
  /** Absent: no run of the workflow before it succeeded, as far as was looked. */
  readonly run?: RunId;
  readonly ended_at?: string;
  readonly changes: readonly Change[];
  /** What is as it was then. */
  readonly same: readonly string[];
}

/** One thing that is otherwise. Names of inputs, variables and secrets, and never a value of one. */
export interface Change {
  readonly kind: 'workflow' | 'plugin' | 'input' | 'variable' | 'secret' | 'grant' | 'agent';
  readonly text: string;
  readonly job?: string;
  readonly step?: string;
}

/** How the same step, or job, fared in runs before. */
export interface Recurrence {
  /**
   * `new`: it failed in none of them. `repeated`: it failed in the one before, too. `flaky`: with the same workflow, plugins, inputs and
   * variables it succeeded. `unknown`: there is none to compare with.
   */
  readonly verdict: 'new' | 'repeated' | 'flaky' | 'unknown';
  readonly sentence: string;
  readonly failed_in: readonly RunId[];
  readonly succeeded_in: readonly RunId[];
}

/** A command, with why. */
export interface NextStep {
  /** Behind `waterflow`. */
  readonly words: readonly string[];
  /** `run`: it is about a run, so that `--state`, `--server` or `--profile` follow as they were given. `file`: about a workflow file. */
  readonly about: 'run' | 'file' | 'place';
  readonly why: string;
}

/** The value of something that was read, in one line. */
export function shownValue(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text;
}

const mostShown = 120;
