import { conditionSource, parseTemplate, referencesOf } from '../../dsl/expressions/index.ts';
import type {
  Digest,
  Json,
  JsonObject,
  Plan,
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

interface ExampleJob {
  readonly needs?: readonly string[];
  readonly if?: string;
  readonly timeoutMinutes?: number;
  readonly retry?: ExampleRetry;
  readonly matrix?: Readonly<Record<string, readonly Json[]>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly steps: readonly ExampleStep[];
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
}

interface ExampleRetry {
  readonly attempts?: number;
  readonly initialMs?: number;
  readonly on?: readonly RetryClass[];
}

const at: Position = { file: 'example.yml', line: 1, column: 1 };
const empty: Template = { kind: 'object', entries: [] };

/** Compiles an example. What the examples need and no more: no diagnostics. */
export function planOf(workflow: ExampleWorkflow): Plan {
  return {
    version: 1,
    name: 'example',
    file: 'example.yml',
    // A digest of nothing in particular.
    source: `sha256:${'0'.repeat(64)}` as Digest,
    inputs: {},
    env: empty,
    jobs: Object.entries(workflow).map(([id, job]) => plannedJob(id, job)),
  };
}

function plannedJob(id: string, job: ExampleJob): PlannedJob {
  return {
    id,
    needs: job.needs ?? [],
    ...(job.if === undefined ? {} : { if: conditionOf(job.if) }),
    runs_on: { kind: 'literal', value: 'local' },
    ...(job.matrix === undefined ? {} : { strategy: strategyOf(job.matrix) }),
    timeout_minutes: { kind: 'literal', value: job.timeoutMinutes ?? 360 },
    lost_after_ms: 120_000,
    ...(job.retry === undefined ? {} : { retry: retryOf(job.retry) }),
    env: empty,
    outputs: templateOf(job.outputs ?? {}),
    steps: job.steps.map((step, index) => plannedStep(step, index)),
    at,
  };
}

function plannedStep(step: ExampleStep, index: number): PlannedStep {
  const uses = step.uses ?? 'script@v1';
  const inputs = templateOf(step.with ?? {});
  return {
    key: step.id ?? String(index),
    ...(step.id === undefined ? {} : { id: step.id }),
    uses,
    kind: uses.startsWith('sleep@') ? 'control' : 'plugin',
    with: inputs,
    env: empty,
    references: referencesOf(inputs),
    ...(step.if === undefined ? {} : { if: conditionOf(step.if) }),
    ...(step.timeoutMinutes === undefined
      ? {}
      : { timeout_minutes: { kind: 'literal' as const, value: step.timeoutMinutes } }),
    continue_on_error: { kind: 'literal', value: step.continueOnError ?? false },
    ...(step.retry === undefined ? {} : { retry: retryOf(step.retry) }),
    at,
  };
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
