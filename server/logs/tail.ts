import type { RecordedLog } from '../../engine/port.ts';
import type { ServerClock } from '../parts.ts';
import { LineAssembler, type LogLine } from './assembler.ts';
import { inBatches, type Written } from './batches.ts';
import { type LinePosition, parsePosition } from './position.ts';

/** The most of them that can be asked for, and what they may take together, in UTF-16 code units. */
export const mostTailLines = 10_000;
const mostTailText = 4 * 1024 * 1024;

/** The end of a log. */
export interface Tail {
  readonly lines: readonly LogLine[];
  /** Goes on behind {@link Tail.position}. */
  readonly assembler: LineAssembler;
  /** The last segment that was read. */
  readonly position: number;
  /** Of a reader who has nothing of {@link Tail.lines}, but goes on with them. */
  readonly before: LinePosition;
}

/** What is wanted of a log's end. */
export interface TailRequest {
  readonly lines: number;
  readonly isWanted: (line: LogLine) => boolean;
  /** What no line end came for is a line, too: the run has ended. */
  readonly ended: boolean;
}

/**
 * The last lines of a log, at most `mostTailText` of them. Reads from near its end, and from further back while that holds too few
 * of the wanted lines, so that a long log isn't read to its last lines.
 */
export async function readTail(written: Written<RecordedLog>, request: TailRequest, clock: ServerClock): Promise<Tail> {
  const end = await lastPosition(written);
  const least = 64;
  const growth = 8;
  for (let back = Math.max(least, 2 * request.lines); ; back *= growth) {
    const from = Math.max(0, end - back);
    const { tail, whole } = await readFrom(written, { ...request, from }, clock);
    if (from === 0 || whole) return tail;
  }
}

async function readFrom(
  written: Written<RecordedLog>,
  { from, lines: count, isWanted, ended }: TailRequest & { readonly from: number },
  clock: ServerClock,
): Promise<{ readonly tail: Tail; readonly whole: boolean }> {
  const assembler = new LineAssembler({ segment: from, line: 0, from });
  const beginnings = new Beginnings(from);
  const ring = new Ring(count);
  let position = from;
  const take = (lines: Iterable<LogLine>): void => {
    for (const line of lines) {
      const whole = beginnings.isWhole(line);
      if (isWanted(line)) ring.push(line, whole);
    }
  };
  for await (const batch of inBatches(written, from, clock)) {
    for (const segment of batch) {
      beginnings.see(segment);
      take(assembler.push(segment));
      ({ position } = segment);
    }
  }
  if (ended) take(assembler.end());
  const lines = ring.lines();
  const before = positionBefore(lines[0]) ?? assembler.position;
  return { tail: { lines, assembler, position, before }, whole: ring.isFull() };
}

function positionBefore(line: LogLine | undefined): LinePosition | undefined {
  const position = line === undefined ? undefined : parsePosition(line.position);
  return position === undefined ? undefined : { ...position, line: position.line - 1 };
}

/** Where reading begins in the middle of a log, the first line of a step's stream may be but the end of one. */
class Beginnings {
  readonly #all: boolean;
  readonly #attempts = new Set<string>();
  readonly #streams = new Set<string>();

  constructor(from: number) {
    this.#all = from === 0;
  }

  see(segment: RecordedLog): void {
    if (segment.sequence === 1 && !this.#all) this.#attempts.add(attemptOf(segment));
  }

  isWhole(line: LogLine): boolean {
    if (this.#all) return true;
    const attempt = attemptOf(line);
    const stream = `${line.stream} ${attempt}`;
    const known = this.#streams.has(stream);
    this.#streams.add(stream);
    return known || this.#attempts.has(attempt);
  }
}

function attemptOf({ job, step, job_attempt, attempt }: Pick<LogLine, 'job' | 'step' | 'job_attempt' | 'attempt'>) {
  return JSON.stringify([job, step, job_attempt, attempt]);
}

/** The last lines of many. */
class Ring {
  readonly #count: number;
  readonly #lines: { readonly line: LogLine; readonly whole: boolean }[] = [];
  #first = 0;
  #text = 0;
  #full = false;

  constructor(count: number) {
    this.#count = count;
  }

  push(line: LogLine, whole: boolean): void {
    this.#lines.push({ line, whole });
    this.#text += line.text.length;
    while (this.#lines.length - this.#first > this.#count || this.#text > mostTailText) {
      this.#text -= this.#lines[this.#first]?.line.text.length ?? 0;
      this.#first += 1;
      this.#full = true;
    }
    // Taking them off one by one would move all others each time.
    if (this.#first <= this.#count) return;
    this.#lines.splice(0, this.#first);
    this.#first = 0;
  }

  lines(): readonly LogLine[] {
    return this.#lines.slice(this.#first).map(({ line }) => line);
  }

  /** Whether nothing that came before could be among them, or a part of one. */
  isFull(): boolean {
    const kept = this.#lines.slice(this.#first);
    return (this.#full || kept.length >= this.#count) && kept.every(({ whole }) => whole);
  }
}

/** The position of the last item: positions are looked for as in a sorted list, of which only ends can be seen. */
async function lastPosition<Item>(written: Written<Item>): Promise<number> {
  const next = async (position: number): Promise<number | undefined> => {
    for await (const item of written.after(position)) return written.positionOf(item);
    return undefined;
  };
  let known = 0;
  let beyond = 1;
  for (let found = await next(beyond); found !== undefined; found = await next(beyond)) {
    known = found;
    beyond = Math.max(known, beyond * 2);
  }
  while (known < beyond) {
    const middle = Math.floor((known + beyond) / 2);
    const found = await next(middle);
    if (found === undefined) beyond = middle;
    else known = found;
  }
  return known;
}
