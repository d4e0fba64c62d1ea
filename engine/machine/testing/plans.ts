import { checkExpression, expressionScope, parseTemplate, referencesOf } from '../../../dsl/expressions/index.ts';
import {
  type Digest,
  isJsonObject,
  type Json,
  type JsonObject,
  type Plan,
  type PlannedCondition,
  type PlannedEnvironment,
  type PlannedFleet,
  type PlannedInput,
  type PlannedJob,
  type PlannedStep,
  type Position,
  type RetryClass,
  type RetryPolicy,
  type StrategyPlan,
  type Template,
} from '../../../schemas/index.ts';

/** A step as a test writes it, in the words of the workflow file. */
export interface StepSketch {
  readonly id?: string;
  readonly name?: string;
  /** Default `work@v1`, a plugin; `sleep@v1` and other control nodes say so by `control`. */
  readonly uses?: string;
  readonly control?: boolean;
  readonly with?: JsonObject;
  readonly env?: JsonObject;
  readonly if?: string;
  readonly timeout?: Json;
  readonly goesOn?: Json;
  readonly retry?: RetrySketch;
  readonly permissions?: JsonObject;
}

/** `retry:` as a test writes it. */
export interface RetrySketch {
  readonly attempts?: Json;
  readonly initial?: number;
  readonly coefficient?: number;
  readonly maximum?: number;
  readonly on?: readonly RetryClass[];
}

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
}

const file = 'workflow.yml';

/** Where everything stands in these files. */
const at: Position = { file, line: 1, column: 1 };

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

function stepOf(sketch: StepSketch, index: number, outer: readonly Template[]): PlannedStep {
  const inputs = templateOf(sketch.with ?? {});
  const env = templateOf(sketch.env ?? {});
  const uses = sketch.uses ?? 'work@v1';
  return {
    key: sketch.id ?? String(index),
    ...(sketch.id === undefined ? {} : { id: sketch.id }),
    ...(sketch.name === undefined ? {} : { name: templateOf(sketch.name) }),
    uses,
    kind: sketch.control === true || uses === 'sleep@v1' ? 'control' : 'plugin',
    with: inputs,
    env,
    references: [inputs, env, ...outer].flatMap((template) => [...referencesOf(template)]),
    ...(sketch.if === undefined ? {} : { if: conditionOf(sketch.if) }),
    ...(sketch.timeout === undefined ? {} : { timeout_minutes: templateOf(sketch.timeout) }),
    continue_on_error: templateOf(sketch.goesOn ?? false),
    ...(sketch.retry === undefined ? {} : { retry: retryOf(sketch.retry) }),
    ...permissionsOf(sketch.permissions),
    at,
  };
}

/** A value that may hold `${{ }}` -> template. */
export function templateOf(value: Json): Template {
  if (typeof value === 'string') return parseTemplate(value, () => at).template;
  if (Array.isArray(value)) {
    // isArray doesn't narrow a readonly array.
    const items = (value as readonly Json[]).map(templateOf);
    return items.every((item) => item.kind === 'literal') ? { kind: 'literal', value } : { kind: 'array', items };
  }
  if (!isJsonObject(value)) return { kind: 'literal', value };
  const entries = Object.entries(value).map(([key, part]) => [key, templateOf(part)] as const);
  return entries.every(([, part]) => part.kind === 'literal')
    ? { kind: 'literal', value }
    : { kind: 'object', entries };
}

function conditionOf(source: string): PlannedCondition {
  const expression = { source, at };
  const { calls } = checkExpression(expression, expressionScope('step-if'));
  return {
    expression,
    calls_status_function: ['always', 'success', 'failure', 'cancelled'].some((name) => calls.includes(name)),
    on_agent: calls.includes('hashfiles'),
  };
}

function retryOf(sketch: RetrySketch): RetryPolicy {
  const initial = sketch.initial ?? 1000;
  return {
    attempts: templateOf(sketch.attempts ?? 3),
    initial_interval_ms: initial,
    backoff_coefficient: sketch.coefficient ?? 2,
    maximum_interval_ms: sketch.maximum ?? 100 * initial,
    on: sketch.on ?? ['failure', 'timeout', 'lost'],
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

function inputOf({ type = 'string', required = false }: InputSketch): PlannedInput {
  return { type, required, at };
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

function permissionsOf(entries: JsonObject | undefined): {
  readonly permissions?: { entries: Template; at: Position };
} {
  return entries === undefined ? {} : { permissions: { entries: templateOf(entries), at } };
}
