import { isJsonObject, type Json, type JsonObject, type WaterflowError } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';

/** A run that was killed is over without its machines having come to an end: this says so, and when (ms since the epoch). */
export const killedKey = 'engine/killed';

/** What is set in the store to say that the run was killed. */
export function killMark(at: number): Readonly<Record<string, Json>> {
  return { [killedKey]: { at } };
}

/** What is set to say that it wasn't, after all: it runs again. */
export const noKillMark: Readonly<Record<string, Json>> = { [killedKey]: null };

/** A run that is over without its machines having come to an end. */
export interface Killed {
  /** When, in ms since the epoch. */
  readonly at: number;
  /** By whom it was killed, and why. */
  readonly reason?: string;
  /** What broke it; absent where somebody killed it. */
  readonly error?: WaterflowError;
}

/** The value that says so. */
export function killValue({ at, reason, error }: Killed): JsonObject {
  // An error is JSON; its interface only lacks JsonObject's index signature.
  const broken = error === undefined ? {} : { error: error as unknown as JsonObject };
  return { at, ...(reason === undefined ? {} : { reason }), ...broken };
}

/** What such a value says; undefined where the run wasn't killed. */
export function killedIn(mark: Json | undefined): Killed | undefined {
  if (!isJsonObject(mark) || typeof mark['at'] !== 'number') return undefined;
  const { at, reason, error } = mark;
  // killValue() made it.
  const broken = error === undefined ? {} : { error: error as unknown as WaterflowError };
  return { at, ...(typeof reason === 'string' ? { reason } : {}), ...broken };
}

/** When the run was killed; undefined where it wasn't. */
export function killedAt(store: Pick<RunStore, 'get'>): number | undefined {
  return killedIn(store.get(killedKey))?.at;
}
