import { referencesOf } from '../../dsl/expressions/index.ts';
import type { ExpressionSource, PlannedCondition, Template } from '../../schemas/index.ts';

/** A context path that an expression reads, as far as it is constant: `['steps', 'build', 'outputs']`. */
export type Path = readonly string[];

/** By template or expression. Plans don't change and outlive the events of their runs, so each is looked through once. */
const known = new WeakMap<Template | ExpressionSource, readonly Path[]>();

/** The context paths that templates read, all together. */
export function pathsOf(...templates: readonly (Template | undefined)[]): readonly Path[] {
  return templates.flatMap((template) => {
    if (template === undefined || template.kind === 'literal') return [];
    return remembered(template, template);
  });
}

/** The context paths that a condition reads; none where there is no condition. */
export function pathsOfCondition(condition: PlannedCondition | undefined): readonly Path[] {
  if (condition === undefined) return [];
  const { expression } = condition;
  return remembered(expression, { kind: 'expression', expression });
}

/** True where one of the paths goes into a context, or into a property of it; names ignore case. */
export function reads(paths: readonly Path[], context: string, property?: string): boolean {
  return paths.some(
    ([root, first]) =>
      root?.toLowerCase() === context &&
      (property === undefined || first === undefined || first.toLowerCase() === property.toLowerCase()),
  );
}

function remembered(key: Template | ExpressionSource, template: Template): readonly Path[] {
  let paths = known.get(key);
  if (paths === undefined) {
    paths = referencesOf(template);
    known.set(key, paths);
  }
  return paths;
}
