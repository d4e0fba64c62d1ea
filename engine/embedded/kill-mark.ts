import { isJsonObject } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';

/** A run that was killed is over without its machines having come to an end: this says so, and when (ms since the epoch). */
const key = 'engine/killed';

/** Durable when it returns. */
export function markKilled(store: RunStore, at: number): void {
  store.set(key, { at });
}

/** When the run was killed; undefined where it wasn't. */
export function killedAt(store: RunStore): number | undefined {
  const mark = store.get(key);
  return isJsonObject(mark) && typeof mark['at'] === 'number' ? mark['at'] : undefined;
}
