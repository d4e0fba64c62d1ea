import type {
  Carried,
  EvaluationTask,
  HostCallCounts,
  Json,
  JsonObject,
  PermissionLayer,
  PluginIdentity,
  RetryClass,
  StepKey,
  StepTask,
  WaterflowError,
} from '../../../../schemas/index.ts';
import { type Chunks, noChunks } from '../../chunks.ts';
import type { AwaitedSignal, SkipReason } from '../../run/protocol.ts';
import type { Slots } from '../../slots.ts';

/**
 * Steps that run one after another: those of a job, of a branch of `if@v1`, or of one iteration of `for-each@v1`. A step with a body
 * holds the sequences inside of it while it runs, so they form a tree whose root is the job.
 */
export interface Sequence {
  /** The steps that are over, in the order of the plan. */
  readonly steps: Chunks<EndedStep>;
  /** The step that comes after them; past the last one it is `deciding`. */
  readonly current: CurrentStep;
  /** What failed first in it that `continue-on-error` doesn't cover. */
  readonly failure?: Failure;
  /** Bytes of the outputs of its steps, as far as they are kept. */
  readonly output_bytes: number;
  /** The highest number that an attempt of a step in it, or inside of one, has had. */
  readonly highest: number;
  /** Something was pushed back: of the steps up to this position, and inside of them, attempts are numbered on from `counted`. */
  readonly again?: { readonly position: number; readonly counted: number };
}

/** A sequence before its first step. */
export const newSequence: Sequence = {
  steps: noChunks,
  current: { state: 'deciding' },
  output_bytes: 0,
  highest: 0,
};

/** Why something failed, and which `retry.on` class covers it; none is never retried. */
export interface Failure {
  readonly error: WaterflowError;
  readonly class?: RetryClass;
}

/** A timer that was started; `due` in ms since the epoch. */
export interface Timer {
  readonly timer: string;
  readonly due: number;
}

/** How a sequence is doing, as its status functions say it. */
export type SequenceStatus = 'success' | 'failure' | 'cancelled';

/** The step that a sequence is at. */
export type CurrentStep =
  /** Nothing is known about it; outside of a transition this means that it needs the agent that was asked for, or that the job is paused. */
  | { readonly state: 'deciding' }
  /** The agent evaluates its `if`; `status` is that of the sequence when it was asked. */
  | { readonly state: 'evaluating'; readonly task: EvaluationTask; readonly status: SequenceStatus }
  | TriedStep;

/** A step that is being tried. */
export type TriedStep =
  /** The attempt begins as soon as the job isn't paused. `failure`: of the attempt before. */
  | (StepAttempt & { readonly state: 'ready'; readonly failure?: Failure })
  /** The agent evaluates the condition of its body; `cut` is why the step is to end instead. */
  | (StepAttempt & { readonly state: 'asking'; readonly task: EvaluationTask; readonly cut?: 'cancelled' | 'timeout' })
  /** A plugin runs; `cut` is why it was told to end. `lacks`: it hasn't begun, since the values of these secrets aren't there. */
  | (StepAttempt & {
      readonly state: 'running';
      readonly task: StepTask;
      readonly cut?: 'cancelled' | 'timeout';
      readonly lacks?: readonly string[];
    })
  /** A control node waits for a timer; `means` is what the timer's end is to the step. */
  | (StepAttempt & Timer & { readonly state: 'sleeping'; readonly means: 'done' | 'timeout' })
  /** It failed and waits to be tried again. */
  | (StepAttempt & Timer & { readonly state: 'backing_off'; readonly delay_ms: number; readonly failure: Failure })
  /** It waits for a signal, until the deadline if there is one. */
  | (StepAttempt & { readonly state: 'awaiting'; readonly awaited: AwaitedSignal; readonly deadline?: Timer })
  /** Its body runs. */
  | HoldingStep;

/** A step whose body runs, until the deadline if there is one. */
export type HoldingStep = StepAttempt & { readonly state: 'inside'; readonly body: Body; readonly deadline?: Timer };

/** A step that has been tried. */
export interface StepAttempt {
  readonly number: number;
  /** The number of its first attempt: 1, unless something was pushed back before. */
  readonly first: number;
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
  /** The permissions of callers, workflow, job and step. */
  readonly permissions: readonly PermissionLayer[];
}

/** What runs inside of a step. */
export type Body = Branch | Loop;

/** Of `if@v1`: the steps that its condition chose. */
export interface Branch {
  readonly kind: 'if';
  readonly branch: 'then' | 'else';
  readonly sequence: Sequence;
  readonly ending?: Ending;
}

/** Of `for-each@v1`. */
export interface Loop {
  readonly kind: 'for-each';
  readonly items: readonly Json[];
  /** Most iterations at once. */
  readonly width: number;
  /** Most iterations at once of all loops inside of one iteration, together. */
  readonly share: number;
  readonly fail_fast: boolean;
  /** The index of the iteration that begins next; all before it have begun. */
  readonly next: number;
  /** The iterations in flight. */
  readonly flights: readonly Iteration[];
  /** The iterations that are over. */
  readonly counts: { readonly success: number; readonly failure: number; readonly cancelled: number };
  /** Some of the iterations that didn't succeed. */
  readonly unsuccessful: LoopEnd['unsuccessful'];
  /** By name, what the iterations that are over gave. */
  readonly gathered: Readonly<Record<string, Slots>>;
  readonly gathered_bytes: number;
  readonly details: LoopDetails;
  /** What failed first. */
  readonly failure?: Failure;
  readonly ending?: Ending;
  /** Very many iterations have begun in one event; it goes on with the next ones when this fires. */
  readonly breath?: Timer;
}

/** One iteration in flight. */
export interface Iteration {
  readonly index: number;
  readonly sequence: Sequence;
  /** Another one failed, and this one is to end; this is why. */
  readonly cancelled?: string;
}

/** Why a body is to end early: no further iteration begins. */
export type Ending =
  /** The step was cancelled; what `always()` lets run inside still runs. */
  | { readonly why: 'cancelled' }
  /** An iteration failed, with fail-fast. */
  | { readonly why: 'failed' }
  /** The job's time is up; as `cancelled`. */
  | { readonly why: 'timeout'; readonly failure: Failure }
  /** Nothing inside begins any more, whatever its condition says; `read` is why. */
  | { readonly why: 'stopped'; readonly failure: Failure; readonly read: SkipReason['read'] };

/** Steps of iterations, for summaries: the first ones, and some of those that failed. */
export interface LoopDetails {
  readonly first: readonly LoopDetail[];
  readonly failed: readonly LoopDetail[];
}

/** A step of an iteration. */
export interface LoopDetail {
  readonly index: number;
  readonly step: EndedStep;
}

/** How the iterations of a loop ended. Those that never began were skipped: they are the last ones. */
export interface LoopEnd {
  readonly total: number;
  readonly success: number;
  readonly failure: number;
  readonly cancelled: number;
  readonly skipped: number;
  /** Those that began and didn't succeed, as far as they are remembered. */
  readonly unsuccessful: readonly { readonly index: number; readonly status: 'failure' | 'cancelled' }[];
}

/** A step that is over. */
export interface EndedStep {
  /** With the steps around it: `loop[7].build`. */
  readonly key: StepKey;
  /** The attempt of the job in which it ended. */
  readonly job_attempt: number;
  readonly name: string;
  readonly outcome: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** As `outcome`, but a failure that `continue-on-error` covers is a success. */
  readonly conclusion: 'success' | 'failure' | 'cancelled' | 'skipped';
  /** The number of its last attempt; 0 where it never ran. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at: number;
  readonly outputs: JsonObject;
  /** What it left for later steps; of a step inside of `if@v1` once that is over, and of an iteration's, nothing any more. */
  readonly carried?: Carried;
  readonly host_calls: HostCallCounts;
  readonly plugin?: PluginIdentity;
  readonly error?: WaterflowError;
  readonly skip_reason?: SkipReason;
  /** It ended so before the job was started again. */
  readonly reused?: true;
  /** Of for-each@v1. */
  readonly iterations?: LoopEnd;
  /** The steps of its body that are remembered, in order, with those inside of them. */
  readonly inside?: readonly EndedStep[];
  /** Of if@v1: bytes that the outputs of all steps inside count. */
  readonly inside_bytes?: number;
}
