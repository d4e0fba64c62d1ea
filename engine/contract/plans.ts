import { conditionSource, parseTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import type {
  Digest,
  Json,
  JsonObject,
  Plan,
  PlannedBody,
  PlannedConcurrency,
  PlannedCondition,
  PlannedJob,
  PlannedStep,
  Position,
  RetryClass,
  RetryPolicy,
  StrategyPlan,
  Template,
} from '../../schemas/index.ts';

/** A workflow as its YAML would say it, for tests of engines. */
export type ExampleWorkflow = Readonly<Record<string, ExampleJob>>;

/** What a workflow says beside its jobs. */
export interface ExampleHead {
  readonly runName?: string;
  readonly concurrency?: ExampleConcurrency;
  /** Names of inputs, all of them texts that need not be given. */
  readonly inputs?: readonly string[];
  /** The workflows that jobs call, by their path. */
  readonly workflows?: Readonly<Record<string, ExampleCalled>>;
}

/** A workflow that is called, with what it gives back. */
export interface ExampleCalled extends Omit<ExampleHead, 'workflows'> {
  readonly jobs: ExampleWorkflow;
  readonly outputs?: Readonly<Record<string, string>>;
}

interface ExampleConcurrency {
  readonly group: string;
  readonly cancelInProgress?: boolean;
}

interface ExampleJob {
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly queue?: string;
  readonly fleet?: Readonly<Record<'hosts' | 'batch' | 'max_failures' | 'canary', string | number>>;
  readonly concurrency?: ExampleConcurrency;
  readonly environment?: { readonly name: string; readonly url?: string; readonly approvers?: readonly string[] };
  readonly keepWorkspace?: boolean;
  readonly calls?: { readonly workflow: string; readonly with?: JsonObject };
  readonly timeoutMinutes?: number;
  readonly retry?: ExampleRetry;
  readonly matrix?: Readonly<Record<string, readonly Json[]>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps?: readonly ExampleStep[];
}

export interface ExampleStep {
  readonly id?: string;
  /** Default `script@v1`, which the scripted executor carries out. */
  readonly uses?: string;
  readonly with?: JsonObject;
  readonly if?: string;
  readonly timeoutMinutes?: number;
  readonly continueOnError?: boolean;
  readonly retry?: ExampleRetry;
  readonly forEach?: ExampleLoop;
  readonly branch?: ExampleBranch;
}

interface ExampleLoop {
  readonly items: Json;
  readonly steps: readonly ExampleStep[];
  readonly concurrency?: number;
  readonly failFast?: boolean;
  readonly outputs?: Readonly<Record<string, string>>;
}

interface ExampleBranch {
  readonly condition: string;
  readonly then: readonly ExampleStep[];
  readonly else?: readonly ExampleStep[];
  readonly outputs?: Readonly<Record<string, string>>;
}

interface ExampleRetry {
  readonly attempts?: number;
  readonly initialMs?: number;
  readonly on?: readonly RetryClass[];
}

const at: Position = { file: 'example.yml', line: 1, column: 1 };
const empty: Template = { kind: 'object', entries: [] };

/** Compiles an example. What the examples need and no more: no diagnostics. */
export function planOf(workflow: ExampleWorkflow, head: ExampleHead = {}): Plan {
  const called = Object.entries(head.workflows ?? {});
  return {
    ...plannedWorkflow('example', workflow, head),
    ...(called.length === 0
      ? {}
      : { workflows: Object.fromEntries(called.map(([path, inner]) => [path, calledWorkflow(path, inner)])) }),
  };
}

function calledWorkflow(path: string, { jobs, outputs = {}, ...head }: ExampleCalled): Plan {
  const given = Object.entries(outputs).map(([name, value]) => [name, templateOf(value)] as const);
  return { ...plannedWorkflow(path, jobs, head), call: { outputs: Object.fromEntries(given), secrets: {} } };
}

function plannedWorkflow(name: string, workflow: ExampleWorkflow, head: ExampleHead): Plan {
  const { runName, concurrency, inputs = [] } = head;
  return {
    version: 1,
    name,
    file: 'example.yml',
    // A digest of nothing in particular.
    source: `sha256:${'0'.repeat(64)}` as Digest,
    ...(runName === undefined ? {} : { run_name: templateOf(runName) }),
    ...(concurrency === undefined ? {} : { concurrency: concurrencyOf(concurrency) }),
    inputs: Object.fromEntries(inputs.map((input) => [input, { type: 'string' as const, required: false, at }])),
    env: empty,
    jobs: Object.entries(workflow).map(([id, job]) => plannedJob(id, job)),
  };
}

function plannedJob(id: string, job: ExampleJob): PlannedJob {
  const { concurrency, environment, calls, fleet } = job;
  return {
    id,
    needs: job.needs ?? [],
    ...(job.if === undefined ? {} : { if: conditionOf(job.if) }),
    runs_on: literal(job.queue ?? 'local'),
    ...(fleet === undefined ? {} : { fleet: fleetOf(fleet) }),
    ...(job.matrix === undefined ? {} : { strategy: strategyOf(job.matrix) }),
    ...(concurrency === undefined ? {} : { concurrency: concurrencyOf(concurrency) }),
    ...(environment === undefined ? {} : { environment: environmentOf(environment) }),
    timeout_minutes: literal(job.timeoutMinutes ?? 360),
    lost_after_ms: 120_000,
    ...(job.keepWorkspace === undefined ? {} : { keep_workspace: job.keepWorkspace }),
    ...(job.retry === undefined ? {} : { retry: retryOf(job.retry) }),
    env: empty,
    outputs: templateOf(job.outputs ?? {}),
    ...(calls === undefined
      ? {}
      : { calls: { workflow: calls.workflow, with: templateOf(calls.with ?? {}), secrets: 'inherit' as const, at } }),
    steps: plannedSteps(job.steps ?? []),
    at,
  };
}

/** A step without an id has its position; those of a second list count on from the first. */
function plannedSteps(steps: readonly ExampleStep[], first = 0): readonly PlannedStep[] {
  return steps.map((step, index) => plannedStep(step, first + index));
}

const controlNode = /^(sleep|approval|wait-for|if|for-each)@/;

function plannedStep(step: ExampleStep, index: number): PlannedStep {
  const uses = step.uses ?? (step.forEach ? 'for-each@v1' : step.branch ? 'if@v1' : 'script@v1');
  const inputs = templateOf(step.with ?? {});
  const body = bodyOf(step);
  return {
    key: step.id ?? String(index),
    ...(step.id === undefined ? {} : { id: step.id }),
    uses,
    kind: controlNode.test(uses) ? 'control' : 'plugin',
    ...(body === undefined ? {} : { body }),
    with: inputs,
    env: empty,
    references: referencesOf(inputs),
    ...(step.if === undefined ? {} : { if: conditionOf(step.if) }),
    ...(step.timeoutMinutes === undefined ? {} : { timeout_minutes: literal(step.timeoutMinutes) }),
    continue_on_error: literal(step.continueOnError ?? false),
    ...(step.retry === undefined ? {} : { retry: retryOf(step.retry) }),
    at,
  };
}

function bodyOf({ forEach, branch }: ExampleStep): PlannedBody | undefined {
  if (forEach !== undefined) {
    return {
      kind: 'for-each',
      items: typeof forEach.items === 'string' ? templateOf(forEach.items) : literal(forEach.items),
      steps: plannedSteps(forEach.steps),
      concurrency: literal(forEach.concurrency ?? 1),
      fail_fast: literal(forEach.failFast ?? true),
      outputs: templateOf(forEach.outputs ?? {}),
    };
  }
  if (branch === undefined) return undefined;
  return {
    kind: 'if',
    condition: conditionOf(branch.condition),
    // oxlint-disable-next-line unicorn/no-thenable -- the plan's own word for it
    then: plannedSteps(branch.then),
    else: plannedSteps(branch.else ?? [], branch.then.length),
    outputs: templateOf(branch.outputs ?? {}),
  };
}

function concurrencyOf({ group, cancelInProgress = false }: ExampleConcurrency): PlannedConcurrency {
  return { group: templateOf(group), cancel_in_progress: literal(cancelInProgress), at };
}

function fleetOf(fleet: NonNullable<ExampleJob['fleet']>): NonNullable<PlannedJob['fleet']> {
  const [hosts, batch] = [literal(fleet.hosts), literal(fleet.batch)];
  return { hosts, batch, max_failures: literal(fleet.max_failures), canary: literal(fleet.canary), at };
}

function environmentOf(environment: NonNullable<ExampleJob['environment']>): NonNullable<PlannedJob['environment']> {
  const { name, url, approvers } = environment;
  return {
    name: templateOf(name),
    ...(url === undefined ? {} : { url: templateOf(url) }),
    ...(approvers === undefined ? {} : { approval: { approvers: literal(approvers) } }),
    at,
  };
}

function literal(value: Json): Template {
  return { kind: 'literal', value };
}

function strategyOf(matrix: Readonly<Record<string, readonly Json[]>>): StrategyPlan {
  return {
    matrix: Object.entries(matrix).map(([axis, values]) => [axis, { kind: 'literal', value: values }] as const),
    include: { kind: 'literal', value: [] },
    exclude: { kind: 'literal', value: [] },
    fail_fast: { kind: 'literal', value: false },
    at,
  };
}

function retryOf(retry: ExampleRetry): RetryPolicy {
  return {
    attempts: { kind: 'literal', value: retry.attempts ?? 3 },
    initial_interval_ms: retry.initialMs ?? 1000,
    backoff_coefficient: 2,
    maximum_interval_ms: 100_000,
    on: retry.on ?? ['failure', 'timeout', 'lost'],
  };
}

function conditionOf(text: string): PlannedCondition {
  const { expression } = conditionSource(text, () => at);
  if (expression === undefined) throw new TypeError(`not a condition: ${text}`);
  return {
    expression,
    calls_status_function: /\b(always|success|failure|cancelled)\(/.test(text),
    on_agent: text.includes('hashFiles('),
  };
}

function templateOf(value: Json): Template {
  if (typeof value === 'string') return parseTemplate(value, () => at).template;
  if (Array.isArray(value)) return { kind: 'array', items: value.map((item: Json) => templateOf(item)) };
  if (typeof value !== 'object' || value === null) return { kind: 'literal', value };
  return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, templateOf(item)] as const) };
}
