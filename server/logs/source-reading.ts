import { setImmediate } from 'node:timers/promises';
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
  /** Whether there may be a line that is wanted in a text, whoever wrote it; absent: in any. */
  readonly mayHoldText?: ((text: string) => boolean) | undefined;
}

/** A batch of so many segments: they are small, and may be skimmed. */
const manySegments = 128;

/** A reader's way through one source of a run's log. */
export class SourceReading {
  /** The last lines, where those were asked for. */
  readonly tail: readonly LogLine[];
  /** The position of the line that the reader was given last. */
  place: string | undefined;
  readonly #source: LogSource;
  readonly #run: string;
  readonly #assembler: LineAssembler;
  readonly #mayHoldText: BeginningRequest['mayHoldText'];
  /** Of the last segment that was read. */
  #position: number;

  private constructor(
    { source, run, mayHoldText }: Pick<BeginningRequest, 'run' | 'mayHoldText'> & { readonly source: LogSource },
    begun: {
      readonly assembler: LineAssembler;
      readonly position: number;
      readonly tail: readonly LogLine[];
      readonly place: LinePosition | undefined;
    },
  ) {
    this.#source = source;
    this.#run = run;
    this.#mayHoldText = mayHoldText;
    this.#assembler = begun.assembler;
    this.#position = begun.position;
    this.tail = begun.tail;
    // Segments are counted from 1.
    this.place = begun.place === undefined || begun.place.segment === 0 ? undefined : positionText(begun.place);
  }

  static async begin(source: LogSource, request: BeginningRequest, clock: ServerClock): Promise<SourceReading> {
    const { run, state, seen, tail, mayHold, mayHoldText } = request;
    if (seen !== undefined || tail === undefined || !source.has(state)) {
      const begun = { assembler: new LineAssembler(seen, mayHold), position: seen?.from ?? 0, tail: [], place: seen };
      return new SourceReading({ source, run, mayHoldText }, begun);
    }
    const end = await readTail(source.written(run), { ...tail, ended: state.ended }, clock);
    return new SourceReading({ source, run, mayHoldText }, { ...end, tail: end.lines, place: end.before });
  }

  /** What is there by now behind what was read. */
  async *there(state: RunState, clock: ServerClock): AsyncGenerator<readonly RecordedLog[], void, undefined> {
    if (!this.#source.has(state)) return;
    const written = this.#source.written(this.#run);
    for (let isMore = true; isMore; ) {
      const readUntil = await this.#skim(written);
      isMore = false;
      for await (const batch of inBatches(written, this.#position, clock)) {
        yield batch;
        isMore = batch.length >= manySegments && this.#position >= readUntil && this.#maySkim(written);
        if (isMore) break;
      }
    }
  }

  #maySkim({ skim }: Written<RecordedLog>): boolean {
    return skim !== undefined && this.#mayHoldText !== undefined && this.#assembler.isClear;
  }

  /** Goes on behind what holds nothing that is wanted, without making segments of it; tells up to where they have to be made then. */
  async #skim(written: Written<RecordedLog>): Promise<number> {
    if (!this.#maySkim(written)) return this.#position;
    for await (const { position, text, isWhole } of written.skim?.(this.#position) ?? []) {
      if (!isWhole || this.#mayHoldText?.(text) === true) return position;
      this.#assembler.passAll(position);
      this.#position = position;
      // Others have their turn.
      await setImmediate();
    }
    return this.#position;
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
