import type { RunId } from '../../schemas/index.ts';

/** How soon those who watch hear of what other servers wrote. */
const lookMs = 100;
/** Runs of one statement. */
const runsAtOnce = 1_000;

/** Those who watch runs. */
export interface Watching extends Disposable {
  watch(run: RunId, changed: () => void): Disposable;
  /** Something of the run was written here. */
  tell(run: RunId): void;
}

/**
 * Tells those who watch of what is written here, and of what other servers write, by one look for all of them: `look` gives what
 * changes with whatever is written of runs, of those that are there. A look that fails is followed by the next one. While nobody watches, nothing is looked at.
 */
export function createWatching(look: (runs: readonly RunId[]) => Promise<ReadonlyMap<RunId, string>>): Watching {
  const watchers = new Map<RunId, Set<() => void>>();
  let seen = new Map<RunId, string>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function tell(run: RunId): void {
    for (const watcher of watchers.get(run) ?? []) setImmediate(watcher);
  }

  async function lookAtAll(): Promise<void> {
    const runs = [...watchers.keys()];
    const found = new Map<RunId, string>();
    for (let from = 0; from < runs.length; from += runsAtOnce) {
      for (const [run, last] of await look(runs.slice(from, from + runsAtOnce))) found.set(run, last);
    }
    const before = seen;
    seen = found;
    for (const run of runs) if (before.get(run) !== found.get(run)) tell(run);
  }

  function lookLater(): void {
    if (closed || timer !== undefined || watchers.size === 0) return;
    timer = setTimeout(() => {
      void lookAtAll()
        .catch(() => undefined)
        .finally(() => {
          timer = undefined;
          lookLater();
        });
    }, lookMs);
  }

  return {
    watch(run, changed) {
      let over = false;
      // The same function may watch twice.
      const watcher = (): void => {
        if (!over) changed();
      };
      const ofRun = watchers.get(run) ?? new Set();
      watchers.set(run, ofRun.add(watcher));
      lookLater();
      return {
        [Symbol.dispose]() {
          over = true;
          ofRun.delete(watcher);
          if (ofRun.size === 0 && watchers.get(run) === ofRun) watchers.delete(run);
        },
      };
    },
    tell,
    [Symbol.dispose]() {
      closed = true;
      clearTimeout(timer);
      watchers.clear();
    },
  };
}
