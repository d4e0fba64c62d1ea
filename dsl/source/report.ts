import type { Diagnostic, ErrorCode, Position } from '../../schemas/index.ts';
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
}

/**
 * What an absence looks like. Where the YAML itself is broken these may be its consequence, so they aren't reported then.
 */
const absences: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'EMPTY',
  'MISSING_INPUT',
  'MISSING_KEY',
  'UNKNOWN_CONTEXT',
  'UNKNOWN_NEED',
  'UNKNOWN_PROPERTY',
]);

/** Collects what is found in one file, wherever in it, and hands it out in file order. */
export class Report {
  readonly file: string;
  #lines: LineIndex;
  readonly #diagnostics: Diagnostic[] = [];
  /** Of the first place where the YAML can't be understood; what follows is guesswork. */
  #brokenLine: number = Number.POSITIVE_INFINITY;

  constructor(file: string, lines: LineIndex) {
    this.file = file;
    this.#lines = lines;
  }

  /** Something that stops the file from running. */
  error(span: Span, finding: Finding): void {
    this.add({ severity: 'error', ...finding, ...this.#place(span) });
  }

  /** Something that the user should know and that stops nothing. */
  warning(span: Span, finding: Finding): void {
    this.add({ severity: 'warning', ...finding, ...this.#place(span) });
  }

  /** One that already has its place. */
  add(diagnostic: Diagnostic): void {
    this.#diagnostics.push(diagnostic);
  }

  /** Says that from here on the tree can't be trusted. */
  breakAt(offset: number): void {
    this.#brokenLine = Math.min(this.#brokenLine, this.#lines.position(offset).line);
  }

  /** Where offsets reported from now on stand, after the text was changed to make sense of it. */
  placeBy(lines: LineIndex): void {
    this.#lines = lines;
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
    return this.#diagnostics
      .filter((diagnostic) => this.#isCredible(diagnostic))
      .filter((diagnostic) => {
        const identity = `${diagnostic.line}:${diagnostic.column}:${diagnostic.code}:${diagnostic.message}`;
        if (seen.has(identity)) return false;
        seen.add(identity);
        return true;
      })
      .sort((left, right) => (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0));
  }

  #isCredible(diagnostic: Diagnostic): boolean {
    if (this.#brokenLine === Number.POSITIVE_INFINITY) return true;
    if (diagnostic.code.startsWith('YAML_')) return true;
    return (diagnostic.line ?? 0) < this.#brokenLine && !absences.has(diagnostic.code);
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
