import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Star,
  Unary,
} from '@actions/expressions/ast';
import { NumberData } from '@actions/expressions/data/number';
import { StringData } from '@actions/expressions/data/string';

import { extentOf, type Span, spanOf, type TreeSource } from './extents.ts';
import { type Problem, tooDeep } from './problem.ts';
import { numberValue, textValue } from './values.ts';

export type { Span } from './extents.ts';

/** GitHub's limit: the root is level 1, parentheses don't count. The library's parser counts less than that in chains of `==`. */
const maximumDepth = 50;

/** One step of a path into a context. `computed` is an index that isn't a constant text. */
export type AccessStep =
  | ({ readonly kind: 'property'; readonly name: string } & Span)
  | { readonly kind: 'every' }
  | { readonly kind: 'computed' };

/** A context as it is read, with the whole path that follows it: `needs.build.result`. */
export interface Access extends Span {
  /** The tree's node for the whole path. */
  readonly node: Expr;
  /** The context's name as it is written; `Span` of the access is that of the whole path. */
  readonly context: { readonly name: string } & Span;
  readonly steps: readonly AccessStep[];
  /** The whole path as the user wrote it. */
  readonly text: string;
}

/** A call of a function. The span is that of its name. */
export interface Call extends Span {
  readonly node: FunctionCall;
  /** As it is written; names ignore letter case. */
  readonly name: string;
  /** The first argument, where it is a text that is written out. */
  readonly firstText?: { readonly text: string } & Span;
}

/** An expression, parsed: the library's tree with the runner's literals, and what is said of names and functions in it. */
export interface ParsedExpression {
  readonly tree: Expr;
  /** Of the source. */
  readonly length: number;
  readonly accesses: readonly Access[];
  readonly calls: readonly Call[];
  /** Its comparisons, and its searches by `contains` in a list or text. */
  readonly comparisons: readonly Comparison[];
}

/** Two values that are compared, and where each stands. */
export interface Comparison {
  readonly node: Binary | FunctionCall;
  readonly operands: readonly [Operand, Operand];
}

/** One side of a comparison. */
export interface Operand extends Span {
  readonly node: Expr;
}

/**
 * Walks a tree once: gives its literals the runner's types, its functions their names without the parser's mark, and lists
 * the accesses and calls in it.
 */
export function readTree(
  source: TreeSource,
): { readonly expression: ParsedExpression } | { readonly problem: Problem } {
  const reading: Reading = { ...source, accesses: [], calls: [], compared: [] };
  const problem = readNode(reading, source.tree, 1);
  if (problem !== undefined) return { problem };
  const { accesses, calls, compared } = reading;
  // Only now is it known that the tree isn't too deep to walk again.
  const comparisons = compared.flatMap((node) => comparisonIn(reading, node));
  return { expression: { tree: source.tree, length: source.source.length, accesses, calls, comparisons } };
}

interface Reading extends TreeSource {
  readonly accesses: Access[];
  readonly calls: Call[];
  readonly compared: (Binary | FunctionCall)[];
}

function readNode(reading: Reading, node: Expr, depth: number): Problem | undefined {
  if (depth > maximumDepth) return tooDeep(spanOf(reading, node));
  if (node instanceof Literal) {
    convertLiteral(node);
    return undefined;
  }
  if (node instanceof Grouping) return readNode(reading, node.group, depth);
  if (node instanceof Unary) return readNode(reading, node.expr, depth + 1);
  if (node instanceof Binary) {
    reading.compared.push(node);
    return readAll(reading, [node.left, node.right], depth + 1);
  }
  if (node instanceof Logical) return readAll(reading, node.args, depth + 1);
  if (node instanceof FunctionCall) {
    const { start, end } = spanOf(reading, node);
    const name = reading.source.slice(start, end);
    // The same token, since tokens are found again by their identity.
    node.functionName.lexeme = name;
    reading.calls.push({ node, name, start, end, ...firstTextOf(reading, node) });
    if (name.toLowerCase() === 'contains') reading.compared.push(node);
    return readAll(reading, node.args, depth + 1);
  }
  return readPath(reading, node, depth);
}

function comparisonIn(source: TreeSource, node: Comparison['node']): readonly Comparison[] {
  const [left, right] = node instanceof Binary ? [node.left, node.right] : node.args;
  if (left === undefined || right === undefined) return [];
  const operand = (side: Expr): Operand => ({ node: side, ...extentOf(source, side) });
  return [{ node, operands: [operand(left), operand(right)] }];
}

function firstTextOf(reading: TreeSource, { args: [first] }: FunctionCall): Pick<Call, 'firstText'> {
  if (!(first instanceof Literal && first.literal instanceof StringData)) return {};
  return { firstText: { text: first.literal.value, ...spanOf(reading, first) } };
}

function readAll(reading: Reading, nodes: readonly Expr[], depth: number): Problem | undefined {
  for (const node of nodes) {
    const problem = readNode(reading, node, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A context, or indexes into anything: down to what they are indexes of, collecting the steps. */
function readPath(reading: Reading, node: Expr, depth: number): Problem | undefined {
  const steps: AccessStep[] = [];
  const computed: Expr[] = [];
  let base = node;
  let level = depth;
  for (; base instanceof IndexAccess; base = base.expr, level += 1) {
    const { index } = base;
    if (index instanceof Literal && index.literal instanceof StringData) {
      convertLiteral(index);
      steps.unshift({ kind: 'property', name: index.literal.value, ...spanOf(reading, index) });
    } else if (index instanceof Star) steps.unshift({ kind: 'every' });
    else {
      steps.unshift({ kind: 'computed' });
      computed.unshift(index);
    }
  }
  if (!(base instanceof ContextAccess)) {
    return readNode(reading, base, level) ?? readAll(reading, computed, depth + 1);
  }
  const context = spanOf(reading, base);
  const { end } = extentOf(reading, node);
  const text = reading.source.slice(context.start, end);
  reading.accesses.push({
    node,
    context: { name: base.name.lexeme, ...context },
    steps,
    text,
    start: context.start,
    end,
  });
  return readAll(reading, computed, depth + 1);
}

function convertLiteral(node: Literal): void {
  if (node.literal instanceof StringData) node.literal = textValue(node.literal.value);
  else if (node.literal instanceof NumberData) node.literal = numberValue(node.literal.value);
}
