import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from '@actions/expressions/ast';
import { type Token, TokenType } from '@actions/expressions/lexer';

import type { PlacedToken } from './tokens.ts';

/** A piece of the source, by UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What the parser made, and where its tokens stand. */
export interface TreeSource {
  readonly tree: Expr;
  readonly source: string;
  readonly tokens: readonly PlacedToken[];
  readonly indexOf: (token: Token) => number;
}

/** Where the token that stands for a node is: an operator, a name, a literal. */
export function spanOf(source: TreeSource, node: Expr): Span {
  const token = tokenOf(node);
  const place = token === undefined ? undefined : source.tokens[source.indexOf(token)];
  return { start: place?.start ?? 0, end: place?.end ?? source.source.length };
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

/** Where the whole of a node stands, with all that it holds. */
export function extentOf(source: TreeSource, node: Expr): Span {
  const { tokens } = source;
  return {
    start: tokens[firstToken(source, node)]?.start ?? 0,
    end: tokens[lastToken(source, node)]?.end ?? source.source.length,
  };
}

function firstToken(source: TreeSource, node: Expr): number {
  if (node instanceof Binary) return firstToken(source, node.left);
  if (node instanceof Logical && node.args[0] !== undefined) return firstToken(source, node.args[0]);
  if (node instanceof IndexAccess) return firstToken(source, node.expr);
  if (node instanceof Grouping) return firstToken(source, node.group) - 1;
  const token = tokenOf(node);
  return token === undefined ? 0 : source.indexOf(token);
}

function lastToken(source: TreeSource, node: Expr): number {
  const { tokens } = source;
  if (node instanceof Binary) return lastToken(source, node.right);
  const last = node instanceof Logical ? node.args.at(-1) : undefined;
  if (last !== undefined) return lastToken(source, last);
  if (node instanceof Unary) return lastToken(source, node.expr);
  if (node instanceof Grouping) return lastToken(source, node.group) + 1;
  if (node instanceof FunctionCall) return closing(tokens, source.indexOf(node.functionName) + 1);
  if (node instanceof IndexAccess) return pathEnd(tokens, lastToken(source, baseOf(node)));
  const token = tokenOf(node);
  return token === undefined ? tokens.length - 1 : source.indexOf(token);
}

function baseOf(node: IndexAccess): Expr {
  let base = node.expr;
  while (base instanceof IndexAccess) base = base.expr;
  return base;
}

/** Where the path ends that goes on after the token at `index`: at its last property or bracket. */
function pathEnd(tokens: readonly PlacedToken[], index: number): number {
  let last = index;
  for (;;) {
    const next = tokens[last + 1]?.token.type;
    if (next === TokenType.DOT) last += 2;
    else if (next === TokenType.LEFT_BRACKET) last = closing(tokens, last + 1);
    else return last;
  }
}

/** The bracket or parenthesis that closes the one at `opening`. */
function closing(tokens: readonly PlacedToken[], opening: number): number {
  let open = 0;
  for (let index = opening; index < tokens.length; index += 1) {
    const type = tokens[index]?.token.type;
    if (type === TokenType.LEFT_BRACKET || type === TokenType.LEFT_PAREN) open += 1;
    if (type === TokenType.RIGHT_BRACKET || type === TokenType.RIGHT_PAREN) open -= 1;
    if (open === 0) return index;
  }
  return tokens.length - 1;
}
