import {
  Binary,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from '@actions/expressions/ast';
import { TokenType } from '@actions/expressions/lexer';

import type { Json } from '../../schemas/index.ts';
import { findFunction } from './functions.ts';
import {
  anything,
  comparisonOf,
  eitherBoolean,
  mayBe,
  neverEqual,
  only,
  type Possibilities,
  soleValue,
} from './possibilities.ts';
import { toJson, toValue } from './values.ts';

/** What is known about an expression's contexts and functions where it stands. */
export interface Known {
  /** Of the outermost node of a context's path; undefined for a node that is none. */
  readonly access: (node: Expr) => Possibilities | undefined;
  /** Status functions that can only be false there, in lower case. */
  readonly never: readonly string[];
}

/** Says of each node of one expression what its value may be. */
export function inferrer(known: Known): (node: Expr) => Possibilities {
  const found = new Map<Expr, Possibilities>();
  return infer;

  function infer(node: Expr): Possibilities {
    let possibilities = found.get(node);
    if (possibilities === undefined) {
      possibilities = known.access(node) ?? ofNode(node);
      found.set(node, possibilities);
    }
    return possibilities;
  }

  function ofNode(node: Expr): Possibilities {
    if (node instanceof Grouping) return infer(node.group);
    if (node instanceof Literal) return ofJson(toJson(node.literal));
    if (node instanceof Unary) return negation(infer(node.expr));
    if (node instanceof Binary) return comparisonOf(node.operator.type, infer(node.left), infer(node.right));
    if (node instanceof Logical) return choice(node);
    if (node instanceof FunctionCall) return ofCall(node);
    // An index into a result, whose inside isn't known.
    if (node instanceof IndexAccess) infer(node.expr);
    return anything;
  }

  /** Each operand that decides is a result, and the last one. */
  function choice({ operator, args }: Logical): Possibilities {
    const decides = operator.type === TokenType.OR;
    const results: Possibilities[number][] = [];
    for (const [index, node] of args.entries()) {
      const operand = infer(node);
      if (index === args.length - 1) results.push(...operand);
      else {
        results.push(...only(decides, operand));
        if (!operand.some((possibility) => mayBe(!decides, possibility))) break;
      }
    }
    return results;
  }

  function ofCall({ functionName, args }: FunctionCall): Possibilities {
    const name = functionName.lexeme.toLowerCase();
    const given = args.map(infer);
    switch (name) {
      case 'contains':
        return containsOf(given) ?? textTest(name, given);
      case 'startswith':
      case 'endswith':
        return textTest(name, given);
      case 'format':
      case 'join':
      case 'tojson':
      case 'hashfiles':
        return [{ kind: 'text' }];
      case 'case':
        return given.filter((_, index) => index % 2 === 1 || index === given.length - 1).flat();
      case 'success':
      case 'failure':
      case 'cancelled':
        return known.never.includes(name) ? [{ kind: 'value', value: false }] : eitherBoolean;
      default:
        // always() is always true, but whoever writes it means it.
        return name === 'always' ? eitherBoolean : anything;
    }
  }
}

function ofJson(json: Json): Possibilities {
  return json === null || typeof json !== 'object' ? [{ kind: 'value', value: json }] : anything;
}

function negation(operand: Possibilities): Possibilities {
  return eitherBoolean.filter((result) =>
    operand.some((possibility) => mayBe(result.kind === 'value' && result.value !== true, possibility)),
  );
}

/** A search in a list none of whose items can be what is searched for. */
function containsOf([search = anything, item = anything]: readonly Possibilities[]): Possibilities | undefined {
  const isNever = search.every((possibility) =>
    possibility.kind === 'array'
      ? neverEqual(possibility.items, item)
      : possibility.kind === 'value' && possibility.value === null,
  );
  return isNever && search.some(({ kind }) => kind === 'array') ? [{ kind: 'value', value: false }] : undefined;
}

/** What a test of texts gives where both are known. */
function textTest(name: string, given: readonly Possibilities[]): Possibilities {
  const values = given.map(soleValue);
  const rule = findFunction(name);
  if (rule === undefined || values.includes(undefined)) return eitherBoolean;
  const result = rule.evaluate({
    count: values.length,
    argument: (index) => toValue(values[index]?.value),
    environment: {},
    charge: () => undefined,
  });
  return ofJson(toJson(result));
}
