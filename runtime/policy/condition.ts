import jexl, { type JexlNode } from 'jexl';
import { assertNever } from '../../schemas/index.ts';

/** A condition, ready to be asked for many invocations. Throws where it can't be decided. */
export type Condition = (names: Names) => unknown;

/** What a condition can name. A name whose value is undefined isn't known here, and whoever reads it can't go on. */
export type Names = Readonly<Record<string, unknown>>;

/** `within`: what `.x` is relative to, in the brackets of a filter. */
type Evaluate = (names: Names, within: unknown) => unknown;

/**
 * jexl's tree as nested functions. jexl's own evaluator makes promises for every node, and a policy has hundreds of conditions to
 * be decided before each step. The language is jexl's, operators included, but for three things that a rule must not be
 * undecided by: only own properties are seen, lists and objects can't be compared, and a name must be known.
 */
export function compileCondition(tree: JexlNode): Condition {
  const evaluate = compile(tree);
  return (names) => evaluate(names, names);
}

function compile(node: JexlNode): Evaluate {
  switch (node.type) {
    case 'Literal':
      return () => node.value;
    case 'Identifier':
      return compileIdentifier(node);
    case 'ArrayLiteral': {
      const items = node.value.map(compile);
      return (names, within) => items.map((item) => item(names, within));
    }
    case 'ObjectLiteral': {
      const fields = Object.entries(node.value).map(([key, value]) => [key, compile(value)] as const);
      return (names, within) => Object.fromEntries(fields.map(([key, value]) => [key, value(names, within)]));
    }
    case 'UnaryExpression': {
      const right = compile(node.right);
      const operate = operatorOf(node.operator);
      return (names, within) => operate(right(names, within));
    }
    case 'BinaryExpression':
      return compileBinary(node);
    case 'ConditionalExpression': {
      const test = compile(node.test);
      const consequent = node.consequent === null ? undefined : compile(node.consequent);
      const alternate = compile(node.alternate);
      return (names, within) => {
        const tested = test(names, within);
        if (!tested) return alternate(names, within);
        return consequent === undefined ? tested : consequent(names, within);
      };
    }
    case 'FilterExpression':
      return compileFilter(node);
    case 'FunctionCall':
      throw new TypeError(`\`${node.name}\` is not known: a condition has no functions and no transforms`);
    default:
      return assertNever(node);
  }
}

function compileIdentifier(node: Extract<JexlNode, { type: 'Identifier' }>): Evaluate {
  const { value: name, from, relative } = node;
  if (from === undefined) {
    if (relative === true) return (_names, within) => propertyOf(within, name);
    return (names) => {
      const value = propertyOf(names, name);
      if (value === undefined) throw new TypeError(`\`${name}\` is not known here`);
      return value;
    };
  }
  const owner = compile(from);
  return (names, within) => {
    const value = owner(names, within);
    // As in jexl: the property of a list is that of its first item.
    return propertyOf(Array.isArray(value) ? value[0] : value, name);
  };
}

function compileBinary(node: Extract<JexlNode, { type: 'BinaryExpression' }>): Evaluate {
  const { operator } = node;
  const left = compile(node.left);
  const right = compile(node.right);
  if (operator === '&&') return (names, within) => left(names, within) && right(names, within);
  if (operator === '||') return (names, within) => left(names, within) || right(names, within);
  const operate = operatorOf(operator);
  if (operator === 'in') {
    return (names, within) => {
      const one = requireScalar(left(names, within), operator);
      const many = right(names, within);
      return operate(one, Array.isArray(many) ? many : requireScalar(many, operator));
    };
  }
  return (names, within) =>
    operate(requireScalar(left(names, within), operator), requireScalar(right(names, within), operator));
}

function compileFilter(node: Extract<JexlNode, { type: 'FilterExpression' }>): Evaluate {
  const subject = compile(node.subject);
  const inside = compile(node.expr);
  if (node.relative) {
    return (names, within) => {
      const given = subject(names, within);
      const items: readonly unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
      return items.filter((item) => inside(names, item));
    };
  }
  return (names, within) => {
    const given = subject(names, within);
    const key = requireScalar(inside(names, within), '[ ]');
    if (typeof key === 'boolean') return key ? given : undefined;
    return propertyOf(given, String(key));
  };
}

function operatorOf(operator: string): (...operands: readonly unknown[]) => unknown {
  const operate = jexl._grammar.elements[operator]?.eval;
  if (operate === undefined) throw new TypeError(`there is no operator \`${operator}\``);
  return operate;
}

/** An own property, so that `inputs.constructor` is no more than any other name that isn't there. */
function propertyOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null || !Object.hasOwn(Object(value), name)) return undefined;
  // What has an own property can be indexed by it.
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** JavaScript would compare `["production", "x"]` as the text `production,x`, and a rule would miss it. */
function requireScalar(value: unknown, operator: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  throw new TypeError(`\`${operator}\` can't take a list or an object`);
}
