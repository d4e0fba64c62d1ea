import type { RunNotice } from '../port.ts';

/** The most that waits for a slow reader of what a run may say any number of times. The store has all of it. */
const bufferedCharacters = 16 * 1024 * 1024;
/** What a notice other than a log's takes, about. */
const noticeCharacters = 500;

/** What a run says as often as its steps write, call or go round in a loop. */
type Chatter = Extract<RunNotice, { readonly job: string; readonly step: string }>;

/**
 * Hands notices from a run to its one reader, in order. A reader that is slow or absent never holds the run up: what waits
 * is bounded, since beyond a limit logs, host calls and the steps of iterations are left out, and a `log` notice in their place says how
 * many. Nothing else is ever left out.
 */
export class NoticeBuffer {
  readonly #waiting: RunNotice[] = [];
  #characters = 0;
  #leftOut: { readonly last: Chatter; readonly count: number } | undefined;
  #state: 'open' | 'ended' | 'abandoned' = 'open';
  #wake: (() => void) | undefined;
  #taken = false;

  /** Iterate once. */
  readonly notices: AsyncIterable<RunNotice> = { [Symbol.asyncIterator]: () => this.#take() };

  push(notice: RunNotice): void {
    if (this.#state !== 'open') return;
    if (isChatter(notice)) {
      const characters = notice.type === 'log' ? notice.text.length : noticeCharacters;
      if (this.#characters + characters > bufferedCharacters) {
        this.#leftOut = { last: notice, count: (this.#leftOut?.count ?? 0) + 1 };
        return;
      }
      this.#characters += characters;
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
    const text = `${count} notices of logs, host calls and iterations are left out here, since they came faster than they were read; the stored log has what was written.\n`;
    const { run, at, job, step } = last;
    const attempt = 'attempt' in last ? last.attempt : last.attempts;
    const sequence = last.type === 'log' ? last.sequence : 0;
    this.#waiting.push({ type: 'log', run, at, job, step, attempt, sequence, stream: 'log', text });
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
        this.#characters = 0;
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

function isChatter(notice: RunNotice): notice is Chatter {
  if (notice.type === 'log' || notice.type === 'host_call') return true;
  return 'step' in notice && notice.step.includes('[');
}
