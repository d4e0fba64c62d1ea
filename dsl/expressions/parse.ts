import { ErrorType, ExpressionError } from '@actions/expressions/errors';
import { type Token, TokenType } from '@actions/expressions/lexer';
import { Parser } from '@actions/expressions/parser';
import { quote } from '../quote.ts';
import { type Problem, type Replacement, tooDeep } from './problem.ts';
import { type PlacedToken, readTokens } from './tokens.ts';
import { type ParsedExpression, readTree } from './tree.ts';

/** What parsing gives. A problem is the first one: after it nothing can be said of the rest. */
export type Parsed = { readonly expression: ParsedExpression } | { readonly problem: Problem };

/** Sources kept parsed, in characters: enough for a file of a thousand jobs, some tens of MB of trees at the worst. */
const cacheCharacters = 262_144;
const cache = new Map<string, Parsed>();
let cachedCharacters = 0;

/** Source -> tree, from a bounded cache, with the source least recently used leaving first. Knows no contexts: any name will do. */
export function parseExpression(source: string): Parsed {
  const known = cache.get(source);
  if (known !== undefined) {
    cache.delete(source);
    cache.set(source, known);
    return known;
  }
  const parsed = parse(source);
  if (source.length <= cacheCharacters) {
    cache.set(source, parsed);
    cachedCharacters += source.length;
    for (const oldest of cache.keys()) {
      if (cachedCharacters <= cacheCharacters) break;
      cache.delete(oldest);
      cachedCharacters -= oldest.length;
    }
  }
  return parsed;
}

function parse(source: string): Parsed {
  const read = readTokens(source);
  if ('problem' in read) return read;
  const { tokens } = read;
  const problem = problemOfOrder(tokens, source);
  if (problem !== undefined) return { problem };
  // Function names get a mark, so that the library (0.3.61) takes them for extensions and leaves names and argument counts to
  // us: it would stop at the first wrong one, and takes `constructor()` for a function of its own.
  const marked = tokens.map(({ token }, index) =>
    isCall(tokens, index) ? { ...token, lexeme: `$${token.lexeme}` } : token,
  );
  const names = marked.filter(({ type }) => type === TokenType.IDENTIFIER).map(({ lexeme }) => lexeme);
  const functions = names.map((name) => ({ name, minArgs: 0, maxArgs: Number.POSITIVE_INFINITY }));
  const places = new Map(marked.map((token, index) => [token, index]));
  try {
    const tree = new Parser(marked, names, functions).parse();
    return readTree({ tree, source, tokens, indexOf: (token) => places.get(token) ?? 0 });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    // Both are declared private in 0.3.61, but nothing else says which token it is.
    const { typ: type, tok: token } = error as unknown as { readonly typ: ErrorType; readonly tok: Token };
    return { problem: problemOfParser({ type, index: places.get(token) ?? 0, tokens, source }) };
  }
}

function isCall(tokens: readonly PlacedToken[], index: number): boolean {
  const isName = tokens[index]?.token.type === TokenType.IDENTIFIER && tokens[index - 1]?.token.type !== TokenType.DOT;
  return isName && tokens[index + 1]?.token.type === TokenType.LEFT_PAREN;
}

/** What the library's parser lets through: nothing at all, and a comma after the last argument. */
function problemOfOrder(tokens: readonly PlacedToken[], source: string): Problem | undefined {
  if (tokens.length <= 1) {
    return syntaxProblem({
      message: 'an expression is expected',
      remedy: 'Write an expression between ${{ and }}, or leave both out.',
      start: 0,
      end: source.length,
    });
  }
  for (const [index, { token, start, end }] of tokens.entries()) {
    if (token.type !== TokenType.RIGHT_PAREN || tokens[index - 1]?.token.type !== TokenType.COMMA) continue;
    return syntaxProblem({
      message: 'unexpected `)`: an argument is expected',
      remedy: 'Remove the comma before it.',
      start,
      end,
      ...removed(tokens[index - 1]),
    });
  }
  return undefined;
}

interface ParserProblem {
  readonly type: ErrorType;
  readonly index: number;
  readonly tokens: readonly PlacedToken[];
  readonly source: string;
}

function problemOfParser(found: ParserProblem): Problem {
  const { tokens } = found;
  const place = tokens[found.index];
  const last = tokens.at(-2);
  if (found.type === ErrorType.ErrorExceededMaxDepth) {
    return tooDeep({ start: place?.start ?? 0, end: place?.end ?? found.source.length });
  }
  const isEnd = found.type === ErrorType.ErrorUnexpectedEndOfExpression || place?.token.type === TokenType.EOF;
  if (place === undefined || isEnd) {
    const start = last?.start ?? 0;
    const end = last?.end ?? found.source.length;
    return syntaxProblem({
      message: `the expression ends after ${quote(found.source.slice(start, end))}, where more is expected`,
      remedy: missingRemedy(tokens),
      start,
      end,
    });
  }
  return syntaxProblem({
    message: `unexpected ${quote(found.source.slice(place.start, place.end))}`,
    remedy: unexpectedRemedy(tokens, found.index),
    start: place.start,
    end: place.end,
    ...replacementOf(tokens, found.index),
  });
}

function missingRemedy(tokens: readonly PlacedToken[]): string {
  const count = (type: TokenType): number => tokens.filter(({ token }) => token.type === type).length;
  if (count(TokenType.LEFT_PAREN) > count(TokenType.RIGHT_PAREN)) return 'Close the parenthesis with ).';
  if (count(TokenType.LEFT_BRACKET) > count(TokenType.RIGHT_BRACKET)) return 'Close the bracket with ].';
  return 'Complete it, or remove what stands last.';
}

function removed(token: PlacedToken | undefined): { readonly replacement?: Replacement } {
  return token === undefined ? {} : { replacement: { start: token.start, end: token.end, text: '' } };
}

/** Operators that other languages write as words. */
const wordOperators: Readonly<Record<string, string>> = { and: '&&', or: '||' };

function replacementOf(tokens: readonly PlacedToken[], index: number): { readonly replacement?: Replacement } {
  const place = tokens[index];
  const before = tokens[index - 1];
  if (place === undefined || before === undefined) return {};
  const word = place.token.lexeme.toLowerCase();
  const operator = Object.hasOwn(wordOperators, word) ? wordOperators[word] : undefined;
  if (operator !== undefined) return { replacement: { start: place.start, end: place.end, text: operator } };
  // `not x` is noticed at x.
  if (before.token.lexeme.toLowerCase() !== 'not' || before.end === place.start) return {};
  return { replacement: { start: before.start, end: place.start, text: '!' } };
}

function unexpectedRemedy(tokens: readonly PlacedToken[], index: number): string {
  const token = tokens[index]?.token;
  const before = tokens[index - 1]?.token;
  if (token === undefined) return 'Remove it.';
  switch (token.lexeme.toLowerCase()) {
    case 'and':
      return 'Write && for and.';
    case 'or':
      return 'Write || for or.';
    case 'not':
      return 'Write ! for not.';
    case ')':
    case ']':
      return before === undefined ? 'Remove it.' : 'Write an operand before it, or remove it.';
    default:
      break;
  }
  if (before?.type === TokenType.DOT)
    return "A property that isn't a plain name is written ['name'] or, in an array, [0].";
  if (before?.type === TokenType.IDENTIFIER && before.lexeme.toLowerCase() === 'not') return 'Write ! for not.';
  if (token.type === TokenType.LEFT_PAREN)
    return 'Only a function can be called; write an operator such as && before the parenthesis.';
  if (token.type === TokenType.LEFT_BRACKET || token.type === TokenType.DOT)
    return "Read a property only of a context or of a function's result.";
  if (startsOperand(token)) return 'Write an operator such as == or && before it.';
  return 'Write an operand before it, or remove it.';
}

function startsOperand(token: Token): boolean {
  switch (token.type) {
    case TokenType.IDENTIFIER:
    case TokenType.STRING:
    case TokenType.NUMBER:
    case TokenType.TRUE:
    case TokenType.FALSE:
    case TokenType.NULL:
    case TokenType.BANG:
      return true;
    default:
      return false;
  }
}

function syntaxProblem(problem: Omit<Problem, 'kind' | 'code'>): Problem {
  return { kind: 'parsing', code: 'EXPRESSION_SYNTAX', ...problem };
}
