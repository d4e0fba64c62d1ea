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
import { type Token, TokenType } from '@actions/expressions/lexer';

import { type Problem, tooDeep } from './problem.ts';
import type { PlacedToken } from './tokens.ts';
import { numberValue, textValue } from './values.ts';

/** GitHub's limit: the root is level 1, parentheses don't count. The library's parser counts less than that in chains of `==`. */
const maximumDepth = 50;

/** A piece of the source, by UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

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

/** What the parser made, and where its tokens stand. */
export interface TreeSource {
  readonly tree: Expr;
  readonly source: string;
  readonly tokens: readonly PlacedToken[];
  readonly indexOf: (token: Token) => number;
}

/** An expression, parsed: the library's tree with the runner's literals, and what is said of names and functions in it. */
export interface ParsedExpression {
  readonly tree: Expr;
  /** Of the source. */
  readonly length: number;
  readonly accesses: readonly Access[];
  readonly calls: readonly Call[];
}

/**
 * Walks a tree once: gives its literals the runner's types, its functions their names without the parser's mark, and lists
 * the accesses and calls in it.
 */
export function readTree(
  source: TreeSource,
): { readonly expression: ParsedExpression } | { readonly problem: Problem } {
  const reading: Reading = { ...source, accesses: [], calls: [] };
  const problem = readNode(reading, source.tree, 1);
  if (problem !== undefined) return { problem };
  const { accesses, calls } = reading;
  return { expression: { tree: source.tree, length: source.source.length, accesses, calls } };
}

interface Reading extends TreeSource {
  readonly accesses: Access[];
  readonly calls: Call[];
}

function readNode(reading: Reading, node: Expr, depth: number): Problem | undefined {
  if (depth > maximumDepth) return tooDeep(spanOf(reading, node));
  if (node instanceof Literal) {
    convertLiteral(node);
    return undefined;
  }
  if (node instanceof Grouping) return readNode(reading, node.group, depth);
  if (node instanceof Unary) return readNode(reading, node.expr, depth + 1);
  if (node instanceof Binary) return readAll(reading, [node.left, node.right], depth + 1);
  if (node instanceof Logical) return readAll(reading, node.args, depth + 1);
  if (node instanceof FunctionCall) {
    const { start, end } = spanOf(reading, node);
    const name = reading.source.slice(start, end);
    node.functionName = { ...node.functionName, lexeme: name };
    reading.calls.push({ node, name, start, end, ...firstTextOf(reading, node) });
    return readAll(reading, node.args, depth + 1);
  }
  return readPath(reading, node, depth);
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
  const end = pathEnd(reading.tokens, reading.indexOf(base.name));
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

/** Where the path that starts with the name at `index` ends: after its last property or bracket. */
function pathEnd(tokens: readonly PlacedToken[], index: number): number {
  let last = index;
  for (;;) {
    const next = tokens[last + 1]?.token.type;
    if (next === TokenType.DOT) last += 2;
    else if (next === TokenType.LEFT_BRACKET) last = closingBracket(tokens, last + 1);
    else return tokens[last]?.end ?? 0;
  }
}

function closingBracket(tokens: readonly PlacedToken[], opening: number): number {
  let open = 0;
  for (let index = opening; index < tokens.length; index += 1) {
    const type = tokens[index]?.token.type;
    if (type === TokenType.LEFT_BRACKET) open += 1;
    if (type === TokenType.RIGHT_BRACKET) open -= 1;
    if (open === 0) return index;
  }
  return tokens.length - 1;
}

function convertLiteral(node: Literal): void {
  if (node.literal instanceof StringData) node.literal = textValue(node.literal.value);
  else if (node.literal instanceof NumberData) node.literal = numberValue(node.literal.value);
}

/** The token that stands for a node. */
function spanOf(reading: TreeSource, node: Expr): Span {
  const token = tokenOf(node);
  const place = token === undefined ? undefined : reading.tokens[reading.indexOf(token)];
  return { start: place?.start ?? 0, end: place?.end ?? reading.source.length };
}

function tokenOf(node: Expr): Token | undefined {
  if (node instanceof Literal) return node.token;
  if (node instanceof FunctionCall) return node.functionName;
  if (node instanceof ContextAccess) return node.name;
  if (node instanceof Unary || node instanceof Binary || node instanceof Logical) return node.operator;
  if (node instanceof Grouping) return tokenOf(node.group);
  if (node instanceof IndexAccess) return tokenOf(node.expr);
  return undefined;
}
