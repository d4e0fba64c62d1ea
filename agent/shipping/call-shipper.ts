import { setTimeout as sleep } from 'node:timers/promises';
import { type LogPosition, readOn } from '../../runtime/audit/index.ts';
import { assertNever, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { CallCursors } from './call-cursors.ts';
import type { CallsAnswer, SendCalls } from './send-calls.ts';

/** What ships records of host calls is made of. */
export interface CallShipperParts {
  readonly cursors: CallCursors;
  /** The first file of a run's audit log. */
  readonly auditFileOf: (run: RunId) => string;
  readonly send: SendCalls;
  /** Told when the server stops answering, and when it does again. */
  readonly onState: (state: { readonly reached: boolean; readonly reason?: string }) => void;
  /** Told of a run whose record the server will never have as a whole. */
  readonly onRefused: (run: RunId, reason: string) => void;
}

/**
 * Sends the audit logs of runs as they grow, each in order. The logs themselves are what waits for the server: no entry needs room elsewhere, and
 * none is lost with the process, as each was written before what it tells of was done.
 */
export interface CallShipper extends AsyncDisposable {
  /** A run's log is about to be opened. */
  follow(run: RunId): void;
  /** Something was written to it. */
  wake(run: RunId): void;
  /** It is closed; as often as it was followed. */
  leave(run: RunId): void;
}

/** Of a batch, so that with one long line more it is below what the server takes in one request (1 MiB). */
const batchBytes = 256 * 1024;
const firstPauseMs = 250;
const mostPauseMs = 15_000;
/** Entries that come within a moment go as one batch. */
const holdMs = 100;
/** While it ends it sends on, no longer than this, in ms. */
const lastWordsMs = 5000;

/** A run's log on its way. */
interface Followed {
  position: LogPosition;
  /** Entries before this sequence are with the server. */
  from: number;
  chain: string | undefined;
  /** The sequence for which it began anew, since the server lacks what it was told to have. */
  rewound: number | undefined;
  /** How many have it open. */
  writers: number;
  /** There may be more. */
  isDue: boolean;
}

/** Begins at once with what an earlier process left. */
export function createCallShipper(parts: CallShipperParts): CallShipper {
  const shipping = new Shipping(parts);
  shipping.begin();
  return shipping;
}

class Shipping implements CallShipper {
  readonly #parts: CallShipperParts;
  readonly #runs = new Map<RunId, Followed>();
  readonly #ending = new AbortController();
  #isEnding = false;
  #woken = Promise.withResolvers<void>();
  #pause = firstPauseMs;
  #looping: Promise<void> = Promise.resolve();

  constructor(parts: CallShipperParts) {
    this.#parts = parts;
  }

  begin(): void {
    for (const run of this.#parts.cursors.open()) this.#take(run).isDue = true;
    this.#looping = this.#loop();
    // Whoever disposes of it hears of it.
    this.#looping.catch(() => {});
  }

  follow(run: RunId): void {
    this.#take(run).writers += 1;
  }

  wake(run: RunId): void {
    const followed = this.#runs.get(run);
    if (followed === undefined || followed.isDue) return;
    followed.isDue = true;
    this.#woken.resolve();
  }

  leave(run: RunId): void {
    const followed = this.#runs.get(run);
    if (followed === undefined) return;
    followed.writers -= 1;
    this.wake(run);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    this.#woken.resolve();
    const late = setTimeout(() => this.#ending.abort(), lastWordsMs);
    try {
      await this.#looping;
    } finally {
      clearTimeout(late);
    }
  }

  #take(run: RunId): Followed {
    const known = this.#runs.get(run);
    const position = this.#parts.cursors.follow(run);
    const followed = known ?? { position, from: 1, chain: undefined, rewound: undefined, writers: 0, isDue: false };
    this.#runs.set(run, followed);
    return followed;
  }

  async #loop(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const due = [...this.#runs].find(([, { isDue }]) => isDue);
      if (due === undefined) {
        if (this.#isEnding) return;
        await this.#woken.promise;
        this.#woken = Promise.withResolvers();
        continue;
      }
      const [run, followed] = due;
      // Others have their turn before it has another one.
      this.#runs.delete(run);
      this.#runs.set(run, followed);
      await this.#ship(run, followed);
    }
  }

  async #ship(run: RunId, followed: Followed): Promise<void> {
    followed.isDue = false;
    const file = this.#parts.auditFileOf(run);
    try {
      const { lines, position } = await readOn(file, followed.position, batchBytes);
      if (lines.length === 0) {
        if (followed.writers === 0 && !followed.isDue) this.#close(run);
        return;
      }
      followed.isDue = true;
      const wanted = lines.filter((line) => sequenceOf(line) >= followed.from);
      followed.chain ??= await chainOf(file);
      const batch = { run, chain: followed.chain, lines: wanted };
      const answer: CallsAnswer =
        wanted.length === 0 ? { kind: 'taken' } : await this.#parts.send(batch, this.#ending.signal);
      await this.#settle(run, { followed, position, answer, wasSent: wanted.length > 0 });
    } catch (cause) {
      // Its files can't be read, or how far it is can't be kept.
      this.#refuse(run, cause instanceof Error ? cause.message : String(cause));
    }
  }

  async #settle(
    run: RunId,
    {
      followed,
      position,
      answer,
      wasSent,
    }: {
      readonly followed: Followed;
      readonly position: LogPosition;
      readonly answer: CallsAnswer;
      readonly wasSent: boolean;
    },
  ): Promise<void> {
    if (answer.kind === 'later') {
      this.#parts.onState({ reached: false, reason: answer.reason });
      await this.#rest(answer.afterMs ?? this.#pause);
      this.#pause = Math.min(2 * this.#pause, mostPauseMs);
      return;
    }
    this.#pause = firstPauseMs;
    this.#parts.onState({ reached: true });
    switch (answer.kind) {
      case 'taken':
        followed.position = position;
        if (wasSent) followed.rewound = undefined;
        this.#note(run, position);
        if (!this.#isEnding) await this.#rest(holdMs);
        return;
      case 'gap':
        // It was restored from a backup: all that it lacks is sent again, once.
        if (followed.rewound === answer.next) return this.#refuse(run, `it takes nothing from entry ${answer.next} on`);
        followed.position = { segment: 0, offset: 0 };
        followed.from = answer.next;
        followed.rewound = answer.next;
        return;
      case 'refused':
        return this.#refuse(run, answer.reason);
      default:
        assertNever(answer);
    }
  }

  /** What a full disk can't note is noted with the next batch, or sent again by the next process, which the server notices. */
  #note(run: RunId, position: LogPosition): void {
    try {
      this.#parts.cursors.move(run, position);
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
    }
  }

  #refuse(run: RunId, reason: string): void {
    this.#parts.onRefused(run, reason);
    this.#close(run);
  }

  #close(run: RunId): void {
    this.#runs.delete(run);
    try {
      this.#parts.cursors.close(run);
    } catch {
      // It is looked at once more by the next process.
    }
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#ending.signal }).catch(() => {});
  }
}

function sequenceOf(line: string): number {
  return Number(/^\{"sequence":(\d+),/u.exec(line)?.[1] ?? Number.NaN);
}

/** The hash of a log's first entry, by which the server knows the log. */
async function chainOf(file: string): Promise<string> {
  const { lines } = await readOn(file, { segment: 0, offset: 0 }, 1);
  const hash = /"hash":"([0-9a-f]{64})"\}$/u.exec(lines[0] ?? '')?.[1];
  if (hash === undefined) throw new Error('the log does not begin with an entry');
  return hash;
}
