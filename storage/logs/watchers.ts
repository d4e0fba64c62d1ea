import type { RunId } from '../../schemas/index.ts';

/** Those who watch runs. */
export class Watchers {
  readonly #watchers = new Map<RunId, Set<() => void>>();

  watch(run: RunId, changed: () => void): Disposable {
    // The same function may watch twice.
    const watcher = (): void => changed();
    const watchers = this.#watchers.get(run) ?? new Set();
    this.#watchers.set(run, watchers.add(watcher));
    return {
      [Symbol.dispose]: () => {
        watchers.delete(watcher);
        if (watchers.size === 0 && this.#watchers.get(run) === watchers) this.#watchers.delete(run);
      },
    };
  }

  tell(run: RunId): void {
    for (const watcher of this.#watchers.get(run) ?? []) watcher();
  }

  /** The runs that are watched. */
  runs(): readonly RunId[] {
    return [...this.#watchers.keys()];
  }
}
