import type { Diagnostic, TextEdit } from '../schemas/index.ts';
import type { CompileResult } from './api.ts';
import { LineIndex } from './source/lines.ts';

/** One fix may bring to light the next mistake; a file whose fixes go on for longer is no one's. */
const mostRounds = 50;

/** Where not all fixes of a round do good some of them are tried, and each trial reads the whole file. */
const mostTrials = 100;
/** Characters that all trials together may read: of a long file there are few. */
const mostRead = 10_000_000;

/** A text after its fixes, what they were for, in the order in which they were made, and what is still wrong. */
export interface FixedSource {
  readonly text: string;
  readonly fixed: readonly Diagnostic[];
  readonly result: CompileResult;
}

/**
 * Carries out the fixes of a text's diagnostics, as often as there are new ones. Nothing but the places of the fixes changes. The text is read again
 * after each round, and a round that leaves it no better than it was is undone: fewer mistakes of YAML, or else fewer errors, or else
 * fewer warnings.
 */
export function fixSource(source: string, read: (text: string) => CompileResult): FixedSource {
  let state: FixedSource = { text: source, fixed: [], result: read(source) };
  const mostTried = Math.min(mostTrials, Math.ceil(mostRead / (source.length + 1)));
  let trials = 0;
  for (let round = 0; round < mostRounds; round += 1) {
    // Those of all, then halves, quarters and so on: the first that do good.
    const groups = [disjoint(ownDiagnostics(state.result))];
    let next: FixedSource | undefined;
    for (let group = groups.shift(); group !== undefined && next === undefined; group = groups.shift()) {
      if (group.length === 0 || trials >= mostTried) break;
      trials += 1;
      next = attempt(state, group, read);
      const middle = Math.ceil(group.length / 2);
      if (next === undefined && group.length > 1) groups.push(group.slice(0, middle), group.slice(middle));
    }
    if (next === undefined) return state;
    state = next;
  }
  return state;
}

/** What is wrong with the text itself: those that it calls are somebody else's to correct. */
function ownDiagnostics({ diagnostics, called }: CompileResult): readonly Diagnostic[] {
  return called === undefined ? diagnostics : diagnostics.filter(({ file }) => !called.has(file ?? ''));
}

/** The text with some of its fixes, where it is better for them. */
function attempt(
  before: FixedSource,
  diagnostics: readonly Diagnostic[],
  read: (text: string) => CompileResult,
): FixedSource | undefined {
  const text = applyEdits(
    before.text,
    diagnostics.flatMap(({ fix }) => fix?.edits ?? []),
  );
  const result = read(text);
  if (!isBetter(ownDiagnostics(result), ownDiagnostics(before.result))) return undefined;
  return { text, fixed: [...before.fixed, ...diagnostics], result };
}

/** Puts the text of each edit in its place. They must not overlap. */
function applyEdits(source: string, edits: readonly TextEdit[]): string {
  // Places don't count a byte order mark, which no editor shows.
  const mark = source.startsWith('\uFEFF') ? '\uFEFF' : '';
  const text = source.slice(mark.length);
  const lines = new LineIndex(text);
  let done = 0;
  let fixed = mark;
  for (const { start, end, text: written } of edits.toSorted(compare)) {
    fixed += text.slice(done, lines.offset(start)) + written;
    done = lines.offset(end);
  }
  return fixed + text.slice(done);
}

/** Those with a fix, without any that begins before an earlier one ends; an alias leads to one place several times. */
function disjoint(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  let end: TextEdit['start'] = { line: 0, column: 0 };
  return diagnostics
    .flatMap((diagnostic) => {
      const edits = diagnostic.fix?.edits.toSorted(compare) ?? [];
      const [first] = edits;
      const last = edits.at(-1);
      return first === undefined || last === undefined ? [] : [{ diagnostic, start: first.start, end: last.end }];
    })
    .toSorted((left, right) => comparePlaces(left.start, right.start))
    .filter((candidate) => {
      if (comparePlaces(candidate.start, end) <= 0) return false;
      end = candidate.end;
      return true;
    })
    .map(({ diagnostic }) => diagnostic);
}

function compare(left: TextEdit, right: TextEdit): number {
  return comparePlaces(left.start, right.start);
}

function comparePlaces(left: TextEdit['start'], right: TextEdit['start']): number {
  return left.line - right.line || left.column - right.column;
}

/** A mistake of YAML hides what follows it, so that more errors can be less that is wrong. */
function isBetter(after: readonly Diagnostic[], before: readonly Diagnostic[]): boolean {
  const [now, earlier] = [after, before].map((diagnostics) => [
    diagnostics.filter(({ code }) => code === 'YAML_SYNTAX' || code === 'YAML_TAB').length,
    diagnostics.filter(({ severity }) => severity === 'error').length,
    diagnostics.length,
  ]);
  const changed = now?.findIndex((count, index) => count !== earlier?.[index]) ?? -1;
  return changed !== -1 && (now?.[changed] ?? 0) < (earlier?.[changed] ?? 0);
}
