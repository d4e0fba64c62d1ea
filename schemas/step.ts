import type { Carried } from './carried.ts';
import type { WaterflowError } from './errors.ts';
import type { AbsolutePath, Digest, JobKey, RunId, StepKey } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { PermissionLayer } from './permissions.ts';
import type { Position, Template } from './template.ts';

/** The `runner` context, as the claim gives it. */
export interface RunnerContext {
  readonly os: 'Linux' | 'macOS';
  readonly arch: 'X64' | 'ARM64';
  readonly name: string;
  readonly labels: readonly string[];
  readonly temp: string;
  readonly workspace: string;
}

/**
 * One attempt of one step, as the job machine hands it to the agent: everything the executor needs, as JSON. It holds no
 * secret value. `with` and `env` are still templates: the agent evaluates them over `context`, where `secrets` is its own.
 */
export interface StepTask {
  readonly version: 1;
  readonly run: RunId;
  readonly run_attempt: number;
  readonly tenant: string;
  /** The workflow's name. */
  readonly workflow: string;
  readonly job: JobKey;
  /** The queue that the job runs on; absent in what was journalled before it was there. */
  readonly queue?: string;
  readonly job_attempt: number;
  readonly step: StepKey;
  readonly attempt: number;
  /** The node as `uses:` names it; `run:` steps say `run@v1`. */
  readonly uses: string;
  /** The digest that the plan pinned, where it pinned one. */
  readonly digest?: Digest;
  readonly with: Template;
  /** Layers from the outermost (workflow, job, step), each an object template; a later key replaces an earlier one. */
  readonly env: readonly Template[];
  /** What earlier steps of the job left for this one: under the step's own layer of `env`, over the other ones. Absent: nothing. */
  readonly carried?: Carried;
  /** The slice of the contexts that `with` and `env` read; never `secrets`. */
  readonly context: JsonObject;
  /** The permissions of the callers (from the outermost), workflow, job and step, in this order, where each is present. */
  readonly permissions: readonly PermissionLayer[];
  /** In a called workflow: its name of each secret -> the run's name of it. Absent: all of the run's, under their own names. */
  readonly secrets?: Readonly<Record<string, string>>;
  /**
   * The most that this attempt may take, in ms: the step's own limit within the job's rest. `own` is false where only the
   * job's rest stands, so that the manifest's (shorter) default applies.
   */
  readonly timeout: { readonly ms: number; readonly own: boolean };
  /** Where the step stands in the workflow file. */
  readonly at: Position;
}

/** How many host calls an invocation made, by what authorize() said. */
export interface HostCallCounts {
  readonly allowed: number;
  readonly denied: number;
}

/** What came of one attempt. `class` is the retry class (absent: never retried: invalid input, cancelled). */
export type StepResult =
  | {
      readonly outcome: 'success';
      readonly outputs: JsonObject;
      /** What it leaves for later steps, without secrets as outputs are. Absent: nothing. */
      readonly carried?: Carried;
      readonly host_calls: HostCallCounts;
      readonly plugin?: PluginIdentity;
    }
  | {
      readonly outcome: 'failure';
      readonly class?: RetryClass;
      readonly error: WaterflowError;
      readonly outputs: JsonObject;
      /** What it left before it failed. */
      readonly carried?: Carried;
      readonly host_calls: HostCallCounts;
      readonly plugin?: PluginIdentity;
    }
  | {
      readonly outcome: 'cancelled';
      readonly error: WaterflowError;
      readonly outputs: JsonObject;
      readonly host_calls: HostCallCounts;
      readonly plugin?: PluginIdentity;
    };

/** Which bytes ran. */
export interface PluginIdentity {
  readonly name: string;
  readonly version: string;
  readonly digest: Digest;
}

/** The classes that `retry.on` names. */
export type RetryClass = 'failure' | 'timeout' | 'lost' | 'limit' | 'denied';

/** An expression that only the agent can evaluate (it calls hashFiles), over a slice of the contexts. */
export interface EvaluationTask {
  readonly version: 1;
  readonly run: RunId;
  readonly job: JobKey;
  readonly id: string;
  readonly template: Template;
  readonly context: JsonObject;
  /** What always(), success(), failure() and cancelled() say, where the expression may call them. */
  readonly status?: { readonly success: boolean; readonly failure: boolean; readonly cancelled: boolean };
}

/** The answer to an {@link EvaluationTask}; `read` is each context value that it read, for skip reasons. */
export type EvaluationResult =
  | { readonly ok: Json; readonly read?: readonly { readonly path: string; readonly value: Json }[] }
  | { readonly error: WaterflowError };

/** A claim: an agent's slot and the job's workspace on it. */
export interface Claim {
  readonly agent: string;
  readonly workspace: AbsolutePath;
  readonly runner: RunnerContext;
}
