import {
  evaluateExpression,
  evaluateTemplate,
  expressionsOf,
  isTruthy,
  referencesOf,
  toText,
} from '../../dsl/expressions/index.ts';
import {
  assertNever,
  type ExpressionSource,
  isJsonObject,
  type Json,
  type JsonObject,
  type PlannedCondition,
  type Template,
} from '../../schemas/index.ts';
import type { ConditionOutline, Shown } from './api.ts';
import { show } from './source.ts';

/** What is known before anything runs: the contexts of a workflow, without what only the run knows. */
export interface Known {
  readonly inputs: JsonObject;
  /** Inputs that have a value in a run, and none yet. */
  readonly openInputs: readonly string[];
  readonly vars: JsonObject;
  readonly workflow: { readonly name: string; readonly file: string };
}

/** A value as far as it is known. */
export function shown(template: Template, known: Known): Shown {
  if (template.kind === 'literal') return { value: template.value };
  const decided_by = openIn(template, known);
  const source = show(template);
  if (decided_by.length > 0) return { source, text: openText(template, known), decided_by };
  const evaluated = evaluateTemplate(template, { contexts: contextsOf(known) });
  return 'ok' in evaluated ? { value: evaluated.ok } : { source, error: evaluated.error.message };
}

/** Each entry of an object template as far as it is known. */
export function shownEntries(template: Template, known: Known): Readonly<Record<string, Shown>> {
  const entries: readonly (readonly [string, Template])[] =
    template.kind === 'object'
      ? template.entries
      : Object.entries(literalObject(template)).map(([key, value]) => [key, { kind: 'literal', value }] as const);
  return Object.fromEntries(entries.map(([key, value]) => [key, shown(value, known)]));
}

/** A condition with its value, where that is known. */
export function shownCondition(condition: PlannedCondition, known: Known): ConditionOutline {
  const { expression, calls_status_function, on_agent } = condition;
  const { source } = expression;
  const template: Template = { kind: 'expression', expression };
  if (calls_status_function || on_agent || openIn(template, known).length > 0) return { source };
  const evaluated = evaluateExpression(expression, { contexts: contextsOf(known) });
  return 'ok' in evaluated ? { source, value: isTruthy(evaluated.ok) } : { source };
}

/** What decides a template that isn't known yet, in words: ``job `build` ``. None where it is known. */
export function openIn(template: Template, known: Known): readonly string[] {
  if (template.kind === 'literal') return [];
  const open = referencesOf(template).flatMap(([context = '', name]) => decider(context, name, known) ?? []);
  const onAgent = expressionsOf(template).some(({ source }) => /\bhashFiles\s*\(/iu.test(source));
  return [...new Set(onAgent ? [...open, 'the files on the agent'] : open)];
}

function decider(context: string, name: string | undefined, known: Known): string | undefined {
  const has = (values: JsonObject): boolean =>
    name !== undefined && Object.keys(values).some((key) => key.toLowerCase() === name.toLowerCase());
  switch (context) {
    case 'inputs':
      if (name === undefined) return known.openInputs.length === 0 ? undefined : 'the inputs';
      return has(known.inputs) ? undefined : `input \`${name}\``;
    case 'workflow':
      return has(known.workflow) ? undefined : 'the run';
    case 'vars':
      return has(known.vars) ? undefined : name === undefined ? 'the vars' : `var \`${name}\``;
    case 'needs':
    case 'jobs':
      return name === undefined ? 'the jobs before' : `job \`${name}\``;
    case 'steps':
      return name === undefined ? 'the steps before' : `step \`${name}\``;
    case 'secrets':
      return name === undefined ? 'the secrets' : `secret \`${name}\``;
    case 'matrix':
    case 'strategy':
      return 'the cell';
    case 'each':
      return 'the iteration';
    case 'runner':
      return 'the agent';
    default:
      return 'the run';
  }
}

/** The text with `?` for what is open. */
function openText(template: Template, known: Known): string {
  switch (template.kind) {
    case 'text':
      return template.parts.map((part) => (typeof part === 'string' ? part : partText(part, known))).join('');
    case 'array':
      return `[${template.items.map((item) => openText(item, known)).join(', ')}]`;
    case 'object':
      return `{ ${template.entries.map(([key, value]) => `${key}: ${openText(value, known)}`).join(', ')} }`;
    case 'literal':
      return toTextOrJson(template.value);
    case 'expression':
      return partText(template.expression, known);
    default:
      return assertNever(template);
  }
}

function partText(expression: ExpressionSource, known: Known): string {
  const template: Template = { kind: 'expression', expression };
  if (openIn(template, known).length > 0) return '?';
  const evaluated = evaluateTemplate(template, { contexts: contextsOf(known) });
  return 'ok' in evaluated ? toTextOrJson(evaluated.ok) : '?';
}

/** A value as people read it: objects and lists as JSON. */
export function toTextOrJson(value: Json): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : toText(value);
}

/** The contexts, as far as they are known. */
export function contextsOf({ inputs, vars, workflow }: Known): JsonObject {
  return { inputs, vars, workflow };
}

function literalObject(template: Template): JsonObject {
  return template.kind === 'literal' && isJsonObject(template.value) ? template.value : {};
}
