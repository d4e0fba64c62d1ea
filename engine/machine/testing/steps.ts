import { checkExpression, expressionScope, parseTemplate, referencesOf } from '../../../dsl/expressions/index.ts';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type PlannedBody,
  type PlannedCondition,
  type PlannedStep,
  type Position,
  type RetryClass,
  type RetryPolicy,
  type Template,
} from '../../../schemas/index.ts';

/** A step as a test writes it, in the words of the workflow file. */
export interface StepSketch {
  readonly id?: string;
  readonly name?: string;
  /** Default `work@v1`, a plugin; what isn't known here as a control node is one by `control`. */
  readonly uses?: string;
  readonly control?: boolean;
  readonly with?: JsonObject;
  readonly env?: JsonObject;
  readonly if?: string;
  readonly timeout?: Json;
  readonly goesOn?: Json;
  readonly retry?: RetrySketch;
  readonly permissions?: JsonObject;
  /** Of `if@v1`, which it then is: the condition of its body. */
  readonly condition?: string;
  readonly then?: readonly StepSketch[];
  readonly else?: readonly StepSketch[];
  /** Of `for-each@v1`, which it then is. */
  readonly items?: Json;
  readonly steps?: readonly StepSketch[];
  readonly concurrency?: Json;
  readonly failFast?: Json;
  /** Of a body. */
  readonly outputs?: JsonObject;
}

/** `retry:` as a test writes it. */
export interface RetrySketch {
  readonly attempts?: Json;
  readonly initial?: number;
  readonly coefficient?: number;
  readonly maximum?: number;
  readonly on?: readonly RetryClass[];
}

/** The file that tests' workflows stand in. */
export const file = 'workflow.yml';

/** Where everything stands in it. */
export const at: Position = { file, line: 1, column: 1 };

/** A step, as the reader would make it; `index` is its position in its list. */
export function stepOf(sketch: StepSketch, index: number, outer: readonly Template[]): PlannedStep {
  const inputs = templateOf(sketch.with ?? {});
  const env = templateOf(sketch.env ?? {});
  const body = bodyOf(sketch, outer);
  const uses = sketch.uses ?? (body === undefined ? 'work@v1' : `${body.kind}@v1`);
  return {
    key: sketch.id ?? String(index),
    ...(sketch.id === undefined ? {} : { id: sketch.id }),
    ...(sketch.name === undefined ? {} : { name: templateOf(sketch.name) }),
    uses,
    kind: sketch.control === true || controlNodes.has(uses) ? 'control' : 'plugin',
    ...(body === undefined ? {} : { body }),
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

const controlNodes = new Set(['sleep@v1', 'if@v1', 'for-each@v1', 'approval@v1', 'wait-for@v1']);

function bodyOf(sketch: StepSketch, outer: readonly Template[]): PlannedBody | undefined {
  const outputs = templateOf(sketch.outputs ?? {});
  if (sketch.condition !== undefined) {
    const { then = [], else: otherwise = [] } = sketch;
    return {
      kind: 'if',
      condition: conditionOf(sketch.condition),
      then: then.map((step, index) => stepOf(step, index, outer)),
      else: otherwise.map((step, index) => stepOf(step, then.length + index, outer)),
      outputs,
    };
  }
  if (sketch.items === undefined) return undefined;
  return {
    kind: 'for-each',
    items: templateOf(sketch.items),
    steps: (sketch.steps ?? []).map((step, index) => stepOf(step, index, outer)),
    concurrency: templateOf(sketch.concurrency ?? 1),
    fail_fast: templateOf(sketch.failFast ?? true),
    outputs,
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

/** An `if`, or the condition of a body. */
export function conditionOf(source: string): PlannedCondition {
  const expression = { source, at };
  const { calls } = checkExpression(expression, expressionScope('step-if'));
  return {
    expression,
    calls_status_function: ['always', 'success', 'failure', 'cancelled'].some((name) => calls.includes(name)),
    on_agent: calls.includes('hashfiles'),
  };
}

/** `retry:`, with its defaults. */
export function retryOf(sketch: RetrySketch): RetryPolicy {
  const initial = sketch.initial ?? 1000;
  return {
    attempts: templateOf(sketch.attempts ?? 3),
    initial_interval_ms: initial,
    backoff_coefficient: sketch.coefficient ?? 2,
    maximum_interval_ms: sketch.maximum ?? 100 * initial,
    on: sketch.on ?? ['failure', 'timeout', 'lost'],
  };
}

/** A layer of permissions, where there is one. */
export function permissionsOf(entries: JsonObject | undefined): {
  readonly permissions?: { entries: Template; at: Position };
} {
  return entries === undefined ? {} : { permissions: { entries: templateOf(entries), at } };
}
