import type { ServerClock } from '../parts.ts';
import { inBatches, type Written } from './batches.ts';

/** How far a run has come. */
export interface RunState {
  readonly status: string;
  /** False while no engine has it: nothing is written yet. */
  readonly begun: boolean;
  readonly ended: boolean;
}

/** A run, for those who follow it. */
export interface Followed<Item> {
  readonly written: Written<Item>;
  readonly state: () => Promise<RunState>;
  readonly watch: (changed: () => void) => Disposable;
  readonly clock: ServerClock;
}

/** What a follower is told. */
export type Told<Item> =
  | { readonly kind: 'items'; readonly items: readonly Item[] }
  /** Nothing has come for a while. */
  | { readonly kind: 'quiet' }
  /** The run has ended, and all that it wrote was told. */
  | { readonly kind: 'ended'; readonly state: RunState };

/** What followers that keep up with the run find without reading it themselves, in characters. */
const mostRecent = 256 * 1024;
/** What one follower is given of that at a time: one that takes nothing holds no more. */
const mostAtOnce = 512;
/** Followers are told that nothing came, so that their clients and what lies between see a living connection. */
const quietMs = 15_000;
/**
 * After a look at a run some time passes without one, but no more than followers bear: a look that took long may have waited for
 * others' work, not done its own.
 */
const restForWork = 2;
const longestRestMs = 200;

/** All that was written after position `start` up to `end`. */
interface Recent<Item> {
  readonly items: Item[];
  start: number;
  end: number;
  size: number;
}

/**
 * One run that any number of followers read as it goes on: it is watched once and read once for all of them. A follower that is
 * behind reads for itself until it has caught up, at its own pace.
 */
export class RunFeed<Item> {
  readonly #run: Followed<Item>;
  readonly #waiting = new Set<() => void>();
  /** Called once it is of no use to new followers. */
  readonly #over: () => void;
  #begun: Promise<void> | undefined;
  #followers = 0;
  #watch: Disposable | undefined;
  #recent: Recent<Item> | undefined;
  #outcome: { readonly state: RunState } | { readonly failure: unknown } | undefined;
  #looking = false;
  #lookAgain = false;
  #notBefore = 0;
  #later: (() => void) | undefined;

  constructor(run: Followed<Item>, over: () => void) {
    this.#run = run;
    this.#over = over;
  }

  /** Everything after a position, as it comes, until the run has ended or `signal` aborts. Throws what keeps the run from being read. */
  async *follow(position: number, signal: AbortSignal): AsyncGenerator<Told<Item>, void, undefined> {
    this.#join();
    try {
      await (this.#begun ??= this.#begin());
      for (let after = position; !signal.aborted; ) {
        const items = this.#since(after);
        if (items === undefined) {
          if (this.#outcome !== undefined && 'failure' in this.#outcome) throw this.#outcome.failure;
          for await (const batch of this.#catchUp(after)) {
            after = this.#positionOf(batch) ?? after;
            yield { kind: 'items', items: batch };
            if (signal.aborted) return;
          }
          this.#recent ??= { items: [], start: after, end: after, size: 0 };
          void this.#look();
        } else if (items.length > 0) {
          after = this.#positionOf(items) ?? after;
          yield { kind: 'items', items };
        } else if (this.#outcome !== undefined) {
          if ('failure' in this.#outcome) throw this.#outcome.failure;
          yield { kind: 'ended', state: this.#outcome.state };
          return;
        } else if ((await this.#news(signal)) === 'quiet') yield { kind: 'quiet' };
      }
    } finally {
      this.#leave();
    }
  }

  /** What is at hand behind a position; undefined where that doesn't reach back so far. */
  #since(after: number): readonly Item[] | undefined {
    const recent = this.#recent;
    if (recent === undefined || after < recent.start) return undefined;
    const { positionOf } = this.#run.written;
    const first = recent.items.findLastIndex((item) => positionOf(item) <= after) + 1;
    return recent.items.slice(first, first + mostAtOnce);
  }

  async *#catchUp(after: number): AsyncGenerator<readonly Item[], void, undefined> {
    const { written, state, clock } = this.#run;
    if ((await state()).begun) yield* inBatches(written, after, clock);
  }

  #positionOf(items: readonly Item[]): number | undefined {
    const last = items.at(-1);
    return last === undefined ? undefined : this.#run.written.positionOf(last);
  }

  #join(): void {
    this.#followers += 1;
    this.#watch ??= this.#run.watch(() => void this.#look());
  }

  #leave(): void {
    this.#followers -= 1;
    if (this.#followers === 0) this.#close();
  }

  #close(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#later?.();
    this.#later = undefined;
    this.#over();
  }

  /** Resolves when there may be more, or nothing has come for a while. */
  #news(signal: AbortSignal): Promise<'news' | 'quiet'> {
    return new Promise((resolve) => {
      const wake = (): void => done('news');
      const stop = this.#run.clock.after(quietMs, () => done('quiet'));
      const done = (what: 'news' | 'quiet'): void => {
        stop();
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(what);
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** What was written so far is read once for all, too, where it isn't much. */
  async #begin(): Promise<void> {
    const recent: Recent<Item> = { items: [], start: 0, end: 0, size: 0 };
    try {
      const now = await this.#run.state();
      if (now.begun) {
        for await (const batch of inBatches(this.#run.written, 0, this.#run.clock)) {
          this.#add(recent, batch);
          if (recent.start > 0) return;
        }
      }
      this.#recent = recent;
      if (now.ended) this.#finish({ state: now });
      // What came meanwhile was told to nobody.
      else void this.#look();
    } catch (failure) {
      this.#finish({ failure });
    }
  }

  /** Reads what is new, once for all. */
  async #look(): Promise<void> {
    const { clock } = this.#run;
    if (this.#recent === undefined || this.#outcome !== undefined) return;
    this.#lookAgain = this.#looking;
    if (this.#looking) return;
    const begun = clock.now();
    if (begun < this.#notBefore) {
      this.#later ??= clock.after(this.#notBefore - begun, () => {
        this.#later = undefined;
        void this.#look();
      });
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        await this.#readOn(this.#recent);
      } while (this.#lookAgain);
    } catch (failure) {
      this.#finish({ failure });
    } finally {
      this.#looking = false;
    }
    this.#notBefore = clock.now() + Math.min(longestRestMs, (clock.now() - begun) * restForWork);
    for (const wake of this.#waiting) wake();
  }

  async #readOn(recent: Recent<Item>): Promise<void> {
    const { written, state, clock } = this.#run;
    // In this order: what an ended run wrote is there.
    const now = await state();
    if (now.begun) {
      for await (const batch of inBatches(written, recent.end, clock)) {
        this.#add(recent, batch);
        for (const wake of this.#waiting) wake();
      }
    }
    if (now.ended) this.#finish({ state: now });
  }

  /** Adds what was written last, and forgets what was written first where that is too much. */
  #add(recent: Recent<Item>, batch: readonly Item[]): void {
    const { positionOf, sizeOf } = this.#run.written;
    recent.items.push(...batch);
    recent.end = this.#positionOf(batch) ?? recent.end;
    recent.size += batch.reduce((size, item) => size + sizeOf(item), 0);
    let forgotten = 0;
    for (const item of recent.items) {
      if (recent.size <= mostRecent) break;
      recent.size -= sizeOf(item);
      recent.start = positionOf(item);
      forgotten += 1;
    }
    recent.items.splice(0, forgotten);
  }

  #finish(outcome: { readonly state: RunState } | { readonly failure: unknown }): void {
    this.#outcome = outcome;
    this.#close();
  }
}

/** The feeds of the runs that are followed at the moment. */
export class RunFeeds<Item> {
  readonly #open: (run: string) => Followed<Item>;
  readonly #feeds = new Map<string, RunFeed<Item>>();

  constructor(open: (run: string) => Followed<Item>) {
    this.#open = open;
  }

  /** See {@link RunFeed.follow}. */
  async *follow(run: string, position: number, signal: AbortSignal): AsyncGenerator<Told<Item>, void, undefined> {
    // It has its follower before anything else happens, so that none is left in the table without one.
    yield* this.#of(run).follow(position, signal);
  }

  #of(run: string): RunFeed<Item> {
    const known = this.#feeds.get(run);
    if (known !== undefined) return known;
    // A run that ended may begin again, so that its next follower needs another.
    const feed: RunFeed<Item> = new RunFeed(this.#open(run), () => {
      if (this.#feeds.get(run) === feed) this.#feeds.delete(run);
    });
    this.#feeds.set(run, feed);
    return feed;
  }
}
