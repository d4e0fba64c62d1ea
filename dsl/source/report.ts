import type { Diagnostic, ErrorCode, Fix, Position } from '../../schemas/index.ts';
import type { LineIndex, LinePosition } from './lines.ts';

/** A stretch of the source text, in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is wrong, before its place is known. */
export interface Finding {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  /** Of something missing: where it would be. Default: the place itself. */
  readonly within?: Span;
  /** The word that was meant by the one at the place: the fix is to write it. */
  readonly meant?: string;
  /** A fix that isn't as simple. */
  readonly fix?: SpanFix;
}

/** A fix by offsets. */
export interface SpanFix {
  readonly description: string;
  readonly edits: readonly { readonly span: Span; readonly text: string }[];
}

/** Something missing, which may be there but for a mistake of YAML. */
const absences: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'EMPTY',
  'MISSING_INPUT',
  'MISSING_KEY',
  'SECRET_MISSING',
]);

/** Names that may be there but for YAML that can't be understood. */
const lostNames: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['UNKNOWN_NEED', 'UNKNOWN_PROPERTY']);

interface Reported {
  readonly diagnostic: Diagnostic;
  /** The lines in which a mistake of YAML would explain an absence. */
  readonly within: readonly [first: number, last: number];
}

/** Collects what is found in one file, wherever in it, and hands it out in file order. */
export class Report {
  readonly file: string;
  readonly #lines: LineIndex;
  readonly #reported: Reported[] = [];
  /** Where YAML was found mistaken. */
  readonly #mistakenLines = new Set<number>();
  /** Where YAML was mistaken and the tree around is the likeliest reading. */
  readonly #doubtfulLines = new Set<number>();
  /** Of the first place where the YAML can't be understood; what follows is guesswork. */
  #brokenLine: number = Number.POSITIVE_INFINITY;

  constructor(file: string, lines: LineIndex) {
    this.file = file;
    this.#lines = lines;
  }

  /** Something that stops the file from running. */
  error(span: Span, finding: Finding): void {
    this.#add('error', span, finding);
  }

  /** Something that the user should know and that stops nothing. */
  warning(span: Span, finding: Finding): void {
    this.#add('warning', span, finding);
  }

  /** One that already has its place. */
  add(diagnostic: Diagnostic): void {
    const { line = 1 } = diagnostic;
    this.#reported.push({ diagnostic, within: [line, line] });
  }

  #add(severity: Diagnostic['severity'], span: Span, finding: Finding): void {
    const { code, message, remedy, within = span } = finding;
    const fix = finding.fix ?? this.#fixOfWord(span, finding.meant);
    const diagnostic: Diagnostic = {
      severity,
      code,
      message,
      remedy,
      ...this.#place(span),
      ...(fix === undefined ? {} : { fix: this.fix(fix) }),
    };
    this.#reported.push({ diagnostic, within: [this.position(within.start).line, this.position(within.end).line] });
    if (code.startsWith('YAML_') && diagnostic.line !== undefined) this.#mistakenLines.add(diagnostic.line);
  }

  /** True where an error was reported, an echo or not. */
  hasErrors(): boolean {
    return this.#reported.some(({ diagnostic }) => diagnostic.severity === 'error');
  }

  /** True where YAML itself was found mistaken in a line. */
  hasSyntaxErrorIn(line: number): boolean {
    return this.#mistakenLines.has(line);
  }

  /** A fix by places in the file. */
  fix({ description, edits }: SpanFix): Fix {
    return {
      description,
      edits: edits.map(({ span, text }) => ({
        start: this.#lines.position(span.start),
        end: this.#lines.position(span.end),
        text,
      })),
    };
  }

  #fixOfWord(span: Span, meant: string | undefined): SpanFix | undefined {
    if (meant === undefined) return undefined;
    const opening = this.#lines.characterAt(span.start);
    // A block text goes on below the line; what stands there isn't one word.
    if (opening === '|' || opening === '>') return undefined;
    // `{"nmae":1}` lives by its quotes.
    const quotes = opening === '"' || opening === "'" ? opening : isPlainWord(meant) ? '' : "'";
    if (quotes !== '' && !isPlainWord(meant) && /["'\\\n]/.test(meant)) return undefined;
    return { description: `write \`${meant}\``, edits: [{ span, text: `${quotes}${meant}${quotes}` }] };
  }

  /** Says that the tree is doubtful between two offsets, in any order: what else is reported of their lines may be an echo. */
  doubtFrom(one: number, other: number): void {
    const last = this.position(Math.max(one, other)).line;
    for (let { line } = this.position(Math.min(one, other)); line <= last; line += 1) this.#doubtfulLines.add(line);
  }

  /** Says that from here on the tree can't be trusted. */
  breakAt(offset: number): void {
    this.#brokenLine = Math.min(this.#brokenLine, this.position(offset).line);
  }

  /**
   * A report of its own that begins with what is reported here, for one way to make sense of the text; `lines` are those of that
   * text, and `fixFor` is what would make it that text.
   */
  fork(lines: LineIndex, fixFor: (diagnostic: Diagnostic) => Fix | undefined): Report {
    const forked = new Report(this.file, lines);
    for (const { diagnostic, within } of this.#reported) {
      const fix = fixFor(diagnostic);
      forked.#reported.push({ diagnostic: fix === undefined ? diagnostic : { ...diagnostic, fix }, within });
    }
    for (const line of this.#mistakenLines) forked.#mistakenLines.add(line);
    return forked;
  }

  /** The offset of a place; the inverse of {@link position}. */
  offset(place: LinePosition): number {
    return this.#lines.offset(place);
  }

  /** Where an offset stands. */
  position(offset: number): Position {
    return { file: this.file, ...this.#lines.position(offset) };
  }

  /** Everything found, in file order, each once (an alias leads to one place several times). */
  diagnostics(): readonly Diagnostic[] {
    const seen = new Set<string>();
    const tabs = new Set(this.#reported.flatMap(({ diagnostic: { code, line } }) => (code === 'YAML_TAB' ? line : [])));
    return (
      this.#reported
        // How a line with tabs is indented is guessed; what the guess gets wrong is no further mistake.
        .filter(({ diagnostic: { code, line } }) => code !== 'YAML_SYNTAX' || !tabs.has(line))
        .filter((reported) => this.#isCredible(reported))
        .map(({ diagnostic }) => diagnostic)
        .filter((diagnostic) => {
          const identity = `${diagnostic.line}:${diagnostic.column}:${diagnostic.code}:${diagnostic.message}`;
          if (seen.has(identity)) return false;
          seen.add(identity);
          return true;
        })
        .sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0))
    );
  }

  /** Whether it is about the file, and not an echo of a mistake of YAML. */
  #isCredible({ diagnostic, within: [first, last] }: Reported): boolean {
    const { code, line = 1 } = diagnostic;
    // The library says what is wrong with such a line; odd keys in it only come of that.
    if (code === 'YAML_UNSUPPORTED' && this.#doubtfulLines.has(line)) return false;
    if (code.startsWith('YAML_')) return true;
    const isBroken = this.#brokenLine !== Number.POSITIVE_INFINITY;
    if (line >= this.#brokenLine || this.#doubtfulLines.has(line)) return false;
    if (isBroken && (absences.has(code) || lostNames.has(code))) return false;
    if (!absences.has(code)) return true;
    // What is missing may stand in the line that ended the mapping too early.
    for (const doubtful of this.#doubtfulLines) if (doubtful >= first && doubtful <= last + 1) return false;
    return true;
  }

  #place(span: Span): Omit<Diagnostic, 'severity' | 'code' | 'message' | 'remedy'> {
    const start = this.#lines.position(span.start);
    const end = this.#lines.position(Math.max(span.end, span.start + 1));
    return {
      file: this.file,
      line: start.line,
      column: start.column,
      end_line: end.line,
      end_column: end.column,
    };
  }
}

/** Needs no quotes as a value or key of YAML, and stays a text. */
function isPlainWord(word: string): boolean {
  return /^[A-Za-z_.][\w./@-]*$/.test(word) && !/^(true|false|null|\.(inf|nan))$/i.test(word);
}
