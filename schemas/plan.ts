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
  /** Inputs of `on.manual`, in file order. */
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  /** An object template. */
  readonly env: Template;
  readonly permissions?: PlannedPermissions;
  readonly jobs: readonly PlannedJob[];
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
  /** Default literal `local`. */
  readonly runs_on: Template;
  readonly strategy?: StrategyPlan;
  /** A number template; default literal 360. */
  readonly timeout_minutes: Template;
  /** `lost-after`, ms. Default 120000. */
  readonly lost_after_ms: number;
  readonly retry?: RetryPolicy;
  readonly env: Template;
  readonly permissions?: PlannedPermissions;
  /** Object template of outputs. */
  readonly outputs: Template;
  readonly steps: readonly PlannedStep[];
  readonly at: Position;
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
  /** The id, else the position: `"0"`. */
  readonly key: string;
  readonly id?: string;
  readonly name?: Template;
  readonly uses: string;
  readonly digest?: Digest;
  /** `control`: the job machine carries it out itself. */
  readonly kind: 'plugin' | 'control';
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

/** A run's start: what the user gave, checked against {@link Plan.inputs}. */
export interface RunInputs {
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
}
