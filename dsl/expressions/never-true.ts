import { type Expr, FunctionCall } from '@actions/expressions/ast';

import { quote } from '../quote.ts';
import { type Mismatch, mismatchReason, type Side } from './mismatch.ts';
import { mayBe, type Possibilities } from './possibilities.ts';
import type { Problem } from './problem.ts';
import type { Comparison } from './tree.ts';

/** What is written in an expression, and what each of its nodes may be. */
export interface ComparisonFacts {
  readonly source: string;
  readonly infer: (node: Expr) => Possibilities;
}

/**
 * The problem of a comparison that never changes: one whose values are never equal, whichever way it asks for that, and one of
 * values that are written out. Undefined where it may change, and where that isn't known.
 */
export function neverTrue(comparison: Comparison, facts: ComparisonFacts): Problem | undefined {
  const { node, operands } = comparison;
  const results = facts.infer(node);
  const [result] = results;
  if (result === undefined || (results.some((one) => mayBe(true, one)) && results.some((one) => mayBe(false, one))))
    return undefined;
  const isTrue = mayBe(true, result);
  const [left, right] = operands.map((operand): Side => {
    const text = facts.source.slice(operand.start, operand.end);
    return { text, start: operand.start, end: operand.end, may: facts.infer(operand.node) };
  });
  if (left === undefined || right === undefined) return undefined;
  const isUnequal = !(node instanceof FunctionCall) && node.operator.lexeme === '!=';
  const areWritten = isWritten(left) && isWritten(right);
  // What is always equal today (a matrix of one value) was meant to be, and needn't stay so.
  if (isTrue && !isUnequal && !areWritten) return undefined;
  const what =
    node instanceof FunctionCall
      ? `${node.functionName.lexeme}(${left.text}, ${right.text})`
      : `${left.text} ${node.operator.lexeme} ${right.text}`;
  const verdict = `${quote(what)} ${isTrue ? 'is always true' : 'can never be true'}`;
  const [subject, wanted] = isWritten(left) ? [right, left] : [left, right];
  const mismatch: Mismatch = { subject, wanted, areWritten, inList: node instanceof FunctionCall };
  return {
    kind: 'parsing',
    severity: 'warning',
    code: areWritten ? 'CONSTANT_CONDITION' : 'NEVER_TRUE',
    ...mismatchReason(mismatch, verdict),
  };
}

function isWritten({ may: [only, ...others] }: Side): boolean {
  return only?.kind === 'value' && others.length === 0;
}
