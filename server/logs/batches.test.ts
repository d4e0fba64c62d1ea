import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../engine/embedded/index.ts';
import { createReadings } from '../../engine/embedded/readings.ts';
import type { RecordedLog } from '../../engine/port.ts';
import { inBatches } from './batches.ts';
import { createWrittenRun, realClock, type WrittenRun } from './testing/written-run.ts';

const count = 5000;

/** Whether the whole write-ahead log can be taken in: not while somebody reads what was there before. */
function isFree(run: WrittenRun): boolean {
  run.write([{ text: 'more\n' }]);
  using database = new DatabaseSync(join(run.store.folder, 'logs', 'logs.sqlite'), { timeout: 0 });
  return database.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.['busy'] === 0;
}

function longRun(): WrittenRun {
  const run = createWrittenRun((store) => createReadings({ store, clock: systemClock }));
  run.write(Array.from({ length: count }, (_, index) => ({ text: `line ${index + 1}\n` })));
  return run;
}

describe('a reader that takes nothing', () => {
  it('keeps no file from being tidied, and goes on where it was', async () => {
    using run = longRun();
    const batches = inBatches(run.written, 0, realClock);
    const read: RecordedLog[] = [];
    read.push(...((await batches.next()).value ?? []));
    expect(isFree(run)).toBe(true);
    for await (const batch of batches) read.push(...batch);
    expect(read.slice(0, count).map(({ text }) => text)).toEqual(
      Array.from({ length: count }, (_, index) => `line ${index + 1}\n`),
    );
  });

  it('has what it reads closed after a moment, and opened again behind what it has', async () => {
    const begun: number[] = [];
    let [open, pass] = [0, (): void => {}];
    const numbers = {
      async *after(position: number): AsyncGenerator<number, void, undefined> {
        begun.push(position);
        open += 1;
        try {
          for (let number = position + 1; number <= 1200; number += 1) yield number;
        } finally {
          open -= 1;
        }
      },
      positionOf: (number: number) => number,
      sizeOf: () => 1,
    };
    const clock = { ...realClock, after: (_: number, then: () => void) => ((pass = then), () => {}) };
    const batches = inBatches(numbers, 0, clock);
    const first = (await batches.next()).value ?? [];
    expect(open).toBe(1);
    pass();
    await Promise.resolve();
    expect(open).toBe(0);
    const second = (await batches.next()).value ?? [];
    expect({ begun, first: first.at(-1), second: second[0] }).toEqual({ begun: [0, 512], first: 512, second: 513 });
    await batches.return();
    expect(open).toBe(0);
  });

  it('leaves nothing behind when it goes away', async () => {
    using run = longRun();
    const batches = inBatches(run.written, 0, realClock);
    await batches.next();
    await batches.return();
    expect(isFree(run)).toBe(true);
  });
});
