import type { ServerClock } from '../parts.ts';
import { asTheyCome } from './as-they-come.ts';
import type { LogLine, UnplacedLine } from './assembler.ts';
import { byTime, LinesThere, type ReadLine } from './lines-there.ts';
import { type LogPosition, logPositionText } from './log-position.ts';
import type { RunState } from './run-feed.ts';
import { isWanted, type LineFilter, mayHoldText, mayHoldWanted } from './selection.ts';
import { type LogSource, SourceReading } from './source-reading.ts';

/** Where logs come from. */
export interface LogSources {
  /** The first is the engine's own: whoever follows hears of it when the run has ended. */
  readonly all: readonly [LogSource, ...(readonly LogSource[])];
  readonly state: (run: string) => Promise<RunState>;
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
  readonly seen?: LogPosition;
  /** Ends after so many lines. */
  readonly limit?: number;
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

/** The lines of a run's log, with the memory of some segments of each source however long the log is. */
export function readLog(
  sources: LogSources,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<LogPart, void, undefined> {
  const parts = new LogReading(sources, request).read(signal);
  const { run, limit } = request;
  return limit === undefined ? parts : firstLines(parts, { limit, state: () => sources.state(run) });
}

async function* firstLines(
  parts: AsyncIterable<LogPart>,
  { limit, state }: { readonly limit: number; readonly state: () => Promise<RunState> },
): AsyncGenerator<LogPart, void, undefined> {
  let lines = 0;
  for await (const part of parts) {
    yield part;
    if (part.kind === 'line') lines += 1;
    if (lines < limit) continue;
    if (part.kind !== 'end') yield { kind: 'end', state: await state() };
    return;
  }
}

/**
 * One reader of a run's log. Lines of one source come in its order, and every line's position says how far the reader has come in each;
 * so reading goes on exactly behind it, however the sources' lines were mixed.
 */
class LogReading {
  readonly #sources: LogSources;
  readonly #request: LogRequest;
  #readings: readonly SourceReading[] = [];

  constructor(sources: LogSources, request: LogRequest) {
    this.#sources = sources;
    this.#request = request;
  }

  async *read(signal: AbortSignal): AsyncGenerator<LogPart, void, undefined> {
    const { follow } = this.#request;
    // Before anything is read: what an ended run wrote is there.
    const state = await this.#sources.state(this.#request.run);
    const last = await this.#begin(state);
    yield* last;
    // They are there by now, and what comes next may be long in coming.
    if (last.length > 0) yield { kind: 'pause' };
    if (!follow || (await this.#areSeveralThere(state))) yield* this.#there(this.#readings, state);
    if (follow) yield* this.#follow(signal);
    else yield* this.#end(state);
  }

  /** The last lines, where those are wanted. */
  async #begin(state: RunState): Promise<readonly LogPart[]> {
    const { run, seen, tail, filter } = this.#request;
    const wanted = (line: LogLine): boolean => isWanted(line, filter);
    this.#readings = await Promise.all(
      this.#sources.all.map((source, index) => {
        const from = seen === undefined && tail !== undefined ? { tail: { lines: tail, isWanted: wanted } } : {};
        const begin = {
          run,
          state,
          seen: seen?.[index],
          mayHold: mayHoldWanted(filter),
          mayHoldText: mayHoldText(filter),
          ...from,
        };
        return SourceReading.begin(source, begin, this.#sources.clock);
      }),
    );
    const tails = byTime(this.#readings.map((reading) => reading.tail.map((line) => ({ reading, line }))));
    const dropped = Math.max(0, tails.length - (tail ?? 0));
    for (const { reading, line } of tails.slice(0, dropped)) reading.place = line.position;
    return tails
      .slice(dropped)
      .map((read) => this.#handOut(read))
      .filter((part) => part !== undefined);
  }

  /** Else what is there needs no order, and followers of a run may share one reading of it. */
  async #areSeveralThere(state: RunState): Promise<boolean> {
    const [engine, ...others] = this.#readings;
    let there = 0;
    for (const reading of others) if (await reading.isThere(state)) there += 1;
    return there > 1 || (there === 1 && (await engine?.isThere(state)) === true);
  }

  async *#there(readings: readonly SourceReading[], state: RunState): AsyncGenerator<LogPart, void, undefined> {
    const there = new LinesThere(readings, state, this.#sources.clock);
    try {
      while (await there.fill()) {
        for (let read = there.take(); read !== undefined; read = there.take()) {
          const part = this.#handOut(read);
          if (part !== undefined) yield part;
        }
        yield { kind: 'pause' };
      }
    } finally {
      await there.close();
    }
  }

  async *#follow(signal: AbortSignal): AsyncGenerator<LogPart, void, undefined> {
    const left = new AbortController();
    const over = AbortSignal.any([signal, left.signal]);
    const streams = this.#readings.map((reading) => reading.follow(over));
    try {
      for await (const { from, item: told } of asTheyCome(streams)) {
        const reading = this.#readings[from];
        if (told.kind === 'ended') {
          left.abort();
          // What agents shipped of it was there before the run had ended.
          yield* this.#there(this.#readings.slice(1), told.state);
          yield* this.#end(told.state);
          return;
        }
        if (told.kind === 'quiet' && from === 0) yield told;
        if (told.kind !== 'items' || reading === undefined) continue;
        for (const line of reading.linesOf(told.items)) {
          const part = this.#handOut({ reading, line });
          if (part !== undefined) yield part;
        }
        yield { kind: 'pause' };
      }
    } finally {
      left.abort();
      await Promise.all(streams.map((stream) => stream.return()));
    }
  }

  *#end(state: RunState): Generator<LogPart, void, undefined> {
    for (const reading of state.ended ? this.#readings : []) {
      for (const line of reading.end()) {
        const part = this.#handOut({ reading, line });
        if (part !== undefined) yield part;
      }
    }
    for (const line of this.#readings.flatMap((reading) => reading.unfinished())) {
      if (isWanted(line, this.#request.filter)) yield { kind: 'unfinished', line };
    }
    yield { kind: 'end', state };
  }

  /** The line with its place among all sources; undefined where it isn't wanted. */
  #handOut({ reading, line }: ReadLine): LogPart | undefined {
    reading.place = line.position;
    if (!isWanted(line, this.#request.filter)) return undefined;
    const onlyEngine = this.#readings.findLastIndex(({ place }) => place !== undefined) === 0;
    if (onlyEngine) return { kind: 'line', line };
    const position = logPositionText(this.#readings.map(({ place }) => place));
    return { kind: 'line', line: { ...line, position } };
  }
}
