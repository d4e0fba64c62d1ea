import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import type { Finding, Report, Span } from '../source/report.ts';
import { explainSyntax, isAboutTab } from './syntax-errors.ts';
import { fixSyntax, fixTabs } from './syntax-fixes.ts';
import { placeOfSyntax } from './syntax-places.ts';
import { tabWidths, widenTabs } from './tabs.ts';

/** Deeper than any workflow, and far below what overflows the stack of a recursive reader. */
const deepestNesting = 100;

/**
 * Of the YAML lexer; 20,000 dense lines, or 40,000 usual ones. It bounds the reader's time: the yaml library (2.9) needs up to 10 us for one in files made
 * of nothing but mistakes.
 */
const mostLexemes = 250_000;

/** After so many mistakes of YAML itself the rest are echoes. */
const mostSyntaxErrors = 20;

/** How deep tabs indent is guessed anew for each width, which takes as long as reading; a longer file is read in one way alone. */
const longestGuessed = 100_000;

/** One way to read a file: its document, the text to which its offsets belong, and what is wrong with it so far. */
export interface ParsedYaml {
  readonly document: Document.Parsed;
  readonly text: string;
  readonly report: Report;
  /** How many complaints of YAML there are, those that aren't reported included. */
  readonly complaints: number;
}

/**
 * YAML text -> the ways to read it: one, but none where it can't be read at all, and several where tabs leave open how deep
 * their lines are. What is wrong with the YAML goes to the report, or to that of each reading.
 */
export function parseYaml(text: string, report: Report): readonly ParsedYaml[] {
  const read = readDocuments(text);
  if ('problem' in read) {
    report.error(read.problem.span, read.problem);
    return [];
  }
  const plainTabs = read.problems.filter(({ code }) => code === 'TAB_AS_INDENT');
  // Among other tabs, one that ends a block text is only as wrong as they are.
  const tabs = plainTabs.length > 0 ? plainTabs : read.problems.filter((problem) => isAboutTab(problem, text));
  if (tabs.length === 0) return finish(read, report);
  reportSyntaxErrors({ ...read, problems: tabs }, report);
  const widths = text.length > longestGuessed ? tabWidths.slice(0, 1) : tabWidths;
  return widths.flatMap((width) => {
    const widened = widenTabs(text, width);
    const repaired = readDocuments(widened.text);
    return 'problem' in repaired ? [] : finish(repaired, report.fork(widened.lines, fixTabs(text, width)));
  });
}

/** What a text holds, before anything of it is reported. */
interface ReadYaml {
  readonly text: string;
  readonly documents: readonly Document.Parsed[];
  readonly directives: readonly (CST.Directive & { readonly type: 'directive' })[];
  /** In the order of the file. */
  readonly problems: readonly YAMLError[];
  readonly isCut: boolean;
}

function readDocuments(text: string): ReadYaml | { readonly problem: Finding & { readonly span: Span } } {
  const tokens = tokenize(text);
  if ('problem' in tokens) return tokens;
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
  const documents = [...composer.compose(tokens.tokens, true, text.length)];
  const [first] = documents;
  const problems = first === undefined ? [] : [...first.errors, ...first.warnings];
  return {
    text,
    documents,
    directives: tokens.tokens.filter((token) => token.type === 'directive'),
    problems: problems.toSorted((left, right) => left.pos[0] - right.pos[0]),
    isCut: tokens.isCut,
  };
}

/** `isCut` where the rest was left out, because it wouldn't say anything new. */
interface Tokens {
  readonly tokens: CST.Token[];
  readonly isCut: boolean;
}

/** The tokens of the whole text, unless its nesting or its sheer number of tokens would be too much for what follows. */
function tokenize(text: string): Tokens | { readonly problem: Finding & { readonly span: Span } } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let lexemes = 0;
  let surplus = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    const span = { start: parser.offset, end: parser.offset + 1 };
    if (lexemes > mostLexemes) return { problem: { ...tooLong, span } };
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error' || token.type === 'directive' || token.type === 'document') surplus += 1;
    }
    if (surplus > mostSyntaxErrors) return { tokens, isCut: true };
    // The parser keeps what it is within on a stack of its own, so depth is known before anything recurses.
    if (parser.stack.length > deepestNesting) return { problem: { ...tooDeep, span } };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, isCut: false };
}

const tooLong: Finding = {
  code: 'FILE_TOO_LARGE',
  message: `the file goes on after ${mostLexemes} words and signs, more than a workflow file may have`,
  remedy: 'Split it into several workflows, or move data into files of their own.',
};

const tooDeep: Finding = {
  code: 'YAML_TOO_DEEP',
  message: `the nesting goes deeper than ${deepestNesting} levels here`,
  remedy: 'Flatten the value, or pass it as JSON text in a string or a file.',
};

function finish(read: ReadYaml, report: Report): readonly ParsedYaml[] {
  const [first, second] = read.documents;
  for (const { offset, source } of read.directives) {
    // `%YAML 1.2` says what holds anyway; 1.1 would change what values mean, and `%TAG` serves only tags.
    if (!/^%YAML\s+1\.2\s*$/.test(source)) report.error({ start: offset, end: offset + source.length }, directive);
  }
  if (second !== undefined) report.error(startOf(second, read.text), severalDocuments);
  reportSyntaxErrors(read, report);
  if (read.isCut) report.breakAt(read.documents.at(-1)?.range[0] ?? 0);
  if (first === undefined) return [];
  return [{ document: first, text: read.text, report, complaints: read.problems.length }];
}

const directive: Finding = {
  code: 'YAML_UNSUPPORTED',
  message: 'directives are not supported: workflow files are YAML 1.2',
  remedy: 'Remove this line.',
};

const severalDocuments: Finding = {
  code: 'YAML_UNSUPPORTED',
  message: 'a second YAML document begins here; a workflow file holds one',
  remedy: 'Put each workflow into a file of its own, and remove the `---` between them.',
};

/** The `---` before a document. */
function startOf(document: Document.Parsed, text: string): Span {
  const separator = text.lastIndexOf('\n---', document.contents?.range[0] ?? document.range[1]);
  const start = separator === -1 ? document.range[0] : separator + 1;
  return { start, end: start + 3 };
}

function reportSyntaxErrors({ problems, documents, text }: ReadYaml, report: Report): void {
  const seenLines = new Set<number>();
  let isBroken = false;
  const [document] = documents;
  for (const error of problems) {
    const noticed = report.position(error.pos[0]).line;
    // One mistake makes the library complain several times about its line.
    if (seenLines.has(noticed)) continue;
    seenLines.add(noticed);
    const place = placeOfSyntax({ error, all: problems, document, text });
    const { finding, tree } = explainSyntax(error, text, place);
    // Once the library has lost its way, it expects nothing of what follows.
    if (isBroken && tree === 'lost') continue;
    const fix = fixSyntax({ error, text, at: place });
    report.error(place, fix === undefined ? finding : { ...finding, fix });
    if (tree === 'broken' || tree === 'lost') {
      isBroken = true;
      report.breakAt(place.start);
    }
    if (tree === 'doubtful') report.doubtFrom(place.start, error.pos[0]);
    if (seenLines.size === mostSyntaxErrors) return;
  }
}
