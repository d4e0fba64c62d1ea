import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import type { Finding, Report } from '../source/report.ts';
import { explainSyntax } from './syntax-errors.ts';

/** Deeper than any workflow, and far below what overflows the stack of a recursive reader. */
const deepestNesting = 100;

/**
 * Of the YAML lexer; about 14,000 lines. It bounds the reader's time: the yaml library (2.9) needs up to 7 us for one in files made
 * of nothing but mistakes.
 */
const mostLexemes = 100_000;

/** After so many mistakes of YAML itself the rest are echoes. */
const mostSyntaxErrors = 20;

/** YAML text -> the file's document; undefined where it can't be had at all. What is wrong with the YAML goes to the report. */
export function parseYaml(text: string, report: Report): Document.Parsed | undefined {
  const tokens = tokenize(text, report);
  if (tokens === undefined) return undefined;
  reportDirectives(tokens, report);
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    keepSourceTokens: false,
    // Its own check is quadratic, and merge keys are ours.
    uniqueKeys: false,
    // So that !!binary, !!set and the like are errors like any other tag.
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const documents = [...composer.compose(tokens, true, text.length)];
  const [first, second] = documents;
  if (second !== undefined) report.error(startOf(second, text), severalDocuments);
  if (first !== undefined) reportSyntaxErrors(first, text, report);
  return first;
}

/** The tokens of the whole text, unless its nesting or its sheer number of tokens would be too much for what follows. */
function tokenize(text: string, report: Report): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    const span = { start: parser.offset, end: parser.offset + 1 };
    if (lexemes > mostLexemes) {
      report.error(span, tooLong);
      return undefined;
    }
    for (const token of parser.next(lexeme)) tokens.push(token);
    // The parser keeps what it is within on a stack of its own, so depth is known before anything recurses.
    if (parser.stack.length > deepestNesting) {
      report.error(span, tooDeep);
      return undefined;
    }
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

const tooLong: Finding = {
  code: 'FILE_TOO_LARGE',
  message: `the file goes on after ${mostLexemes} words and signs, more than a workflow file may have`,
  remedy: 'split it into several workflows, or move data into files of their own',
};

const tooDeep: Finding = {
  code: 'YAML_TOO_DEEP',
  message: `the nesting goes deeper than ${deepestNesting} levels here`,
  remedy: 'flatten the value, or pass it as JSON text in a string or a file',
};

const severalDocuments: Finding = {
  code: 'YAML_UNSUPPORTED',
  message: 'a second YAML document begins here; a workflow file holds one',
  remedy: 'put each workflow into a file of its own, and remove the `---` between them',
};

function startOf(document: Document.Parsed, text: string): { start: number; end: number } {
  const separator = text.lastIndexOf('---', Math.max(document.contents?.range[0] ?? document.range[1], 3));
  const start = separator === -1 ? document.range[0] : separator;
  return { start, end: start + 3 };
}

/** Only `%YAML 1.2` says what holds anyway; 1.1 would change what values mean, and `%TAG` serves only tags. */
function reportDirectives(tokens: readonly CST.Token[], report: Report): void {
  for (const token of tokens) {
    if (token.type !== 'directive' || /^%YAML\s+1\.2\s*$/.test(token.source)) continue;
    report.error(
      { start: token.offset, end: token.offset + token.source.length },
      {
        code: 'YAML_UNSUPPORTED',
        message: 'directives are not supported: workflow files are YAML 1.2',
        remedy: 'remove this line',
      },
    );
  }
}

function reportSyntaxErrors(document: Document.Parsed, text: string, report: Report): void {
  const problems: readonly YAMLError[] = [...document.errors, ...document.warnings];
  const seenLines = new Set<number>();
  for (const problem of problems.toSorted((left, right) => left.pos[0] - right.pos[0])) {
    const [start, end] = problem.pos;
    const line = report.lines.position(start).line;
    // One mistake makes the library complain several times about its line.
    if (seenLines.has(line)) continue;
    seenLines.add(line);
    const { finding, breaks } = explainSyntax(problem, text);
    report.error({ start, end }, finding);
    if (breaks) report.breakAt(start);
    if (seenLines.size === mostSyntaxErrors) return;
  }
}
