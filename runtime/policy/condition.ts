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
 * be decided before each step. The language is jexl's, operators included, but for what a rule must not be missed by: only own
 * properties are seen, a name must be known, a text or a number has no members of other names, lists and objects can't be compared,
 * and neither can a text with a number, which JavaScript would make into one another.
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
  return (names, within) => {
    const [one, other] = [left(names, within), right(names, within)];
    requireOperands(operator, one, other);
    return operate(one, other);
  };
}

function requireOperands(operator: string, left: unknown, right: unknown): void {
  requireScalar(left, operator);
  if (operator === 'in') {
    const items: readonly unknown[] = Array.isArray(right) ? right : [requireScalar(right, operator)];
    for (const item of items) requireComparable(operator, left, item);
    return;
  }
  requireScalar(right, operator);
  if (operator === '==' || operator === '!=') return requireComparable(operator, left, right);
  const kinds = new Set([typeof left, typeof right]);
  const [kind] = kinds;
  const isOfTexts = kind === 'string' && textOperators.has(operator);
  if (kinds.size === 1 && (kind === 'number' || isOfTexts)) return;
  throw new TypeError(
    `\`${operator}\` takes two numbers${textOperators.has(operator) ? ', or two texts' : ''}, not ${kindOf(left)} and ${kindOf(right)}`,
  );
}

const textOperators: ReadonlySet<string> = new Set(['+', '<', '<=', '>', '>=']);

/** What wasn't given equals nothing; anything else is compared with its own kind: `""`, `"0"` and `false` are no 0. */
function requireComparable(operator: string, left: unknown, right: unknown): void {
  const isNothing = (value: unknown): boolean => value === undefined || value === null;
  if (isNothing(left) || isNothing(right) || typeof left === typeof right) return;
  // A list's own items may be lists, which equal no text and no number.
  if (operator === 'in' && typeof right === 'object') return;
  throw new TypeError(`\`${operator}\` can't compare ${kindOf(left)} with ${kindOf(right)}`);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a truth value';
    default:
      return 'something else';
  }
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

/**
 * An own property, so that `inputs.constructor` is no more than any other name that isn't there. What is below an input may have
 * been left out; below a text nothing can be, so that the rule means something else than what was given.
 */
function propertyOf(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (!Object.hasOwn(Object(value), name)) {
    if (typeof value === 'object') return undefined;
    throw new TypeError(`${kindOf(value)} has no \`${name}\``);
  }
  // What has an own property can be indexed by it.
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** JavaScript would compare `["production", "x"]` as the text `production,x`, and a rule would miss it. */
function requireScalar(value: unknown, operator: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  throw new TypeError(`\`${operator}\` can't take a list or an object`);
}
