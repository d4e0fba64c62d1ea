import { StringData } from '@actions/expressions/data/string';
import { TokenType } from '@actions/expressions/lexer';
import { equals, greaterThan, lessThan } from '@actions/expressions/result';

import { foldCase } from './text.ts';
import type { Value } from './values.ts';

/** GitHub's `==`: different kinds become numbers, texts ignore letter case, arrays and objects equal only themselves. */
export function looselyEqual(left: Value, right: Value): boolean {
  const texts = textsOf(left, right);
  return texts === undefined ? equals(left, right) : texts.left === texts.right;
}

/** The result of a comparison operator. Throws for an operator that is none. */
export function compare(operator: TokenType, left: Value, right: Value): boolean {
  switch (operator) {
    case TokenType.EQUAL_EQUAL:
      return looselyEqual(left, right);
    case TokenType.BANG_EQUAL:
      return !looselyEqual(left, right);
    case TokenType.GREATER:
      return isGreater(left, right);
    case TokenType.GREATER_EQUAL:
      return looselyEqual(left, right) || isGreater(left, right);
    case TokenType.LESS:
      return isLess(left, right);
    case TokenType.LESS_EQUAL:
      return looselyEqual(left, right) || isLess(left, right);
    default:
      throw new TypeError(`not a comparison: ${TokenType[operator]}`);
  }
}

function isGreater(left: Value, right: Value): boolean {
  const texts = textsOf(left, right);
  return texts === undefined ? greaterThan(left, right) : texts.left > texts.right;
}

function isLess(left: Value, right: Value): boolean {
  const texts = textsOf(left, right);
  return texts === undefined ? lessThan(left, right) : texts.left < texts.right;
}

/** Both in comparable form, where both are texts. The library (0.3.61) upper-cases whole texts, so that `ß` would equal `SS`. */
function textsOf(left: Value, right: Value): { readonly left: string; readonly right: string } | undefined {
  if (!(left instanceof StringData && right instanceof StringData)) return undefined;
  return { left: foldCase(left.value), right: foldCase(right.value) };
}
