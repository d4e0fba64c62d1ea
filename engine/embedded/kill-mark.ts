import { isJsonObject, type Json } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';

/** A run that was killed is over without its machines having come to an end: this says so, and when (ms since the epoch). */
export const killedKey = 'engine/killed';

/** What is set in the store to say that the run was killed. */
export function killMark(at: number): Readonly<Record<string, Json>> {
  return { [killedKey]: { at } };
}

/** What is set to say that it wasn't, after all: it runs again. */
export const noKillMark: Readonly<Record<string, Json>> = { [killedKey]: null };

/** When the run was killed; undefined where it wasn't. */
export function killedAt(store: Pick<RunStore, 'get'>): number | undefined {
  return killedAtIn(store.get(killedKey));
}

/** The same, from what is set. */
export function killedAtIn(mark: Json | undefined): number | undefined {
  return isJsonObject(mark) && typeof mark['at'] === 'number' ? mark['at'] : undefined;
}
