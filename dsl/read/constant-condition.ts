import type { ExpressionSource } from '../../schemas/index.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { Reading } from './reading.ts';

/** A condition, and the key that holds it. */
export interface CheckedCondition {
  readonly subject: string;
  readonly expression: ExpressionSource;
  readonly checked: CheckedExpression;
}

/** Warns of a condition that always comes out the same: it decides nothing, or keeps what it is written for from ever running. */
export function warnOfConstant(reading: Reading, { subject, expression, checked }: CheckedCondition): void {
  const { constant } = checked;
  if (constant === undefined) return;
  const start = reading.report.offset(expression.at);
  const span = { start, end: start + expression.source.length };
  if (constant.value || subject !== '`if`') {
    reading.report.warning(span, {
      code: 'CONSTANT_CONDITION',
      message: `${subject} is always ${constant.value}: ${quote(expression.source)} never changes`,
      remedy:
        subject === '`if`'
          ? 'Remove `if`, or compare with a value that can change, such as `inputs.name`.'
          : 'Write a condition over a value that can change.',
    });
    return;
  }
  reading.report.warning(span, {
    code: 'UNREACHABLE',
    message: `this never runs: its condition ${quote(expression.source)} is always false`,
    remedy: reachableBy(checked),
  });
}

function reachableBy({ constant, calls }: CheckedExpression): string {
  if (constant?.written === true)
    return 'Remove it when it is no longer needed, or give it an input to switch it on with.';
  // In a job's condition alone failure() is known to be false.
  if (calls.includes('failure'))
    return 'Add `needs`: failure() asks about the jobs that this one needs, and it needs none.';
  return 'Write a condition that can be true, or remove what never runs.';
}
