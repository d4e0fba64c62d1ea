import type { RecordedLog } from '../../engine/port.ts';
import type { ServerClock } from '../parts.ts';
import { LineAssembler, type LogLine, type UnplacedLine } from './assembler.ts';
import { inBatches, type Written } from './batches.ts';
import type { LinePosition } from './position.ts';
import type { RunFeeds, RunState } from './run-feed.ts';
import { isWanted, type LineFilter } from './selection.ts';
import { readTail } from './tail.ts';

/** Where logs come from. */
export interface LogSources {
  readonly written: (run: string) => Written<RecordedLog>;
  readonly state: (run: string) => Promise<RunState>;
  readonly feeds: RunFeeds<RecordedLog>;
  readonly clock: ServerClock;
}

/** What is wanted of a run's log. */
export interface LogRequest {
  readonly run: string;
  readonly filter: LineFilter;
  /** Goes on until the run has ended. */
  readonly follow: boolean;
  /** Only so many lines of what is there by now. Of no consequence with `seen`. */
  readonly tail?: number;
  /** Only what comes behind that line. */
  readonly seen?: LinePosition;
}

/** What comes of it. */
export type LogPart =
  | { readonly kind: 'line'; readonly line: LogLine }
  /** The beginning of a line that may go on, told at the end to who doesn't follow. It has no position. */
  | { readonly kind: 'unfinished'; readonly line: UnplacedLine }
  /** For now there is no more: what is held back may be sent. */
  | { readonly kind: 'pause' }
  /** Nothing has come for a while. */
  | { readonly kind: 'quiet' }
  /** Nothing more comes. */
  | { readonly kind: 'end'; readonly state: RunState };

/** The lines of a run's log, in order, with the memory of some segments however long the log is. */
export async function* readLog(
  sources: LogSources,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogPart, void, undefined> {
  // Before anything is read: what an ended run wrote is there.
  const state = await sources.state(request.run);
  const { assembler, lines, position } = await beginning(sources, request, state);
  for (const line of lines) yield { kind: 'line', line };
  const wanted = (line: LogLine): boolean => isWanted(line, request.filter);
  for await (const told of segmentsOf(sources, { ...request, position, state }, signal)) {
    if (told.kind === 'quiet') yield told;
    if (told.kind === 'items') {
      for (const segment of told.items) {
        for (const line of assembler.push(segment)) if (wanted(line)) yield { kind: 'line', line };
      }
      yield { kind: 'pause' };
    }
    if (told.kind === 'ended') {
      if (told.state.ended) {
        for (const line of assembler.end()) if (wanted(line)) yield { kind: 'line', line };
      }
      for (const line of assembler.unfinished()) {
        if (isWanted(line, request.filter)) yield { kind: 'unfinished', line };
      }
      yield { kind: 'end', state: told.state };
    }
  }
}

async function beginning(
  { written, clock }: LogSources,
  { run, seen, tail, filter }: LogRequest,
  state: RunState,
): Promise<{ readonly assembler: LineAssembler; readonly lines: readonly LogLine[]; readonly position: number }> {
  if (seen !== undefined || tail === undefined || !state.begun) {
    return { assembler: new LineAssembler(seen), lines: [], position: seen?.from ?? 0 };
  }
  const wanted = { lines: tail, isWanted: (line: LogLine) => isWanted(line, filter), ended: state.ended };
  return readTail(written(run), wanted, clock);
}

/** What is there, or what comes; `ended` says how far the run had come before the last of it was read. */
async function* segmentsOf(
  { written, feeds, clock }: LogSources,
  {
    run,
    follow,
    position,
    state,
  }: Pick<LogRequest, 'run' | 'follow'> & { readonly position: number; readonly state: RunState },
  signal: AbortSignal,
): ReturnType<typeof feeds.follow> {
  if (follow) {
    yield* feeds.follow(run, position, signal);
    return;
  }
  if (state.begun) {
    for await (const items of inBatches(written(run), position, clock)) yield { kind: 'items', items };
  }
  yield { kind: 'ended', state };
}
