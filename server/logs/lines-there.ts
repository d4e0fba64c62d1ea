import type { RecordedLog } from '../../engine/port.ts';
import type { ServerClock } from '../parts.ts';
import type { LogLine } from './assembler.ts';
import type { RunState } from './run-feed.ts';
import type { SourceReading } from './source-reading.ts';

/** A line, and who read it. */
export interface ReadLine {
  readonly reading: SourceReading;
  readonly line: LogLine;
}

interface Stream {
  readonly reading: SourceReading;
  readonly batches: AsyncGenerator<readonly RecordedLog[], void, undefined>;
  lines: Iterator<LogLine, void>;
  head: LogLine | undefined;
  over: boolean;
}

/** The lines that are there by now, of several sources by their times; those of one source stay in its order. */
export class LinesThere {
  readonly #streams: readonly Stream[];

  constructor(readings: readonly SourceReading[], state: RunState, clock: ServerClock) {
    this.#streams = readings.map((reading) => ({
      reading,
      batches: reading.there(state, clock),
      lines: [][Symbol.iterator](),
      head: undefined,
      over: false,
    }));
  }

  /** Reads on where all lines of a source were taken. False where nothing is left. */
  async fill(): Promise<boolean> {
    for (const stream of this.#streams) while (isDry(stream)) await readOn(stream);
    return this.#streams.some(({ head }) => head !== undefined);
  }

  /** The next line; undefined where something has to be read first. */
  take(): ReadLine | undefined {
    if (this.#streams.some(isDry)) return undefined;
    let first: (Stream & { readonly head: LogLine }) | undefined;
    for (const stream of this.#streams) if (hasHead(stream) && isBefore(stream, first)) first = stream;
    if (first === undefined) return undefined;
    const { reading, head } = first;
    advance(first);
    return { reading, line: head };
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map(({ batches }) => batches.return()));
  }
}

/** Lists of lines as one, by their times; those of one list stay in its order. */
export function byTime(lists: readonly (readonly ReadLine[])[]): readonly ReadLine[] {
  const merged: ReadLine[] = [];
  const next = lists.map(() => 0);
  for (;;) {
    let first: number | undefined;
    for (const [index, list] of lists.entries()) {
      const head = list[next[index] ?? 0];
      const best = first === undefined ? undefined : lists[first]?.[next[first] ?? 0];
      if (head !== undefined && (best === undefined || head.line.at < best.line.at)) first = index;
    }
    const taken = first === undefined ? undefined : lists[first]?.[next[first] ?? 0];
    if (first === undefined || taken === undefined) return merged;
    merged.push(taken);
    next[first] = (next[first] ?? 0) + 1;
  }
}

function isDry({ head, over }: Stream): boolean {
  return head === undefined && !over;
}

function hasHead(stream: Stream): stream is Stream & { readonly head: LogLine } {
  return stream.head !== undefined;
}

function isBefore({ head }: { readonly head: LogLine }, other: { readonly head: LogLine } | undefined): boolean {
  return other === undefined || head.at < other.head.at;
}

async function readOn(stream: Stream): Promise<void> {
  const next = await stream.batches.next();
  if (next.done === true) stream.over = true;
  else stream.lines = stream.reading.linesOf(next.value);
  advance(stream);
}

function advance(stream: Stream): void {
  const next = stream.lines.next();
  stream.head = next.done === true ? undefined : next.value;
}
