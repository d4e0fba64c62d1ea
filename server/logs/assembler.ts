import type { RecordedLog } from '../../engine/port.ts';
import { type LinePosition, positionText } from './position.ts';

/** A line of a step's log, or a piece of one that is too long. */
export interface LogLine {
  /** When its beginning was written, RFC 3339 UTC. */
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly stream: RecordedLog['stream'];
  /** Without its line end. */
  readonly text: string;
  /** The line goes on with the next piece of the same step and stream. */
  readonly continues?: true;
  /** To go on behind this line. */
  readonly position: string;
}

/** In UTF-16 code units. A longer line is handed out in pieces, so that a log without line ends takes neither memory nor time without end. */
export const longestPiece: number = 16 * 1024;

/** How much is kept of lines that haven't ended, over all steps, and how far behind their beginnings may fall, in code units and segments. */
const mostOpen = 1024 * 1024;
const mostReadAgain = { text: 32 * 1024 * 1024, segments: 65_536 };

/** A line for who only looks at it. */
export type UnplacedLine = Omit<LogLine, 'position'>;

/** Whether the text of a segment, with what was begun before it, may hold a line that is wanted. */
export type MayHold = (segment: RecordedLog, text: string) => boolean;

/** The beginning of a line whose end hasn't come. */
type OpenLine = Omit<UnplacedLine, 'continues'>;

/**
 * Makes lines of segments, which are cut anywhere: for each step's attempt and each of its streams apart. What comes out depends on
 * nothing but the segments after the last point at which no line was open; so a reader that begins again at that point gets the
 * same lines.
 */
export class LineAssembler {
  /** By job, then by step, attempt and stream. */
  readonly #open = new Map<string, Map<string, OpenLine>>();
  #openText = 0;
  /** Behind this segment no line was open. */
  #clean: number;
  #sinceClean = { text: 0, segments: 0 };
  #current: LinePosition;
  /** The last line that the reader has. */
  #seen: LinePosition | undefined;

  readonly #mayHold: MayHold;

  /**
   * `seen`: only what comes behind that line is handed out. Push the segments after its `from`, else those after 0. Lines are counted without being made
   * where `mayHold` says no.
   */
  constructor(seen?: LinePosition, mayHold: MayHold = () => true) {
    this.#mayHold = mayHold;
    this.#clean = seen?.from ?? 0;
    this.#current = { segment: this.#clean, line: 0, from: this.#clean };
    this.#seen = seen;
  }

  /** The lines that a segment ended, one after the other, since there may be as many as it has characters. Take them all. */
  *push(segment: RecordedLog): Generator<LogLine, void, undefined> {
    this.#current = { segment: segment.position, line: 0, from: this.#clean };
    for (const line of this.#linesOf(segment)) if (this.#isNew()) yield line;
    const seen = this.#seen;
    if (seen === undefined || segment.position < seen.segment) return;
    // Where the reader has more lines of a segment than it gave, all that was open then had ended with the run.
    if (segment.position === seen.segment && this.#current.line < seen.line) {
      for (const line of this.#endAll()) if (this.#isNew()) yield line;
    }
    this.#seen = undefined;
  }

  /**
   * Counts the lines of a segment where that is all there is to do, which is so for most of a log that is searched: whole lines, while none
   * was begun, and none of them wanted. False where it has to be pushed.
   */
  pass(segment: RecordedLog): boolean {
    const { text, position } = segment;
    const isWhole = text.endsWith('\n') && text.length <= longestPiece;
    if (!isWhole || this.#open.size > 0 || this.#seen !== undefined || this.#mayHold(segment, text)) return false;
    this.#current = { segment: position, line: 0, from: this.#clean };
    this.#passOver('', text);
    this.#markClean();
    return true;
  }

  /** Whether what comes next may be passed over: no line was begun, and the reader has all that it was given before. */
  get isClear(): boolean {
    return this.#open.size === 0 && this.#seen === undefined;
  }

  /** Goes on behind segments of whole lines of which none is wanted, while it {@link isClear}. */
  passAll(last: number): void {
    this.#current = { segment: last, line: 0, from: last };
    this.#markClean();
  }

  /** Of a reader who has all that was handed out. */
  get position(): LinePosition {
    return this.#current;
  }

  /** What is left without a line end once nothing more comes. */
  *end(): Generator<LogLine, void, undefined> {
    yield* this.#endAll();
  }

  /** The same while more may come: nothing is changed, and nothing can go on behind these. */
  unfinished(): readonly UnplacedLine[] {
    return [...this.#open.values()].flatMap((lines) =>
      Array.from(lines.values(), (line) => ({ ...line, continues: true as const })),
    );
  }

  *#linesOf(segment: RecordedLog): Generator<LogLine, void, undefined> {
    yield* this.#endEarlier(segment);
    yield* this.#cut(segment);
    this.#sinceClean.segments += 1;
    this.#sinceClean.text += segment.text.length;
    const { text, segments } = this.#sinceClean;
    if (this.#openText > mostOpen || text > mostReadAgain.text || segments > mostReadAgain.segments) {
      yield* this.#endAll({ continues: true });
    }
  }

  *#cut(segment: RecordedLog): Generator<LogLine, void, undefined> {
    const { at, job, step, job_attempt, attempt, stream, text } = segment;
    const key = `${job_attempt} ${attempt} ${stream} ${step}`;
    const line = { job, step, job_attempt, attempt, stream };
    let beginning = this.#take(job, key) ?? { ...line, at, text: '' };
    let start = this.#mayHold(segment, `${beginning.text}${text}`) ? 0 : this.#passOver(beginning.text, text);
    if (start > 0) beginning = { ...line, at, text: '' };
    for (let end = text.indexOf('\n', start); end !== -1; end = text.indexOf('\n', start)) {
      yield* this.#pieces({ ...beginning, text: withoutReturn(`${beginning.text}${text.slice(start, end)}`) });
      beginning = { ...line, at, text: '' };
      start = end + 1;
    }
    const open = { ...beginning, text: `${beginning.text}${text.slice(start)}` };
    // Also its last piece: what follows begins at a segment, wherever reading begins.
    if (open.text.length > longestPiece) yield* this.#pieces(open, { continues: true });
    else if (open.text !== '') this.#keep(key, open);
    if (this.#open.size === 0) this.#markClean();
  }

  /** Counts the lines that end in a text, up to one that comes in pieces; tells where the rest begins. */
  #passOver(beginning: string, text: string): number {
    let [start, lines, before] = [0, 0, beginning.length];
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (before + end - start > longestPiece) break;
      [start, lines, before] = [end + 1, lines + 1, 0];
    }
    this.#current = { ...this.#current, line: this.#current.line + lines };
    return start;
  }

  /** Steps of a job come one after the other, but for those within one step; what an earlier one or an earlier attempt left has ended. */
  *#endEarlier({ job, step, job_attempt, attempt }: RecordedLog): Generator<LogLine, void, undefined> {
    for (const [key, open] of this.#open.get(job) ?? []) {
      const goesOn =
        open.job_attempt === job_attempt &&
        (open.step === step ? open.attempt === attempt : topStep(open.step) === topStep(step));
      if (goesOn) continue;
      this.#take(job, key);
      yield this.#placed(open);
    }
  }

  *#endAll(how: { readonly continues?: true } = {}): Generator<LogLine, void, undefined> {
    for (const open of this.#open.values()) for (const line of open.values()) yield this.#placed({ ...line, ...how });
    this.#open.clear();
    this.#openText = 0;
    this.#markClean();
  }

  *#pieces(line: OpenLine, last: { readonly continues?: true } = {}): Generator<LogLine, void, undefined> {
    let { text } = line;
    while (text.length > longestPiece) {
      const end = isHighSurrogate(text.charCodeAt(longestPiece - 1)) ? longestPiece - 1 : longestPiece;
      yield this.#placed({ ...line, text: text.slice(0, end), continues: true });
      text = text.slice(end);
    }
    yield this.#placed({ ...line, text, ...last });
  }

  #placed(line: UnplacedLine): LogLine {
    this.#current = { ...this.#current, line: this.#current.line + 1 };
    return { ...line, position: positionText(this.#current) };
  }

  /** Whether the reader doesn't have the line that was placed last. */
  #isNew(): boolean {
    const seen = this.#seen;
    if (seen === undefined) return true;
    const { segment, line } = this.#current;
    return segment > seen.segment || (segment === seen.segment && line > seen.line);
  }

  #take(job: string, key: string): OpenLine | undefined {
    const lines = this.#open.get(job);
    const line = lines?.get(key);
    if (lines === undefined || line === undefined) return undefined;
    lines.delete(key);
    if (lines.size === 0) this.#open.delete(job);
    this.#openText -= line.text.length;
    return line;
  }

  #keep(key: string, line: OpenLine): void {
    const lines = this.#open.get(line.job) ?? new Map<string, OpenLine>();
    this.#open.set(line.job, lines.set(key, line));
    this.#openText += line.text.length;
  }

  #markClean(): void {
    this.#clean = this.#current.segment;
    this.#sinceClean = { text: 0, segments: 0 };
  }
}

/** `loop` of `loop[7].step`. */
function topStep(step: string): string {
  const end = step.search(/[.[]/u);
  return end === -1 ? step : step.slice(0, end);
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
