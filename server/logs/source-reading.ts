import type { RecordedLog } from '../../engine/port.ts';
import type { ServerClock } from '../parts.ts';
import { LineAssembler, type LogLine, type MayHold, type UnplacedLine } from './assembler.ts';
import { inBatches, type Written } from './batches.ts';
import { type LinePosition, positionText } from './position.ts';
import type { RunFeeds, RunState, Told } from './run-feed.ts';
import { readTail, type TailRequest } from './tail.ts';

/** Where parts of runs' logs are kept. All of one job's attempt are in one source. */
export interface LogSource {
  /** False where a run at that state can't have anything there, and isn't to be read. */
  readonly has: (state: RunState) => boolean;
  readonly written: (run: string) => Written<RecordedLog>;
  readonly feeds: RunFeeds<RecordedLog>;
}

/** Where a reader begins in a source. */
export interface BeginningRequest {
  readonly run: string;
  readonly state: RunState;
  /** Behind that line. */
  readonly seen?: LinePosition | undefined;
  /** Else at its last lines. */
  readonly tail?: Omit<TailRequest, 'ended'>;
  /** See {@link LineAssembler}. */
  readonly mayHold?: MayHold;
}

/** A reader's way through one source of a run's log. */
export class SourceReading {
  /** The last lines, where those were asked for. */
  readonly tail: readonly LogLine[];
  /** The position of the line that the reader was given last. */
  place: string | undefined;
  readonly #source: LogSource;
  readonly #run: string;
  readonly #assembler: LineAssembler;
  /** Of the last segment that was read. */
  #position: number;

  private constructor(
    { source, run }: { readonly source: LogSource; readonly run: string },
    begun: {
      readonly assembler: LineAssembler;
      readonly position: number;
      readonly tail: readonly LogLine[];
      readonly place: LinePosition | undefined;
    },
  ) {
    this.#source = source;
    this.#run = run;
    this.#assembler = begun.assembler;
    this.#position = begun.position;
    this.tail = begun.tail;
    // Segments are counted from 1.
    this.place = begun.place === undefined || begun.place.segment === 0 ? undefined : positionText(begun.place);
  }

  static async begin(source: LogSource, request: BeginningRequest, clock: ServerClock): Promise<SourceReading> {
    const { run, state, seen, tail, mayHold } = request;
    if (seen !== undefined || tail === undefined || !source.has(state)) {
      const begun = { assembler: new LineAssembler(seen, mayHold), position: seen?.from ?? 0, tail: [], place: seen };
      return new SourceReading({ source, run }, begun);
    }
    const end = await readTail(source.written(run), { ...tail, ended: state.ended }, clock);
    return new SourceReading({ source, run }, { ...end, tail: end.lines, place: end.before });
  }

  /** What is there by now behind what was read. */
  async *there(state: RunState, clock: ServerClock): AsyncGenerator<readonly RecordedLog[], void, undefined> {
    if (this.#source.has(state)) yield* inBatches(this.#source.written(this.#run), this.#position, clock);
  }

  async isThere(state: RunState): Promise<boolean> {
    if (!this.#source.has(state)) return false;
    for await (const _ of this.#source.written(this.#run).after(this.#position)) return true;
    return false;
  }

  /** What comes behind what was read. */
  follow(signal: AbortSignal): AsyncGenerator<Told<RecordedLog>, void, undefined> {
    return this.#source.feeds.follow(this.#run, this.#position, signal);
  }

  /** The lines that segments ended, made as they are taken. Take them all. */
  *linesOf(segments: readonly RecordedLog[]): Generator<LogLine, void, undefined> {
    for (const segment of segments) {
      this.#position = segment.position;
      if (!this.#assembler.pass(segment)) yield* this.#assembler.push(segment);
    }
  }

  /** What is left without a line end once nothing more comes. */
  end(): Generator<LogLine, void, undefined> {
    return this.#assembler.end();
  }

  unfinished(): readonly UnplacedLine[] {
    return this.#assembler.unfinished();
  }
}
