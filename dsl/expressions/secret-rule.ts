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
import { StringData } from '@actions/expressions/data/string';
import { TokenType } from '@actions/expressions/lexer';

import { quote } from '../quote.ts';
import type { Problem } from './problem.ts';
import type { Access, ParsedExpression, Span } from './tree.ts';

/** Functions whose result tells something of each argument; the first argument of `format` is read, too. */
const readingFunctions = new Set(['contains', 'startswith', 'endswith', 'fromjson', 'tojson', 'hashfiles']);

/** The first secret that a value may carry along; undefined where it carries none. */
type Carried = Span | undefined;

/**
 * Finds where an expression would read a secret: a secret may be passed on, concatenated and tested for being set, nothing
 * else. `isSecret` says which accesses are secrets or hold one. The problem is at the secret.
 */
export function secretProblems(
  expression: ParsedExpression,
  isSecret: (access: Access) => boolean,
): readonly Problem[] {
  const secrets = new Map(expression.accesses.filter(isSecret).map((access) => [access.node, access]));
  if (secrets.size === 0) return [];
  const problems: Problem[] = [];
  const refuse = (secret: Carried, reader: string): void => {
    if (secret !== undefined) problems.push(notReadable(secret, reader));
  };
  carriedBy(expression.tree);
  return problems;

  function carriedBy(node: Expr): Carried {
    const secret = secrets.get(node);
    if (node instanceof Grouping) return carriedBy(node.group);
    if (node instanceof Unary) {
      carriedBy(node.expr);
      return undefined;
    }
    if (node instanceof Binary) return comparison(node);
    if (node instanceof Logical) return choice(node);
    if (node instanceof FunctionCall) return call(node);
    const base = node instanceof IndexAccess ? indexed(node) : undefined;
    return secret ?? base;
  }

  function comparison(node: Binary): Carried {
    const left = carriedBy(node.left);
    const right = carriedBy(node.right);
    const isEquality = node.operator.type === TokenType.EQUAL_EQUAL || node.operator.type === TokenType.BANG_EQUAL;
    if (!(isEquality && isEmptyText(node.right))) refuse(left, node.operator.lexeme);
    if (!(isEquality && isEmptyText(node.left))) refuse(right, node.operator.lexeme);
    return undefined;
  }

  /** An operand of && that isn't the last is the result only where it is falsy, and then it is no secret. */
  function choice(node: Logical): Carried {
    const carried = node.args.map(carriedBy);
    return node.operator.type === TokenType.AND ? carried.at(-1) : carried.find((secret) => secret !== undefined);
  }

  function call(node: FunctionCall): Carried {
    const name = node.functionName.lexeme;
    const carried = node.args.map(carriedBy);
    if (readingFunctions.has(name.toLowerCase())) {
      for (const secret of carried) refuse(secret, name);
      return undefined;
    }
    if (name.toLowerCase() === 'format') refuse(carried.shift(), name);
    return carried.find((secret) => secret !== undefined);
  }

  function indexed(node: IndexAccess): Carried {
    // Down the whole path, since only its outermost node is an access.
    refuse(carriedBy(node.index), '[ ]');
    return carriedBy(node.expr);
  }
}

function isEmptyText(node: Expr): boolean {
  if (node instanceof Grouping) return isEmptyText(node.group);
  return node instanceof Literal && node.literal instanceof StringData && node.literal.value === '';
}

function notReadable({ start, end }: Span, reader: string): Problem {
  return {
    kind: 'parsing',
    code: 'SECRET_NOT_READABLE',
    message: `${quote(reader)} would read a secret`,
    remedy: "A secret can be passed on, put into a text, and compared with '' to see whether it is set; nothing else.",
    start,
    end,
  };
}
