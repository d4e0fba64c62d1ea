import { TokenType } from '@actions/expressions/lexer';

import { assertNever, type Json } from '../../schemas/index.ts';
import type { Shape } from './api.ts';
import { compare } from './comparison.ts';
import { parseNumber } from './numbers.ts';
import { isTruthy } from './text.ts';
import { toValue } from './values.ts';

/** One thing that a value may be when it is evaluated: a known value, any of a kind, or anything at all. */
export type Possibility =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'array'; readonly items: Possibilities }
  | { readonly kind: 'object'; readonly properties: readonly string[] }
  /** `truthy`: but for those that count as false. */
  | { readonly kind: 'text' | 'number' | 'anything'; readonly truthy?: true };

/** All that a value may be. Never too little: what is said of all of them holds for the value. */
export type Possibilities = readonly Possibility[];

/** More values, or pairs of them, than this are no choice that a person wrote down; they are taken for anything. */
const mostPairs = 64;

const longestCompared = 500;

export const anything: Possibilities = [{ kind: 'anything' }];
export const eitherBoolean: Possibilities = [
  { kind: 'value', value: true },
  { kind: 'value', value: false },
];

/** What a value of a shape may be. Whatever a context holds may be missing, and then it is null. */
export function possibilitiesOf(shape: Shape): Possibilities {
  const missing = { kind: 'value', value: null } as const;
  switch (shape.kind) {
    case 'any':
      return anything;
    case 'secret':
    case 'text':
      return [{ kind: 'text' }, missing];
    case 'number':
      return [{ kind: 'number' }, missing];
    case 'one-of':
      if (shape.values.length > mostPairs) return anything;
      return [...shape.values.map((value) => ({ kind: 'value', value }) as const), missing];
    case 'array':
      return [{ kind: 'array', items: possibilitiesOf(shape.items) }, missing];
    case 'object':
      return [{ kind: 'object', properties: Object.keys(shape.properties) }, missing];
    default:
      return assertNever(shape);
  }
}

/** Whether a value may count as true, or as false. */
export function mayBe(truth: boolean, possibility: Possibility): boolean {
  switch (possibility.kind) {
    case 'value':
      return isTruthy(possibility.value) === truth;
    case 'array':
    case 'object':
      return truth;
    case 'text':
    case 'number':
    case 'anything':
      return truth || possibility.truthy !== true;
    default:
      return assertNever(possibility);
  }
}

/** Those that count as true, or as false. */
export function only(truth: boolean, may: Possibilities): Possibilities {
  return may
    .filter((possibility) => mayBe(truth, possibility))
    .flatMap((possibility): Possibilities => {
      switch (possibility.kind) {
        case 'text':
        case 'number':
        case 'anything':
          return truth ? [{ ...possibility, truthy: true }] : falsyOnes[possibility.kind];
        default:
          return [possibility];
      }
    });
}

const falsyOnes: Readonly<Record<'text' | 'number' | 'anything', Possibilities>> = {
  text: [{ kind: 'value', value: '' }],
  number: [0, Number.NaN].map((value) => ({ kind: 'value', value })),
  anything: [null, false, 0, Number.NaN, ''].map((value) => ({ kind: 'value', value })),
};

/** What a comparison of two values may give. */
export function comparisonOf(operator: TokenType, left: Possibilities, right: Possibilities): Possibilities {
  if (left.length * right.length > mostPairs) return eitherBoolean;
  const results = new Set<boolean>();
  for (const one of left) {
    for (const other of right) for (const result of resultsOf(operator, one, other)) results.add(result);
  }
  return Array.from(results, (value) => ({ kind: 'value', value }));
}

/** True where no value on the left can be equal to one on the right. */
export function neverEqual(left: Possibilities, right: Possibilities): boolean {
  return comparisonOf(TokenType.EQUAL_EQUAL, left, right).every((result) => mayBe(false, result));
}

function resultsOf(operator: TokenType, left: Possibility, right: Possibility): readonly boolean[] {
  if (left.kind === 'value' && right.kind === 'value') {
    if (isLong(left.value) || isLong(right.value)) return [true, false];
    return [compare(operator, toValue(left.value), toValue(right.value))];
  }
  if (left.kind === 'anything' || right.kind === 'anything') return [true, false];
  if (isCollection(left) || isCollection(right)) {
    // Equal to itself alone; beside anything of another kind it is NaN.
    return left.kind === right.kind ? [true, false] : [operator === TokenType.BANG_EQUAL];
  }
  const areNumbers = left.kind === 'number' || right.kind === 'number';
  if (isNaN(left) || isNaN(right) || (areNumbers && (isNoNumber(left) || isNoNumber(right)))) {
    return [operator === TokenType.BANG_EQUAL];
  }
  return [true, false];
}

/** Longer than any word of a choice; comparing many of them would take its time. */
function isLong(value: unknown): boolean {
  return typeof value === 'string' && value.length > longestCompared;
}

function isCollection({ kind }: Possibility): boolean {
  return kind === 'array' || kind === 'object';
}

function isNaN(possibility: Possibility): boolean {
  return possibility.kind === 'value' && Number.isNaN(possibility.value);
}

/** A text that becomes NaN beside a number. */
function isNoNumber(possibility: Possibility): boolean {
  return (
    possibility.kind === 'value' &&
    typeof possibility.value === 'string' &&
    Number.isNaN(parseNumber(possibility.value))
  );
}

/** The only value that there may be; undefined where there may be several, or one that isn't known. */
export function soleValue([only, ...others]: Possibilities): { readonly value: Json } | undefined {
  return only?.kind === 'value' && others.length === 0 ? { value: only.value } : undefined;
}
