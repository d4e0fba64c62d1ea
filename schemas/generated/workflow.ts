// Made from schemas/workflow.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * `workflow_dispatch` is another name of manual. A schedule needs its times: `schedule: [{ cron: … }]`.
 */
export type Trigger = 'manual' | 'workflow_dispatch' | 'webhook' | 'workflow_call';
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
 * Times at which the server starts runs.
 *
 * @minItems 1
 * @maxItems 100
 */
export type Schedules = [Schedule, ...Schedule[]];
/**
 * Like 90s, 1h30m, 500ms or PT5M.
 */
export type Duration = string;
/**
 * A request to the server starts a run.
 */
export type Webhook = null | {
  /**
   * The name of the secret that signs requests. Default WEBHOOK_SECRET.
   */
  secret?: string;
  /**
   * An expression over `webhook.headers` and `webhook.body`; a request for which it is false starts nothing.
   */
  filter?: string | boolean;
  /**
   * Inputs of the run, by name, from `webhook.headers` and `webhook.body`.
   */
  inputs?: {
    [k: string]: unknown;
  };
};
/**
 * Jobs of other workflows can call this one.
 */
export type WorkflowCall = null | {
  /**
   * What the caller gives under `with`, by name.
   */
  inputs?: {
    [k: string]: Input;
  };
  /**
   * What the caller reads as `needs.<job>.outputs.<name>`.
   */
  outputs?: {
    [k: string]:
      | string
      | number
      | boolean
      | {
          /**
           * An expression over `jobs.<id>.outputs` and `jobs.<id>.result`.
           */
          value: string | number | boolean;
          /**
           * What it is.
           */
          description?: string;
        };
  };
  /**
   * What the caller hands over under `secrets`, by name.
   */
  secrets?: {
    [k: string]: null | {
      /**
       * Default false.
       */
      required?: boolean;
      /**
       * What it is for.
       */
      description?: string;
    };
  };
};
/**
 * A group: of all runs and jobs that share its name one runs, the others wait in the order in which they came.
 */
export type Concurrency =
  | GroupName
  | {
      group: GroupName;
      /**
       * Cancels whoever is in the group, instead of waiting. Default false.
       */
      'cancel-in-progress'?: boolean | Expression;
    };
/**
 * The group's name, at most 400 characters; letter case doesn't count.
 */
export type GroupName = string | number | boolean;
/**
 * One `${{ }}`, whose value keeps its type.
 */
export type Expression = string;
/**
 * A job: steps that run one after another in one workspace, or a call of another workflow.
 */
export type Job = Job1 & {
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
   * The queue whose agents run the job, default local; or the hosts of a queue, each of which runs it.
   */
  'runs-on'?: string | Fleet;
  strategy?: Strategy;
  concurrency?: Concurrency;
  environment?: Environment;
  'timeout-minutes'?: Minutes;
  /**
   * How long the job may wait for an agent of its queue, like 90s or 1h30m. Default 24h.
   */
  'queue-timeout'?: string;
  'lost-after'?: Duration;
  /**
   * Keeps the workspace when the job has ended, so that it can be run again from a step. Default false.
   */
  'keep-workspace'?: boolean;
  retry?: Retry;
  env?: Env;
  defaults?: Defaults;
  permissions?: Permissions;
  /**
   * What jobs that need this one can read, by name.
   */
  outputs?: {
    [k: string]: string | number | boolean;
  };
  /**
   * A workflow file that the job calls, by its path from this file on: `./other.yml`.
   */
  uses?: string;
  /**
   * Inputs of the called workflow.
   */
  with?: {
    [k: string]: unknown;
  };
  /**
   * Secrets that the called workflow gets: by its name each, or `inherit` for all.
   */
  secrets?:
    | 'inherit'
    | {
        [k: string]: Expression;
      };
  /**
   * What the job does, one after another.
   *
   * @minItems 1
   */
  steps?: [Step, ...Step[]];
};
export type Job1 = {
  [k: string]: unknown;
};
/**
 * How many hosts.
 */
export type Count = number;
/**
 * A share of the hosts.
 */
export type Share = string;
/**
 * A text that holds `${{ }}`.
 */
export type Template = string;
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
 * What the job deploys to.
 */
export type Environment =
  | EnvironmentName
  | {
      name: EnvironmentName;
      /**
       * The address under which people find it, beginning with https:// or http://.
       */
      url?: string;
      /**
       * The job waits until somebody approves it. `true`: anybody who may operate the run.
       */
      approval?:
        | boolean
        | {
            approvers?: Approvers;
            /**
             * How long the job waits, like 24h or 30m; then it fails. Default: without end.
             */
            timeout?: string;
          };
    };
/**
 * The environment's name, at most 255 characters.
 */
export type EnvironmentName = string | number | boolean;
/**
 * Who may decide: names, one name, or an expression that gives a list. Default: anybody who may operate the run.
 */
export type Approvers = (string | number) | [string | number, ...(string | number)[]];
/**
 * How long it may take, in minutes. A job: 360 by default; a step: what its node says.
 */
export type Minutes = number | Expression;
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
   * Shown for a run. May read inputs, vars, workflow and tenant. Default: the workflow's name.
   */
  'run-name'?: string | number | boolean;
  /**
   * How a run starts. Default: manual, without inputs.
   */
  on?:
    | Trigger
    | [Trigger, ...Trigger[]]
    | {
        manual?: Manual;
        workflow_dispatch?: Manual;
        schedule?: Schedules;
        webhook?: Webhook;
        workflow_call?: WorkflowCall;
      };
  env?: Env;
  defaults?: Defaults;
  permissions?: Permissions;
  concurrency?: Concurrency;
  /**
   * The jobs by id. They run in parallel, but for what `needs` says.
   */
  jobs: {
    [k: string]: Job;
  };
}
/**
 * A time at which the server starts a run, again and again.
 */
export interface Schedule {
  /**
   * Minute, hour, day of the month, month, day of the week, as `30 6 * * mon-fri`; or @hourly, @daily, @weekly, @monthly, @yearly.
   */
  cron: string;
  /**
   * A name of the IANA database, such as Europe/Berlin. Default UTC.
   */
  timezone?: string;
  /**
   * What becomes of a start while the run before it still runs: it is skipped, it waits, or it cancels that run. Default skip.
   */
  overlap?: 'skip' | 'queue' | 'cancel';
  /**
   * For how long starts are made up for that were missed while the server was down. Default false: not at all.
   */
  'catch-up'?: Duration | false;
}
/**
 * Environment variables by name.
 */
export interface Env {
  [k: string]: string | number | boolean | null;
}
/**
 * What scripts (`run`) have where their step doesn't say otherwise; a job's before the workflow's.
 */
export interface Defaults {
  /**
   * Of scripts.
   */
  run?: {
    /**
     * bash or sh.
     */
    shell?: string;
    /**
     * Where scripts run, within the workspace.
     */
    'working-directory'?: string;
  };
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
 * Runs the job on several hosts of a queue, wave by wave. Not together with `strategy`.
 */
export interface Fleet {
  /**
   * The queue whose hosts run the job.
   */
  queue: string;
  /**
   * `all` (default), how many of them, or a share like 50%, rounded up.
   */
  hosts?: 'all' | Count | Share | Template;
  /**
   * How many hosts run at once: a count, or a share of those that take part, rounded up. Default: all.
   */
  batch?: Count | Share | Template;
  /**
   * How many hosts may fail, as a count or a share, rounded down; once more have, no further wave starts and the job fails. Default 0.
   */
  'max-failures'?: 0 | Count | '0%' | Share | Template;
  /**
   * How many hosts run in a first wave of their own, all of which must succeed. Default 0.
   */
  canary?: 0 | Count | Expression;
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
