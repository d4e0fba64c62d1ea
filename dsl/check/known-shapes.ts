import type { JsonObject, PlannedInput } from '../../schemas/index.ts';
import { assertNever } from '../../schemas/index.ts';
import type { Shape } from '../expressions/index.ts';
import type { TreeNode } from '../tree/node.ts';
import { holdsExpression, valueAt } from '../tree/query.ts';

export const anyShape: Shape = { kind: 'any' };
export const openShape: Shape = { kind: 'object', properties: {}, open: true };
const text: Shape = { kind: 'text' };
const number: Shape = { kind: 'number' };
const boolean: Shape = { kind: 'one-of', values: [true, false] };

/** An object with these properties and no others. */
export function closedShape(properties: Readonly<Record<string, Shape>>): Shape {
  return { kind: 'object', properties };
}

/** An object with properties of these names, of which nothing else is known. */
export function namedShape(names: Iterable<string>): Shape {
  return closedShape(Object.fromEntries(Array.from(names, (name) => [name, anyShape])));
}

/** How a job or a step ended. */
export const endShape: Shape = { kind: 'one-of', values: ['success', 'failure', 'cancelled', 'skipped'] };

export const tenantShape: Shape = closedShape({ id: text });
export const strategyShape: Shape = closedShape({
  'fail-fast': boolean,
  'job-index': number,
  'job-total': number,
  'max-parallel': number,
});
export const jobShape: Shape = closedShape({
  status: { kind: 'one-of', values: ['success', 'failure', 'cancelled'] },
  attempt: number,
  workspace: text,
  feedback: text,
});
export const workflowShape: Shape = closedShape({ name: text, run_id: text, run_attempt: number, file: text });
/** As the agent that was claimed says it; before the claim nothing is there. */
export const runnerShape: Shape = closedShape({
  os: { kind: 'one-of', values: ['Linux', 'macOS'] },
  arch: { kind: 'one-of', values: ['X64', 'ARM64'] },
  name: text,
  labels: { kind: 'array', items: text },
  temp: text,
  workspace: text,
});

/**
 * `inputs`, where a run may be started in several ways that each declare some: what differs between them isn't known. `stray` are the
 * names of those of which nothing is.
 */
export function inputsShape(
  declared: readonly Readonly<Record<string, PlannedInput>>[],
  stray: readonly string[] = [],
): Shape {
  const shapes = new Map<string, Shape>();
  for (const inputs of declared) {
    for (const [name, input] of Object.entries(inputs)) {
      const shape = inputShape(input);
      const other = shapes.get(name);
      const isKnown = other === undefined || JSON.stringify(other) === JSON.stringify(shape);
      shapes.set(name, isKnown ? shape : anyShape);
    }
  }
  const names = new Set(Array.from(shapes.keys(), (name) => name.toLowerCase()));
  for (const name of stray) if (!names.has(name.toLowerCase())) shapes.set(name, anyShape);
  return closedShape(Object.fromEntries(shapes));
}

function inputShape({ type, options = [] }: PlannedInput): Shape {
  switch (type) {
    case 'string':
      return text;
    case 'number':
      return number;
    case 'boolean':
      return boolean;
    case 'choice':
      return { kind: 'one-of', values: options };
    case 'json':
      return anyShape;
    default:
      return assertNever(type);
  }
}

/** What a value that fits a JSON Schema looks like, as far as the schema says it plainly. */
export function schemaShape(schema: JsonObject): Shape {
  switch (schema['type']) {
    case 'string':
      return text;
    case 'number':
    case 'integer':
      return number;
    case 'boolean':
      return boolean;
    default:
      return anyShape;
  }
}

/**
 * `matrix` under a `strategy`: the axes, and the keys of `include`, with the values that are written out; open where an expression makes
 * the cells, or what should is reported as no matrix.
 */
export function matrixShape(strategy: TreeNode | undefined): Shape {
  if (strategy === undefined) return namedShape([]);
  const matrix = valueAt(strategy, 'matrix');
  if (matrix?.kind !== 'mapping') return openShape;
  const include = valueAt(matrix, 'include');
  const added = include?.kind === 'sequence' ? include.items : [];
  const isOpen = include !== undefined && (holdsExpression(include) || added.some(holdsExpression));
  const axes = matrix.entries.filter(({ key }) => key !== 'include' && key !== 'exclude');
  const written = new Map<string, TreeNode[]>();
  for (const { key, value } of axes) written.set(key, value.kind === 'sequence' ? [...value.items] : [value]);
  for (const cell of added) {
    if (cell.kind !== 'mapping') continue;
    for (const { key, value } of cell.entries) {
      const values = written.get(key) ?? [];
      values.push(value);
      written.set(key, values);
    }
  }
  const properties = Array.from(written, ([name, values]): [string, Shape] => [
    name,
    isOpen ? anyShape : valuesShape(values),
  ]);
  return { kind: 'object', properties: Object.fromEntries(properties), ...(isOpen ? { open: true } : {}) };
}

/** One of some values that are written out; any where one of them isn't, or is more than a scalar. */
function valuesShape(nodes: readonly TreeNode[]): Shape {
  const values: (string | number | boolean)[] = [];
  for (const node of nodes) {
    if (node.kind !== 'scalar' || holdsExpression(node)) return anyShape;
    if (node.value !== null) values.push(node.value);
  }
  return { kind: 'one-of', values };
}
