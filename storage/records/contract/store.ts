import { expect } from 'vitest';
import type { WaterflowError } from '../../../schemas/index.ts';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { openRecords } from '../open.ts';
import type { Records } from '../port.ts';
import type { RecordsPlace } from '../session-at.ts';
import { examplePlan } from './samples.ts';

/** An empty store of one test's own. */
export interface TestStore extends AsyncDisposable {
  readonly place: RecordsPlace;
  /** A handle of its own, as another server would have it. Disposed of with the store. */
  open(now?: () => number): Promise<Records>;
}

export type MakeStore = () => Promise<TestStore>;

/** Where nothing is yet. */
export interface EmptyPlace {
  readonly place: RecordsPlace;
  readonly remove: () => Promise<void> | void;
}

/** A store in an empty place, in which the examples' plan is kept. */
export async function storeAt({ place, remove }: EmptyPlace): Promise<TestStore> {
  const handles: Records[] = [];
  const open = async (now = Date.now) => {
    const handle = await openRecords(place, { now });
    handles.push(handle);
    return handle;
  };
  const first = await open();
  await first.runs.putPlan(examplePlan, { name: 'example' });
  return {
    place,
    open,
    async [Symbol.asyncDispose]() {
      await Promise.all(handles.map((handle) => handle[Symbol.asyncDispose]()));
      await remove();
    },
  };
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<WaterflowError> {
  const cause: unknown = await promise.then(
    () => expect.fail('nothing was rejected'),
    (reason: unknown) => reason,
  );
  if (cause instanceof WaterflowFailure) return cause.error;
  throw cause;
}
