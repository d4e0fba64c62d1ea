import { setImmediate } from 'node:timers/promises';
import type { SkimmedLogs } from '../../engine/port.ts';
import type { ServerClock } from '../parts.ts';

/** What is read and handed on at a time, and how long a store is kept open for a reader that takes nothing. */
const batchText = 64 * 1024;
const batchItems = 512;
const idleMs = 250;

/** What a run has written, in order, each item with a position. */
export interface Written<Item> {
  /** The items after a position that are there by now. */
  readonly after: (position: number) => AsyncIterable<Item>;
  /** The same, many as one text, for who looks for a text in them. Ends early where they have to be read one by one. */
  readonly skim?: (position: number) => AsyncIterable<SkimmedLogs>;
  readonly positionOf: (item: Item) => number;
  /** About how much memory one takes, in characters. */
  readonly sizeOf: (item: Item) => number;
}

/**
 * What is there after a position, in batches: as much memory as one of them takes, and other work has its turn after each. A reader
 * that is slow doesn't keep the store open, so nothing that is written meanwhile has to wait for it.
 */
export async function* inBatches<Item>(
  written: Written<Item>,
  position: number,
  clock: ServerClock,
): AsyncGenerator<readonly Item[], void, undefined> {
  let after = position;
  let reading: AsyncIterator<Item> | undefined;
  try {
    for (;;) {
      reading ??= written.after(after)[Symbol.asyncIterator]();
      const batch = await nextBatch(reading, written);
      const last = batch.at(-1);
      if (last === undefined) return;
      after = written.positionOf(last);
      const keep = clock.after(idleMs, () => {
        void reading?.return?.();
        reading = undefined;
      });
      yield batch;
      keep();
      await setImmediate();
    }
  } finally {
    await reading?.return?.();
  }
}

async function nextBatch<Item>(reading: AsyncIterator<Item>, { sizeOf }: Written<Item>): Promise<readonly Item[]> {
  const batch: Item[] = [];
  let size = 0;
  while (batch.length < batchItems && size < batchText) {
    const next = await reading.next();
    if (next.done === true) break;
    batch.push(next.value);
    size += sizeOf(next.value);
  }
  return batch;
}
