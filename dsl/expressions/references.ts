import type { ExpressionSource } from '../../schemas/index.ts';
import { parseExpression } from './parse.ts';
import type { Access } from './tree.ts';

/** The path of an access as far as it is constant, the context's name in lower case, properties as they were written. */
export function constantPath(access: Access): readonly string[] {
  const path = [access.context.name.toLowerCase()];
  for (const step of access.steps) {
    if (step.kind !== 'property') break;
    path.push(step.name);
  }
  return path;
}

/** The constant paths of accesses, each once. */
export function pathsOf(accesses: readonly Access[]): readonly (readonly string[])[] {
  // JSON is a key that no two different paths share.
  return [...new Map(accesses.map((access) => [JSON.stringify(constantPath(access)), constantPath(access)])).values()];
}

/** The constant paths of all that the expressions read, each once. One that can't be parsed reads nothing. */
export function referencesIn(expressions: readonly ExpressionSource[]): readonly (readonly string[])[] {
  const accesses = expressions.flatMap(({ source }) => {
    const parsed = parseExpression(source);
    return 'problem' in parsed ? [] : parsed.expression.accesses;
  });
  return pathsOf(accesses);
}
