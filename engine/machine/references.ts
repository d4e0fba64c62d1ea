import type { ExpressionScope } from '../../dsl/expressions/api.ts';
import { checkExpression } from '../../dsl/expressions/index.ts';
import { assertNever, type ExpressionSource, type PlannedCondition, type Template } from '../../schemas/index.ts';

/** A context path that an expression reads, as far as it is constant: `['steps', 'build', 'outputs']`. */
export type Path = readonly string[];

const contexts = [
  'inputs',
  'vars',
  'env',
  'needs',
  'matrix',
  'strategy',
  'steps',
  'job',
  'workflow',
  'runner',
  'each',
  'secrets',
  'tenant',
] as const;

/** The reader of the file has checked where each expression may stand; here only what it refers to is asked. */
const anywhere: ExpressionScope = {
  place: 'the workflow',
  contexts: Object.fromEntries(contexts.map((name) => [name, { kind: 'any' }])),
  functions: ['always', 'success', 'failure', 'cancelled', 'hashFiles'],
  known: contexts,
};

/** Plans are immutable and outlive their runs' events, so each expression is looked through once. */
const known = new WeakMap<ExpressionSource, readonly Path[]>();

/** The context paths that an expression reads. */
export function pathsOfExpression(expression: ExpressionSource): readonly Path[] {
  const found = known.get(expression);
  if (found !== undefined) return found;
  const paths = checkExpression(expression, anywhere).references;
  known.set(expression, paths);
  return paths;
}

/** The context paths that a condition reads; none where there is no condition. */
export function pathsOfCondition(condition: PlannedCondition | undefined): readonly Path[] {
  return condition === undefined ? [] : pathsOfExpression(condition.expression);
}

/** The context paths that templates read, all together. */
export function pathsOf(...templates: readonly (Template | undefined)[]): readonly Path[] {
  return templates.flatMap((template) =>
    template === undefined ? [] : expressionsOf(template).flatMap((expression) => pathsOfExpression(expression)),
  );
}

/** True where one of the paths goes into a context, or into a property of it; names ignore case. */
export function reads(paths: readonly Path[], context: string, property?: string): boolean {
  return paths.some(
    ([root, first]) =>
      root?.toLowerCase() === context &&
      (property === undefined ||
        first === undefined ||
        first === '*' ||
        first.toLowerCase() === property.toLowerCase()),
  );
}

/** The expressions of a template, in the order in which they stand. */
export function expressionsOf(template: Template): readonly ExpressionSource[] {
  switch (template.kind) {
    case 'literal':
      return [];
    case 'expression':
      return [template.expression];
    case 'text':
      return template.parts.filter((part) => typeof part !== 'string');
    case 'array':
      return template.items.flatMap(expressionsOf);
    case 'object':
      return template.entries.flatMap(([, value]) => expressionsOf(value));
    default:
      return assertNever(template);
  }
}
