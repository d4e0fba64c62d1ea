import { Lexer, type Token, TokenType } from '@actions/expressions/lexer';

import { quote } from '../quote.ts';
import { parseNumber } from './numbers.ts';
import type { Problem, Replacement } from './problem.ts';

/** GitHub's limit, in UTF-16 code units. */
export const maximumLength = 21_000;

/** Whitespace that the runner skips and the library's lexer (0.3.61) takes for a symbol. */
const otherWhitespace = /[^\S \t\r\n]|\u0085/g;
const otherWhitespaceOutsideStrings = /'[^']*'?|[^\S \t\r\n]|\u0085/g;

/** A token with its offsets in the source; the library's own lines and columns are wrong after a line break in a string. */
export interface PlacedToken {
  readonly token: Token;
  readonly start: number;
  readonly end: number;
}

/** Source -> tokens, with the values of strings and numbers as the runner reads them. The last one is the end. */
export function readTokens(
  source: string,
): { readonly tokens: readonly PlacedToken[] } | { readonly problem: Problem } {
  if (source.length > maximumLength) return { problem: tooLong(source) };
  const text = withPlainWhitespace(source);
  const lexer = new Lexer(text);
  let tokens: Token[];
  try {
    tokens = lexer.lex().tokens;
  } catch (error) {
    return { problem: unexpectedSymbol(text, symbolStart(error, text)) };
  }
  const placed = placeTokens(text, tokens);
  for (const { token, start } of placed) {
    if (token.type === TokenType.STRING) {
      // The library replaces only the first pair of quotes.
      token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
    } else if (token.type === TokenType.NUMBER && token.lexeme !== 'NaN') {
      token.value = parseNumber(token.lexeme);
      if (Number.isNaN(token.value)) return { problem: unexpectedSymbol(text, start) };
    }
  }
  return { tokens: placed };
}

function withPlainWhitespace(source: string): string {
  if (source.search(otherWhitespace) === -1) return source;
  // Escaped quotes need no care: `'a''b'` is two strings side by side here, and both stay as they are.
  return source.replace(otherWhitespaceOutsideStrings, (part) => (part.startsWith("'") ? part : ' '));
}

function placeTokens(text: string, tokens: readonly Token[]): PlacedToken[] {
  let offset = 0;
  return tokens.map((token) => {
    // Nothing but whitespace stands between two tokens, so the next occurrence is the token itself.
    const start = token.type === TokenType.EOF ? text.length : text.indexOf(token.lexeme, offset);
    offset = start + token.lexeme.length;
    return { token, start, end: offset };
  });
}

/** The offset that the library's lexer (0.3.61) gives at the end of its message, after a text of the user's. */
function symbolStart(error: unknown, text: string): number {
  const message = error instanceof Error ? error.message : '';
  const position = /Located at position (\d+)$/.exec(message.slice(0, -` within expression: ${text}`.length))?.[1];
  if (position === undefined) throw error;
  return Number(position) - 1;
}

function unexpectedSymbol(text: string, start: number): Problem {
  const first = text.charAt(start);
  const end = first === "'" ? text.length : symbolEnd(text, start);
  const symbol = text.slice(start, end);
  const quoted = otherQuotes.exec(text.slice(start))?.[2];
  return {
    kind: 'lexing',
    code: 'EXPRESSION_SYNTAX',
    message: first === "'" ? `the text ${quote(symbol)} is not closed` : `unexpected symbol ${quote(symbol)}`,
    remedy: quoted === undefined ? symbolRemedy(symbol) : `Texts stand in single quotes: '${quoted}'.`,
    start,
    end,
    ...symbolReplacement(text, start),
  };
}

function symbolEnd(text: string, start: number): number {
  const length = text.slice(start + 1).search(/[\s()[\],!<>=&|]/);
  return length === -1 ? text.length : start + 1 + length;
}

/** A text in quotes of another kind, without any inside. */
const otherQuotes = /^(["`])([^"'`\\\n]*)\1/;

/** `=`, `&`, `|` for the doubled ones, and a text in double quotes. */
function symbolReplacement(text: string, start: number): { readonly replacement?: Replacement } {
  const first = text.charAt(start);
  if (/[=&|]/.test(first) && text.charAt(start + 1) !== first) {
    return { replacement: { start, end: start + 1, text: first + first } };
  }
  const quoted = otherQuotes.exec(text.slice(start));
  if (quoted?.[2] === undefined) return {};
  return { replacement: { start, end: start + quoted[0].length, text: `'${quoted[2]}'` } };
}

function symbolRemedy(symbol: string): string {
  const first = symbol.charAt(0);
  if (first === "'") return "Close the text with a single quote; a quote inside it is written twice: ''.";
  if (symbol.includes("'")) return "A quote inside a text is written twice: 'it''s'.";
  if (first === '"' || first === '`') return `Texts stand in single quotes: '${symbol.replaceAll(/["`]/g, '')}'.`;
  if (first === '=') return 'Compare with ==.';
  if (first === '&') return 'Write && for and.';
  if (first === '|') return 'Write || for or.';
  if (first === '$')
    return "Write the name alone: inside ${{ }} there is no further ${{, and shell variables aren't visible.";
  if (/^[+\-*/%]$/.test(first) && !/^[+-]?[\d.]/.test(symbol))
    return 'Expressions have no arithmetic; compute the value in a step.';
  if (/^[+-]?[\d.]/.test(symbol)) return 'Numbers are written 12, -1.5, 1e3, 0xff or 0o17; 0x and 0o must fit 32 bits.';
  return "Names are letters, digits, _ and -; a key with other characters is written ['key'], a text stands in single quotes.";
}

function tooLong(source: string): Problem {
  return {
    kind: 'lexing',
    code: 'EXPRESSION_LIMIT',
    message: `the expression has ${source.length} characters; at most ${maximumLength} are read`,
    remedy: 'Compute the value in a step and read its output.',
    start: 0,
    end: source.length,
  };
}
