import type { ExpressionScope, Shape } from './api.ts';

/** Every context of the language. */
export const knownContexts: readonly ContextName[] = [
  'inputs',
  'vars',
  'env',
  'needs',
  'matrix',
  'strategy',
  'steps',
  'job',
  'jobs',
  'workflow',
  'runner',
  'each',
  'secrets',
  'tenant',
  'webhook',
];

/** A context by its name. */
export type ContextName =
  | 'inputs'
  | 'vars'
  | 'env'
  | 'needs'
  | 'matrix'
  | 'strategy'
  | 'steps'
  | 'job'
  | 'jobs'
  | 'workflow'
  | 'runner'
  | 'each'
  | 'secrets'
  | 'tenant'
  | 'webhook';

/** A place by its name in {@link expressionScopes}. */
export type ExpressionPlace =
  | 'workflow'
  | 'run-name'
  | 'webhook'
  | 'job-if'
  | 'job'
  | 'job-concurrency'
  | 'job-outputs'
  | 'workflow-outputs'
  | 'step-if'
  | 'step'
  | 'step-with'
  | 'reusable-secrets'
  | 'manifest';

/** A place where expressions may stand: what they see there, and which functions they may call beyond the general ones. */
export interface PlaceRule {
  /** For messages, after "in". */
  readonly place: string;
  readonly contexts: readonly ContextName[];
  readonly functions: readonly string[];
}

const statusFunctions = ['always', 'success', 'failure', 'cancelled'] as const;
const runContexts = ['inputs', 'vars', 'tenant'] as const;
const jobContexts = ['inputs', 'vars', 'needs', 'strategy', 'matrix', 'env', 'tenant'] as const;
const stepContexts = [
  'inputs',
  'vars',
  'needs',
  'matrix',
  'strategy',
  'steps',
  'job',
  'env',
  'workflow',
  'runner',
  'each',
  'tenant',
] as const;

/** The table of places: which contexts and functions an expression may use where. */
export const expressionScopes: Readonly<Record<ExpressionPlace, PlaceRule>> = {
  /** `env` and `permissions` of the workflow. */
  workflow: { place: "the workflow's own keys", contexts: runContexts, functions: [] },
  'run-name': {
    place: 'run-name and concurrency of the workflow',
    contexts: [...runContexts, 'workflow'],
    functions: [],
  },
  /** `filter` and `inputs` of `on.webhook`. */
  webhook: { place: 'a webhook', contexts: ['webhook', 'vars', 'tenant'], functions: [] },
  'job-if': { place: "a job's if", contexts: ['inputs', 'vars', 'needs', 'tenant'], functions: statusFunctions },
  /** `runs-on`, `strategy`, `environment`, `retry`, `name`, timeouts, `env`, `permissions`, `with` of a job. */
  job: { place: "a job's own keys", contexts: jobContexts, functions: [] },
  'job-concurrency': { place: "a job's concurrency", contexts: [...jobContexts, 'workflow'], functions: [] },
  'job-outputs': { place: "a job's outputs", contexts: [...jobContexts, 'steps', 'job', 'runner'], functions: [] },
  'workflow-outputs': { place: "the workflow's outputs", contexts: [...runContexts, 'jobs'], functions: [] },
  'step-if': { place: "a step's if", contexts: stepContexts, functions: [...statusFunctions, 'hashFiles'] },
  /** A step's `name`, `timeout-minutes`, `continue-on-error`, `retry`, `permissions`, and `with` of control nodes. */
  step: { place: "a step's own keys", contexts: stepContexts, functions: [] },
  /** A step's `with` and `env`, where the node is a plugin. */
  'step-with': { place: "a step's with and env", contexts: [...stepContexts, 'secrets'], functions: ['hashFiles'] },
  'reusable-secrets': { place: 'secrets of a reusable workflow', contexts: ['secrets'], functions: [] },
  manifest: { place: "a plugin's permissions", contexts: ['inputs'], functions: [] },
};

/**
 * The scope of a place, with what is known of its contexts; what isn't known of one is not checked. `each` is there only
 * where its shape is given: in the body of a for-each.
 */
export function expressionScope(
  place: ExpressionPlace,
  shapes: Readonly<Partial<Record<ContextName, Shape>>> = {},
): ExpressionScope {
  const rule = expressionScopes[place];
  const visible = rule.contexts.filter((name) => name !== 'each' || shapes.each !== undefined);
  const contexts = Object.fromEntries(visible.map((name): [string, Shape] => [name, shapes[name] ?? { kind: 'any' }]));
  return { place: rule.place, contexts, functions: rule.functions, known: knownContexts };
}
