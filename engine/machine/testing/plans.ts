import {
  type Digest,
  type Json,
  type JsonObject,
  type Plan,
  type PlannedEnvironment,
  type PlannedFleet,
  type PlannedInput,
  type PlannedJob,
  type StrategyPlan,
} from '../../../schemas/index.ts';
import {
  at,
  conditionOf,
  file,
  permissionsOf,
  type RetrySketch,
  retryOf,
  type StepSketch,
  stepOf,
  templateOf,
} from './steps.ts';

export { type RetrySketch, type StepSketch, templateOf } from './steps.ts';

/** A job as a test writes it. */
export interface JobSketch {
  readonly needs?: readonly string[];
  readonly name?: string;
  readonly if?: string;
  readonly runsOn?: Json;
  readonly timeout?: Json;
  readonly env?: JsonObject;
  readonly outputs?: JsonObject;
  readonly permissions?: JsonObject;
  readonly retry?: RetrySketch;
  readonly strategy?: StrategySketch;
  readonly concurrency?: ConcurrencySketch;
  readonly environment?: EnvironmentSketch;
  readonly fleet?: FleetSketch;
  readonly keepWorkspace?: boolean;
  /** In ms. */
  readonly queueTimeout?: number;
  /** The key of the workflow that it calls; it has no steps then. */
  readonly calls?: string;
  /** Inputs of the call. */
  readonly with?: JsonObject;
  readonly secrets?: 'inherit' | Readonly<Record<string, string>>;
  readonly steps?: readonly StepSketch[];
}

/** `concurrency:` as a test writes it: the group, which doesn't cancel, or all of it. */
export type ConcurrencySketch = string | { readonly group: Json; readonly cancel?: Json };

/** `environment:` as a test writes it; `approvers` asks for an approval, and `timeout` (ms) bounds it. */
export interface EnvironmentSketch {
  readonly name: string;
  readonly url?: string;
  readonly approvers?: Json;
  readonly timeout?: number;
}

/** The sizes of `runs-on: { … }`; by default all hosts. */
export interface FleetSketch {
  readonly hosts?: Json;
  readonly batch?: Json;
  readonly failures?: Json;
  readonly canary?: Json;
}

/** `strategy:` as a test writes it; a matrix that is a text is one expression. */
interface StrategySketch {
  readonly matrix?: JsonObject | string;
  readonly include?: Json;
  readonly exclude?: Json;
  readonly failFast?: Json;
  readonly maxParallel?: Json;
}

/** A workflow as a test writes it. */
export interface WorkflowSketch {
  readonly runName?: string;
  readonly concurrency?: ConcurrencySketch;
  readonly inputs?: Readonly<Record<string, InputSketch>>;
  /** Of a workflow that is called: what it gives back, and the secrets that it must have. */
  readonly outputs?: Readonly<Record<string, Json>>;
  readonly secrets?: readonly string[];
  /** The workflows that jobs call, by their keys. */
  readonly workflows?: Readonly<Record<string, WorkflowSketch>>;
  readonly env?: JsonObject;
  readonly permissions?: JsonObject;
  readonly jobs: Readonly<Record<string, JobSketch>>;
}

/** An input as a test writes it; default a text that isn't required. */
export interface InputSketch {
  readonly type?: PlannedInput['type'];
  readonly required?: boolean;
  readonly pattern?: string;
}

/** A plan, as the reader would make it of such a file. */
export function planOf(sketch: WorkflowSketch): Plan {
  return {
    version: 1,
    name: 'test',
    file,
    // It has the form of one.
    source: `sha256:${'0'.repeat(64)}` as Digest,
    ...(sketch.runName === undefined ? {} : { run_name: templateOf(sketch.runName) }),
    inputs: Object.fromEntries(Object.entries(sketch.inputs ?? {}).map(([name, input]) => [name, inputOf(input)])),
    env: templateOf(sketch.env ?? {}),
    ...permissionsOf(sketch.permissions),
    ...concurrencyOf(sketch.concurrency),
    ...callInterfaceOf(sketch),
    ...(sketch.workflows === undefined ? {} : { workflows: workflowsOf(sketch.workflows) }),
    jobs: Object.entries(sketch.jobs).map(([id, job]) => jobOf(id, job, sketch)),
  };
}

function jobOf(id: string, sketch: JobSketch, workflow: WorkflowSketch): PlannedJob {
  const outer = [templateOf(workflow.env ?? {}), templateOf(sketch.env ?? {})];
  return {
    id,
    ...(sketch.name === undefined ? {} : { name: templateOf(sketch.name) }),
    needs: sketch.needs ?? [],
    ...(sketch.if === undefined ? {} : { if: conditionOf(sketch.if) }),
    runs_on: templateOf(sketch.runsOn ?? 'local'),
    ...(sketch.strategy === undefined ? {} : { strategy: strategyOf(sketch.strategy) }),
    ...(sketch.fleet === undefined ? {} : { fleet: fleetOf(sketch.fleet) }),
    ...concurrencyOf(sketch.concurrency),
    ...(sketch.environment === undefined ? {} : { environment: environmentOf(sketch.environment) }),
    ...(sketch.queueTimeout === undefined ? {} : { queue_timeout_ms: sketch.queueTimeout }),
    ...(sketch.keepWorkspace === undefined ? {} : { keep_workspace: sketch.keepWorkspace }),
    ...callOf(sketch),
    timeout_minutes: templateOf(sketch.timeout ?? 360),
    lost_after_ms: 120_000,
    ...(sketch.retry === undefined ? {} : { retry: retryOf(sketch.retry) }),
    env: templateOf(sketch.env ?? {}),
    ...permissionsOf(sketch.permissions),
    outputs: templateOf(sketch.outputs ?? {}),
    steps: (sketch.steps ?? (sketch.calls === undefined ? [{}] : [])).map((step, index) => stepOf(step, index, outer)),
    at,
  };
}

function strategyOf(sketch: StrategySketch): StrategyPlan {
  const { matrix = {} } = sketch;
  return {
    ...(typeof matrix === 'string' ? { whole_matrix: templateOf(matrix) } : {}),
    matrix:
      typeof matrix === 'string' ? [] : Object.entries(matrix).map(([axis, values]) => [axis, templateOf(values)]),
    include: templateOf(sketch.include ?? []),
    exclude: templateOf(sketch.exclude ?? []),
    fail_fast: templateOf(sketch.failFast ?? true),
    ...(sketch.maxParallel === undefined ? {} : { max_parallel: templateOf(sketch.maxParallel) }),
    at,
  };
}

function inputOf({ type = 'string', required = false, ...rest }: InputSketch): PlannedInput {
  return { type, required, ...rest, at };
}

function workflowsOf(sketches: Readonly<Record<string, WorkflowSketch>>): NonNullable<Plan['workflows']> {
  return Object.fromEntries(
    Object.entries(sketches).map(([key, sketch]) => [key, { ...planOf(sketch), name: key, file: key }]),
  );
}

function callInterfaceOf({ outputs = {}, secrets = [] }: WorkflowSketch): Pick<Plan, 'call'> {
  return {
    call: {
      outputs: Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, templateOf(value)])),
      secrets: Object.fromEntries(secrets.map((name) => [name, { required: true }])),
    },
  };
}

function callOf({ calls, with: inputs = {}, secrets = {} }: JobSketch): Pick<PlannedJob, 'calls'> {
  return calls === undefined ? {} : { calls: { workflow: calls, with: templateOf(inputs), secrets, at } };
}

function concurrencyOf(sketch: ConcurrencySketch | undefined): Pick<Plan, 'concurrency'> {
  if (sketch === undefined) return {};
  const { group, cancel = false } = typeof sketch === 'string' ? { group: sketch } : sketch;
  return { concurrency: { group: templateOf(group), cancel_in_progress: templateOf(cancel), at } };
}

function environmentOf({ name, url, approvers, timeout }: EnvironmentSketch): PlannedEnvironment {
  const approval =
    approvers === undefined
      ? {}
      : {
          approval: {
            approvers: templateOf(approvers),
            ...(timeout === undefined ? {} : { timeout_ms: timeout }),
          },
        };
  return { name: templateOf(name), ...(url === undefined ? {} : { url: templateOf(url) }), ...approval, at };
}

function fleetOf({ hosts = 'all', batch, failures, canary }: FleetSketch): PlannedFleet {
  return {
    hosts: templateOf(hosts),
    ...(batch === undefined ? {} : { batch: templateOf(batch) }),
    ...(failures === undefined ? {} : { max_failures: templateOf(failures) }),
    ...(canary === undefined ? {} : { canary: templateOf(canary) }),
    at,
  };
}
