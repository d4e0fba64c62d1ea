import { writeFileSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
import { type CaseResult, writtenCall } from '../../agent/plugin-cases/index.ts';
import type { CaseFile } from './case-files.ts';
import { isFailed } from './case-report.ts';
import type { RanCase } from './case-runner.ts';
import { spliceCases } from './case-splice.ts';

/** What of the files is written anew. */
export interface Rewriting {
  /** What failed cases expect becomes what came. */
  readonly update: boolean;
  /** Real cases become recorded ones. */
  readonly record: boolean;
}

/** A case that was written anew, or that makes real calls and was to be recorded. */
export interface Rewritten {
  readonly done: RanCase;
  /** Whether its file has it anew: with what came, with its calls, or with both. */
  readonly isWritten: boolean;
  /** Whether its calls were recorded. */
  readonly isRecorded: boolean;
}

/** Writes cases anew in their files, comments kept, and all else as it was; gives those that were, and those that were to be recorded and failed. */
export function rewriteCases(
  files: readonly CaseFile[],
  ran: readonly RanCase[],
  { update, record }: Rewriting,
): readonly Rewritten[] {
  const rewritten: Rewritten[] = [];
  for (const { path, shown, text } of files) {
    const document = parseDocument(text);
    for (const done of ran.filter(({ one }) => one.file === shown)) {
      const { one, result } = done;
      if (result === undefined) continue;
      const expects = update && isFailed(done) && expectWhatCame(document, result);
      // What didn't come out as it should is nothing to hold later runs to.
      const isToRecord = record && one.host === 'real';
      const isRecorded = isToRecord && (expects || !isFailed(done)) && recordCalls(document, result);
      if (expects || isToRecord) rewritten.push({ done, isWritten: expects || isRecorded, isRecorded });
    }
    const written = rewritten.filter(({ done, isWritten }) => isWritten && done.one.file === shown);
    const changed = new Set(written.map(({ done }) => done.one.index));
    if (changed.size > 0) writeFileSync(path, spliceCases(text, document.toString({ lineWidth: 0 }), changed));
  }
  return rewritten;
}

function recordCalls(document: Document, { one, noted }: CaseResult): boolean {
  document.deleteIn([one.index, 'host']);
  if (noted.length > 0) document.setIn([one.index, 'host_calls'], document.createNode(noted));
  return true;
}

function expectWhatCame(document: Document, seen: CaseResult): boolean {
  const { one, result, calls, log, files } = seen;
  if (result.outcome === 'cancelled') return false;
  const set = (key: string, value: unknown): void =>
    document.setIn([one.index, 'expect', key], document.createNode(value));
  const at = [one.index, 'expect'];
  if (result.outcome === 'success') {
    document.deleteIn([...at, 'error']);
    set('outputs', result.outputs);
  } else {
    set('error', { code: result.error.code, message: result.error.message });
    document.deleteIn([...at, 'outputs']);
  }
  for (const [path, content] of Object.entries(files)) document.setIn([...at, 'files', path], content);
  const denials = calls.flatMap((event) => {
    const call = event.decision === 'denied' ? writtenCall(event) : undefined;
    // Which layer denied it stays when lines move.
    return call === undefined
      ? []
      : [{ call, ...(event.rule === undefined ? {} : { rule: event.rule.split(' ')[0] }) }];
  });
  if (denials.length > 0) set('denials', denials);
  else document.deleteIn([...at, 'denials']);
  if (one.expect.log !== undefined) set('log', log);
  return true;
}
