import { Literal } from '@actions/expressions/ast';

import type { ConstantValue, ExpressionScope, Shape } from './api.ts';
import { inferrer } from './infer.ts';
import { neverTrue } from './never-true.ts';
import { mayBe, type Possibilities, possibilitiesOf } from './possibilities.ts';
import type { Problem } from './problem.ts';
import { resolveAccess } from './shapes.ts';
import { findKey } from './text.ts';
import type { Access, ParsedExpression } from './tree.ts';

/** Of one expression; further ones would say the same. */
const mostWarnings = 10;

/** What never changes in an expression. */
export interface Constancy {
  readonly warnings: readonly Problem[];
  /** Present where the whole is always true or always false, and no warning says why. */
  readonly constant?: ConstantValue;
  /** Present where the whole is never a list nor an object. */
  readonly plain?: true;
}

/** Looks for comparisons that can't come out otherwise, and says whether the whole can. Only of an expression without errors. */
export function constancyOf(expression: ParsedExpression, source: string, scope: ExpressionScope): Constancy {
  const accesses = new Map(expression.accesses.map((access) => [access.node, access]));
  const infer = inferrer({
    access: (node) => {
      const access = accesses.get(node);
      return access === undefined ? undefined : possibilitiesAt(access, scope);
    },
    never: scope.never ?? [],
  });
  const warnings: Problem[] = [];
  for (const comparison of expression.comparisons) {
    const warning = neverTrue(comparison, { source, infer });
    if (warning !== undefined) warnings.push(warning);
    if (warnings.length === mostWarnings) break;
  }
  if (warnings.length > 0) return { warnings };
  const may = infer(expression.tree);
  const canBe = (truth: boolean): boolean => may.some((possibility) => mayBe(truth, possibility));
  const plain = may.some(({ kind }) => kind === 'array' || kind === 'object' || kind === 'anything')
    ? {}
    : ({ plain: true } as const);
  if (canBe(true) === canBe(false)) return { warnings, ...plain };
  return { warnings, ...plain, constant: { value: canBe(true), written: expression.tree instanceof Literal } };
}

function possibilitiesAt(access: Access, scope: ExpressionScope): Possibilities {
  const name = findKey(scope.contexts, access.context.name);
  const root: Shape = (name === undefined ? undefined : scope.contexts[name]) ?? { kind: 'any' };
  const resolution = resolveAccess(access, root);
  // A context as a whole may be there or not, depending on how the run came about.
  const shapes = access.steps.length === 0 || 'problem' in resolution ? [] : resolution.shapes;
  const may: Possibilities = shapes.length === 0 ? [{ kind: 'anything' }] : shapes.flatMap(possibilitiesOf);
  // A filter gives a list whatever it filters; an index after it filters on.
  return access.steps.some(({ kind }) => kind === 'every') ? [{ kind: 'array', items: may }] : may;
}
