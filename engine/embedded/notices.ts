import type { RunNotice } from '../port.ts';

/** The most text of logs that waits for a slow reader. The logs themselves are whole in the store. */
const bufferedLogCharacters = 16 * 1024 * 1024;

type LogNotice = Extract<RunNotice, { readonly type: 'log' }>;

/**
 * Hands notices from a run to its one reader, in order. A reader that is slow or absent never holds the run up: what waits
 * is bounded, since beyond a limit log texts are left out, and a `log` notice in their place says how many. Nothing else
 * is ever left out.
 */
export class NoticeBuffer {
  readonly #waiting: RunNotice[] = [];
  #logCharacters = 0;
  #leftOut: { readonly last: LogNotice; readonly count: number } | undefined;
  #state: 'open' | 'ended' | 'abandoned' = 'open';
  #wake: (() => void) | undefined;
  #taken = false;

  /** Iterate once. */
  readonly notices: AsyncIterable<RunNotice> = { [Symbol.asyncIterator]: () => this.#take() };

  push(notice: RunNotice): void {
    if (this.#state !== 'open') return;
    if (notice.type === 'log') {
      if (this.#logCharacters + notice.text.length > bufferedLogCharacters) {
        this.#leftOut = { last: notice, count: (this.#leftOut?.count ?? 0) + 1 };
        return;
      }
      this.#logCharacters += notice.text.length;
    }
    this.#tellWhatIsLeftOut();
    this.#waiting.push(notice);
    this.#wake?.();
  }

  /** No notice follows. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#tellWhatIsLeftOut();
    this.#state = 'ended';
    this.#wake?.();
  }

  #tellWhatIsLeftOut(): void {
    if (this.#leftOut === undefined) return;
    const { last, count } = this.#leftOut;
    this.#leftOut = undefined;
    const text = `${count} parts of logs are left out here, since they came faster than they were read; the stored log has them.\n`;
    this.#waiting.push({ ...last, stream: 'log', text });
  }

  #take(): AsyncIterator<RunNotice> {
    if (this.#taken) throw new TypeError('the notices of a run can be iterated once');
    this.#taken = true;
    return this.#drain();
  }

  async *#drain(): AsyncGenerator<RunNotice, void, undefined> {
    try {
      for (;;) {
        const batch = this.#waiting.splice(0);
        this.#logCharacters = 0;
        yield* batch;
        if (this.#waiting.length > 0) continue;
        if (this.#state !== 'open') return;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        this.#wake = undefined;
      }
    } finally {
      this.#state = 'abandoned';
      this.#waiting.length = 0;
    }
  }
}
