// Made from schemas/workflow.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * `workflow_dispatch` is another name of manual.
 */
export type Trigger = 'manual' | 'workflow_dispatch';
/**
 * A run is started by hand, or by whatever calls `waterflow run`.
 */
export type Manual = null | {
  /**
   * What is asked for when a run starts, by name.
   */
  inputs?: {
    [k: string]: Input;
  };
};
/**
 * An input by its name. Read as `inputs.<name>`.
 */
export type Input = null | {
  /**
   * Shown where the input is asked for.
   */
  description?: string;
  /**
   * Default string.
   */
  type?: 'string' | 'number' | 'boolean' | 'choice' | 'json';
  /**
   * Default false.
   */
  required?: boolean;
  /**
   * Used where none is given. Of the input's type.
   */
  default?: string | number | boolean | {} | unknown[] | null;
  /**
   * The values of a choice.
   *
   * @minItems 1
   */
  options?: [string | number | boolean, ...(string | number | boolean)[]];
  /**
   * A JavaScript regular expression that a string must match.
   */
  pattern?: string;
};
/**
 * `include` adds combinations, or values to those that exist; `exclude` takes combinations away.
 */
export type Combinations =
  | Expression
  | (
      | Expression
      | {
          [k: string]: unknown;
        }
    )[];
/**
 * One `${{ }}`, whose value keeps its type.
 */
export type Expression = string;
/**
 * How long it may take, in minutes. A job: 360 by default; a step: what its node says.
 */
export type Minutes = number | Expression;
/**
 * Like 90s, 1h30m, 500ms or PT5M.
 */
export type Duration = string;
/**
 * Why an attempt failed.
 */
export type RetryClass = 'failure' | 'timeout' | 'lost' | 'limit' | 'denied';
/**
 * A step: a node (`uses`), or a script (`run`).
 */
export type Step = {
  /**
   * The name under which later steps read its outputs.
   */
  id?: string;
  /**
   * Shown for the step.
   */
  name?: string | number | boolean;
  /**
   * An expression; the step is skipped where it is false.
   */
  if?: string | boolean;
  /**
   * The node: name@v1, name@1.4.0, name@sha256:<digest>, or ./folder.
   */
  uses?: string;
  /**
   * The node's inputs.
   */
  with?: {
    [k: string]: unknown;
  };
  /**
   * A script; short for `uses: run@v1`.
   */
  run?: string;
  /**
   * bash or sh. Default bash.
   */
  shell?: string;
  /**
   * Where the script runs, within the workspace.
   */
  'working-directory'?: string;
  env?: Env;
  'timeout-minutes'?: Minutes;
  /**
   * A failure doesn't fail the job. Default false.
   */
  'continue-on-error'?: boolean | Expression;
  retry?: Retry;
  permissions?: Permissions;
} & Step1 & {
    /**
     * The name under which later steps read its outputs.
     */
    id?: string;
    /**
     * Shown for the step.
     */
    name?: string | number | boolean;
    /**
     * An expression; the step is skipped where it is false.
     */
    if?: string | boolean;
    /**
     * The node: name@v1, name@1.4.0, name@sha256:<digest>, or ./folder.
     */
    uses?: string;
    /**
     * The node's inputs.
     */
    with?: {
      [k: string]: unknown;
    };
    /**
     * A script; short for `uses: run@v1`.
     */
    run?: string;
    /**
     * bash or sh. Default bash.
     */
    shell?: string;
    /**
     * Where the script runs, within the workspace.
     */
    'working-directory'?: string;
    env?: Env;
    'timeout-minutes'?: Minutes;
    /**
     * A failure doesn't fail the job. Default false.
     */
    'continue-on-error'?: boolean | Expression;
    retry?: Retry;
    permissions?: Permissions;
  } & Step1;
export type Step1 =
  | {
      [k: string]: unknown;
    }
  | {
      [k: string]: unknown;
    };

/**
 * A workflow file. Editors use this; the reader itself checks more: names, needs, expressions, inputs of nodes.
 */
export interface WorkflowFile {
  /**
   * Shown for the workflow. Default: the file's name.
   */
  name?: string;
  /**
   * How a run starts. Default: manual, without inputs.
   */
  on?:
    | Trigger
    | [Trigger, ...Trigger[]]
    | {
        manual?: Manual;
        workflow_dispatch?: Manual;
      };
  env?: Env;
  permissions?: Permissions;
  /**
   * The jobs by id. They run in parallel, but for what `needs` says.
   */
  jobs: {
    [k: string]: Job;
  };
}
/**
 * Environment variables by name.
 */
export interface Env {
  [k: string]: string | number | boolean | null;
}
/**
 * Entries by capability, to which the steps below are narrowed. `{}` grants nothing.
 */
export interface Permissions {
  [k: string]: {
    [k: string]: unknown;
  }[];
}
/**
 * A job: steps that run one after another in one workspace.
 */
export interface Job {
  /**
   * Shown for the job. Default: its id.
   */
  name?: string | number | boolean;
  /**
   * Ids of the jobs that must have ended before this one starts.
   */
  needs?: string | string[];
  /**
   * An expression; the job is skipped where it is false.
   */
  if?: string | boolean;
  /**
   * The queue whose agents run the job. Default local.
   */
  'runs-on'?: string;
  strategy?: Strategy;
  'timeout-minutes'?: Minutes;
  'lost-after'?: Duration;
  retry?: Retry;
  env?: Env;
  permissions?: Permissions;
  /**
   * What jobs that need this one can read, by name.
   */
  outputs?: {
    [k: string]: string | number | boolean;
  };
  /**
   * What the job does, one after another.
   *
   * @minItems 1
   */
  steps: [Step, ...Step[]];
}
/**
 * Runs the job once for each combination of values.
 */
export interface Strategy {
  /**
   * Values by axis; the job runs once for each combination. As one expression: an object of axes, `include` and `exclude`.
   */
  matrix:
    | {
        include?: Combinations;
        exclude?: Combinations;
        [k: string]: [unknown, ...unknown[]] | Expression | Combinations | undefined;
      }
    | Expression;
  /**
   * One failed cell cancels the others. Default true.
   */
  'fail-fast'?: boolean | Expression;
  /**
   * How many cells run at once.
   */
  'max-parallel'?: number | Expression;
}
/**
 * Runs it again when it fails: a job in an empty workspace, a step in its own. `{}` is the defaults; without `retry` there is one attempt.
 */
export interface Retry {
  /**
   * With the first one. Default 3.
   */
  attempts?: number | Expression;
  'initial-interval'?: Duration;
  /**
   * Default 2.
   */
  'backoff-coefficient'?: number;
  'maximum-interval'?: Duration;
  /**
   * Which failures are retried. Default failure, timeout, lost.
   */
  on?: RetryClass | [RetryClass, ...RetryClass[]];
}
