import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { Store } from '../../storage/index.ts';
import type { Clock } from './api.ts';

/** How soon whoever watches a run hears of it again. */
const pauseMs = 100;
/** A run that isn't there yet is looked for so often. */
const untilThereMs = 250;
/** Whoever watches is told now and then without a reason: notifications of files can get lost. */
const lookAgainMs = 2_000;

interface Watched {
  readonly watchers: Set<() => void>;
  readonly close: () => void;
}

/** Tells of each run that is watched, to however many, by listening to it once. */
export class Watching {
  readonly #store: Pick<Store, 'listen'>;
  readonly #clock: Clock;
  readonly #watched = new Map<RunId, Watched>();

  constructor({ store, clock }: { readonly store: Pick<Store, 'listen'>; readonly clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Calls back after something was written, at once or soon after the last time; and now and then. */
  watch(run: RunId, changed: () => void): Disposable {
    // The same function may watch twice.
    const watcher = (): void => changed();
    const watched = this.#watched.get(run) ?? this.#listen(run);
    watched.watchers.add(watcher);
    return {
      [Symbol.dispose]: () => {
        watched.watchers.delete(watcher);
        if (watched.watchers.size > 0 || this.#watched.get(run) !== watched) return;
        this.#watched.delete(run);
        watched.close();
      },
    };
  }

  #listen(run: RunId): Watched {
    const watchers = new Set<() => void>();
    const limited = limit(() => {
      for (const watcher of watchers) watcher();
    }, this.#clock);
    let listening = this.#listenIfThere(run, limited.call);
    const again = (): (() => void) =>
      this.#clock.after(listening === undefined ? untilThereMs : lookAgainMs, () => {
        listening ??= this.#listenIfThere(run, limited.call);
        stop = again();
        limited.call();
      });
    let stop = again();
    const close = (): void => {
      stop();
      limited.stop();
      listening?.[Symbol.dispose]();
    };
    const watched = { watchers, close };
    this.#watched.set(run, watched);
    return watched;
  }

  #listenIfThere(run: RunId, changed: () => void): Disposable | undefined {
    try {
      return this.#store.listen(run, changed);
    } catch (cause) {
      if (cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND') return undefined;
      throw cause;
    }
  }
}

/** The first call goes through at once, and those that come within a while after one make one call at its end. */
function limit(action: () => void, clock: Clock): { readonly call: () => void; readonly stop: () => void } {
  let resting: (() => void) | undefined;
  let again = false;
  const rest = (): void => {
    resting = clock.after(pauseMs, () => {
      resting = undefined;
      if (!again) return;
      again = false;
      rest();
      action();
    });
  };
  return {
    call() {
      if (resting !== undefined) {
        again = true;
        return;
      }
      rest();
      action();
    },
    stop: () => resting?.(),
  };
}
