import type { Digest } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { RetryClass } from './step.ts';
import type { ExpressionSource, Position, Template } from './template.ts';

/** A workflow file, compiled: JSON, complete, and all that an engine needs. Job ids are in file order. */
export interface Plan {
  readonly version: 1;
  /** `name:`, else the file's name. */
  readonly name: string;
  /** The path as the user gave it. */
  readonly file: string;
  /** SHA-256 of the file's bytes. */
  readonly source: Digest;
  /** `run-name`; evaluated once, when the run starts. Absent: the workflow's name. */
  readonly run_name?: Template;
  /** What starts runs beside a user. Absent: nothing else does. */
  readonly triggers?: PlannedTriggers;
  /** Inputs of `on.manual`; of a workflow that is called those of `on.workflow_call`. In file order. */
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  /** An object template. */
  readonly env: Template;
  readonly permissions?: PlannedPermissions;
  readonly concurrency?: PlannedConcurrency;
  readonly jobs: readonly PlannedJob[];
  /** What `on.workflow_call` gives back and takes; present in a workflow that can be called. */
  readonly call?: PlannedCallInterface;
  /**
   * The workflows that jobs call, directly or not, by their path relative to the folder of the root workflow's file, with `/` and
   * without `./`. Only the root plan has them; a called plan finds its own calls here, too.
   */
  readonly workflows?: Readonly<Record<string, Plan>>;
}

/** `on:` beside `manual` and `workflow_call`. The server fires them; a run by hand is always possible. */
export interface PlannedTriggers {
  readonly schedules: readonly PlannedSchedule[];
  readonly webhook?: PlannedWebhook;
}

/** An entry of `on.schedule`. */
export interface PlannedSchedule {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** A name of the IANA database; default `UTC`. */
  readonly timezone: string;
  /** What becomes of a start that is due while the run before still runs; default `skip`. */
  readonly overlap: 'skip' | 'queue' | 'cancel';
  /** Starts that were missed (the server was down) are made up for this long, in ms; 0 by default: not at all. */
  readonly catch_up_ms: number;
  readonly at: Position;
}

/** `on.webhook`. */
export interface PlannedWebhook {
  /** The name of the secret that signs requests (HMAC-SHA-256). */
  readonly secret: string;
  /** Over the context `webhook { headers, body }`; a request for which it isn't true starts nothing. */
  readonly filter?: PlannedCondition;
  /** Inputs of the run, from the same context; a declared input that isn't here has its default. */
  readonly inputs: Template;
  readonly at: Position;
}

/** `on.workflow_call`, beside its inputs. */
export interface PlannedCallInterface {
  /** Values over `jobs.<id>.outputs` and `jobs.<id>.result`, `inputs`, `vars`. */
  readonly outputs: Readonly<Record<string, Template>>;
  readonly secrets: Readonly<Record<string, { readonly required: boolean }>>;
}

/** `concurrency:` of a workflow or job: of all that share a group one runs, the others wait in the order in which they asked. */
export interface PlannedConcurrency {
  readonly group: Template;
  /** True: whoever asks ends the one that runs, and those that wait. Default literal false. */
  readonly cancel_in_progress: Template;
  readonly at: Position;
}

/** A declared input of the workflow. */
export interface PlannedInput {
  readonly type: 'string' | 'number' | 'boolean' | 'choice' | 'json';
  readonly description?: string;
  readonly required: boolean;
  readonly default?: Json;
  readonly options?: readonly string[];
  readonly pattern?: string;
  readonly at: Position;
}

/** Permission entries of one layer: an object template of arrays of entries. */
export interface PlannedPermissions {
  readonly entries: Template;
  readonly at: Position;
}

/** A job, before its matrix is spread out. */
export interface PlannedJob {
  readonly id: string;
  readonly name?: Template;
  readonly needs: readonly string[];
  /** Without `${{ }}`; where it calls no status function, `success() &&` is put before it when it is evaluated. */
  readonly if?: PlannedCondition;
  /** The queue. Default literal `local`. */
  readonly runs_on: Template;
  /** `runs-on` asks for several hosts of the queue. Never together with `strategy`. */
  readonly fleet?: PlannedFleet;
  readonly strategy?: StrategyPlan;
  readonly concurrency?: PlannedConcurrency;
  readonly environment?: PlannedEnvironment;
  /** A number template; default literal 360. */
  readonly timeout_minutes: Template;
  /** `queue-timeout`, ms: how long a claim may wait for an agent. Absent: 24 hours. */
  readonly queue_timeout_ms?: number;
  /** `lost-after`, ms. Default 120000. */
  readonly lost_after_ms: number;
  /** `keep-workspace`: the workspace outlives the job, so that it can be rerun from a step. Absent: false. */
  readonly keep_workspace?: boolean;
  readonly retry?: RetryPolicy;
  readonly env: Template;
  readonly permissions?: PlannedPermissions;
  /** Object template of outputs. */
  readonly outputs: Template;
  /** `uses: ./other.yml`: it runs that workflow's jobs, and has no steps, outputs or queue of its own. */
  readonly calls?: PlannedCall;
  readonly steps: readonly PlannedStep[];
  readonly at: Position;
}

/** A call of a reusable workflow. */
export interface PlannedCall {
  /** Key of {@link Plan.workflows}. */
  readonly workflow: string;
  /** Object template of inputs; evaluated when the job starts, then checked against the called workflow's. */
  readonly with: Template;
  /** Name inside -> name of the caller's secret; `inherit`: all of them, under their own names. */
  readonly secrets: 'inherit' | Readonly<Record<string, string>>;
  readonly at: Position;
}

/** `runs-on: { queue, hosts, … }`. Sizes are a count, or a share as `25%` of the hosts that take part, rounded up (max-failures: down). */
export interface PlannedFleet {
  /** `all`, a count, or a share of the queue's hosts. */
  readonly hosts: Template;
  /** Hosts of one wave. Absent: all that are left. */
  readonly batch?: Template;
  /** More failed hosts than this, and no further wave starts. Absent: 0. */
  readonly max_failures?: Template;
  /** Hosts of a first wave of its own, which must all succeed. Absent: 0. */
  readonly canary?: Template;
  readonly at: Position;
}

/** `environment:` of a job. */
export interface PlannedEnvironment {
  readonly name: Template;
  readonly url?: Template;
  /** The job waits until somebody approves it. */
  readonly approval?: PlannedApproval;
  readonly at: Position;
}

/** Who may decide, and for how long. */
export interface PlannedApproval {
  /** A list of names; an empty one: anybody who may operate the run. */
  readonly approvers: Template;
  /** ms; absent: it waits without end. What isn't decided by then fails with TIMEOUT. */
  readonly timeout_ms?: number;
}

/** `strategy:`; `matrix` holds only axes. Expressions in any of them are evaluated when the job's needs are met. */
export interface StrategyPlan {
  /** `matrix: ${{ … }}`: one expression for axes, include and exclude together; then these three are empty. */
  readonly whole_matrix?: Template;
  readonly matrix: readonly (readonly [axis: string, values: Template])[];
  readonly include: Template;
  readonly exclude: Template;
  readonly fail_fast: Template;
  readonly max_parallel?: Template;
  readonly at: Position;
}

/** `if:`, with the facts that the reader established. */
export interface PlannedCondition {
  readonly expression: ExpressionSource;
  /** It calls always, success, failure or cancelled, so nothing is put before it. */
  readonly calls_status_function: boolean;
  /** It calls hashFiles, so the agent evaluates it. */
  readonly on_agent: boolean;
}

/** `retry:`; all fields filled in. Intervals in ms. `attempts` counts the first one. */
export interface RetryPolicy {
  readonly attempts: Template;
  readonly initial_interval_ms: number;
  readonly backoff_coefficient: number;
  readonly maximum_interval_ms: number;
  readonly on: readonly RetryClass[];
}

/** A step. `run:` steps are `uses: run@v1` with `script`, `shell` and `working-directory` under `with`. */
export interface PlannedStep {
  /** The id, else the position in its list: `"0"`. Inside of a body the machine puts the steps around before it: `loop[7].0`. */
  readonly key: string;
  readonly id?: string;
  readonly name?: Template;
  readonly uses: string;
  readonly digest?: Digest;
  /** `control`: the job machine carries it out itself. */
  readonly kind: 'plugin' | 'control';
  /** The steps inside of `if@v1` and `for-each@v1`; then `with` is empty. */
  readonly body?: PlannedBody;
  /** Object template of inputs; `references` lists the context paths that `with` and `env` read. */
  readonly with: Template;
  readonly env: Template;
  /** Contexts that `with`, `env` and the env layers around read, as paths: `[["steps","build","outputs"],["inputs","tag"]]`. */
  readonly references: readonly (readonly string[])[];
  readonly if?: PlannedCondition;
  /** A number template; absent: the manifest's default within the job's rest. */
  readonly timeout_minutes?: Template;
  readonly continue_on_error: Template;
  readonly retry?: RetryPolicy;
  readonly permissions?: PlannedPermissions;
  /** What the node's manifest declares, where the catalogue knew it: the outputs' names. */
  readonly outputs?: readonly string[];
  readonly at: Position;
}

/**
 * Steps inside of a step. They see the steps before the one that holds them and those before them inside; what follows sees of them
 * only `outputs`, evaluated over the contexts at the end of the body.
 */
export type PlannedBody =
  | {
      readonly kind: 'if';
      readonly condition: PlannedCondition;
      readonly then: readonly PlannedStep[];
      readonly else: readonly PlannedStep[];
      readonly outputs: Template;
    }
  | {
      readonly kind: 'for-each';
      /** Gives a list. */
      readonly items: Template;
      readonly steps: readonly PlannedStep[];
      /** Most iterations at once; default literal 1. */
      readonly concurrency: Template;
      /** Default literal true: after a failed iteration no further one starts, and those that run are cancelled. */
      readonly fail_fast: Template;
      /** Of each iteration; the step's output of that name is the list of them in the order of the items, null where there is none. */
      readonly outputs: Template;
    };

/** A run's start: what the user gave, checked against {@link Plan.inputs}. */
export interface RunInputs {
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
}
