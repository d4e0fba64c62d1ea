import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { apiPath, asProblem, send } from '../../../api/client.ts';
import { linesOf } from '../../../api/lines.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import type { LogLine } from '../../../api/types.ts';
import { positionBefore } from './position.ts';

/** Of what step the lines are. */
export interface LogOf {
  readonly run: string;
  readonly job: string;
  readonly step: string;
}

/** Where a window begins: with the last lines, going on as they come; with the first ones; or around a line. */
export type LogStart = { readonly from: 'end' } | { readonly from: 'beginning' } | { readonly around: string };

/** What a window holds. */
export interface WindowState {
  readonly lines: readonly LogLine[];
  /** Lines before these were left out. */
  readonly hasEarlier: boolean;
  /** `reading`: more is on its way; `more`: it is asked for when the reader comes to the end; `end`: there is no more. */
  readonly state: 'reading' | 'more' | 'end';
  readonly problem: ApiProblem | undefined;
}

/** So many of the last lines are there at first. */
const tailLines = 5000;
/** So many are read at once going forward. */
const pageLines = 5000;
/** So many are read behind one that is wanted. */
const linesBehind = 500;
/** More are not held: of those that were read first some go. */
const mostLines = 50_000;
/** A stream that broke off is taken up again after so long. */
const againMs = 1500;
/** Lines are shown together that come within so long. */
const shownEachMs = 80;

/** A part of a log, which may be far longer: it reads forward from where it begins and holds what is near the reader. */
export class LogWindow implements Disposable {
  readonly #of: LogOf;
  readonly #start: LogStart;
  readonly #over = new AbortController();
  readonly #state: Signal<WindowState>;
  #fresh: LogLine[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: string | undefined;
  /** The position of a line that hasn't come yet. */
  #sought: string | undefined;
  /** Since an answer came. */
  #failures = 0;

  constructor(of: LogOf, start: LogStart) {
    this.#of = of;
    this.#start = start;
    const hasEarlier = 'around' in start && positionBefore(start.around) !== undefined;
    this.#state = signal({ lines: [], hasEarlier, state: 'reading', problem: undefined });
    this.#sought = 'around' in start ? start.around : undefined;
    void this.#begin();
  }

  get state(): ReadonlySignal<WindowState> {
    return this.#state;
  }

  /** Reads the next lines, where the window doesn't by itself. */
  more(): void {
    if (this.#state.value.state === 'more') void this.#page();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    clearTimeout(this.#timer);
  }

  async #begin(): Promise<void> {
    if ('from' in this.#start && this.#start.from === 'end') return this.#follow();
    if ('around' in this.#start) this.#last = positionBefore(this.#start.around);
    return this.#page();
  }

  /** The last lines, and what comes, until the run has ended. */
  async #follow(): Promise<void> {
    for (;;) {
      try {
        const fromTail = this.#last === undefined ? { tail: tailLines } : { after: this.#last };
        let count = 0;
        for await (const line of this.#read({ ...fromTail, follow: true })) {
          count += 1;
          if (count === tailLines && this.#state.value.lines.length <= tailLines) this.#set({ hasEarlier: true });
          this.#add(line);
        }
        this.#flush();
        this.#set({ state: 'end', problem: undefined });
        return;
      } catch (thrown) {
        if (this.#over.signal.aborted) return;
        this.#flush();
        const problem = asProblem(thrown);
        // Whatever lies between may end a connection on which nothing comes.
        if (this.#failures > 0) this.#set({ problem });
        this.#failures += 1;
        // What the server says no to stays so.
        if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
          return this.#set({ state: 'end', problem });
        }
        await new Promise((resolve) => setTimeout(resolve, (problem.retryAfter ?? 0) * 1000 || againMs));
        if (this.#over.signal.aborted) return;
      }
    }
  }

  async #page(): Promise<void> {
    this.#set({ state: 'reading', problem: undefined });
    try {
      let count = 0;
      // However far it is to the line that is wanted: lines are counted from where one began a part, which may be long before.
      let enough = this.#sought === undefined ? pageLines : Number.POSITIVE_INFINITY;
      const after = this.#last === undefined ? {} : { after: this.#last };
      for await (const line of this.#read({ ...after, follow: false })) {
        this.#add(line);
        count += 1;
        if (line.position === this.#sought) {
          this.#sought = undefined;
          enough = count + linesBehind;
        }
        if (count >= enough) break;
      }
      this.#flush();
      this.#set({ state: count >= enough ? 'more' : 'end' });
    } catch (thrown) {
      if (this.#over.signal.aborted) return;
      this.#flush();
      this.#set({ state: 'more', problem: asProblem(thrown) });
    }
  }

  async *#read(query: Readonly<Record<string, string | number | boolean>>): AsyncGenerator<LogLine, void, undefined> {
    const { run, job, step } = this.#of;
    const response = await send(apiPath`v1/workflows/${run}/logs`, {
      query: { job, step, ...query },
      accept: 'application/x-ndjson',
      signal: this.#over.signal,
    });
    this.#set({ problem: undefined });
    this.#failures = 0;
    for await (const text of linesOf(response)) {
      // Each is a LogLine, as docs/rest-api.md has it.
      if (text !== '') yield JSON.parse(text) as LogLine;
    }
  }

  #add(line: LogLine): void {
    this.#fresh.push(line);
    this.#last = line.position;
    this.#timer ??= setTimeout(() => this.#flush(), shownEachMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fresh.length === 0) return;
    const { lines } = this.#state.value;
    const all = [...lines, ...this.#fresh];
    this.#fresh = [];
    const dropped = all.length - mostLines;
    if (dropped > 0) this.#set({ lines: all.slice(dropped), hasEarlier: true, problem: undefined });
    else this.#set({ lines: all, problem: undefined });
  }

  #set(change: Partial<WindowState>): void {
    this.#state.value = { ...this.#state.value, ...change };
  }
}
