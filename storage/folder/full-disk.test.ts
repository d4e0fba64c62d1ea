import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../contract/small-disk.ts';
import { exampleRecord, exampleSegment, failureOf } from '../contract/store-contract.ts';
import type { RunStore } from '../port.ts';
import { createFolderStore } from './store.ts';

const small = mountSmallDisk({ bytes: 1024 * 1024 });
const disk = small?.folder ?? '';
afterAll(() => small?.[Symbol.dispose]());

function fillUntilItFails(action: (number: number) => void) {
  let done = 0;
  const failure = failureOf(() => {
    for (; done < 10_000; done += 1) action(done + 1);
  });
  return { done, error: failure.error };
}

function append(run: RunStore, number: number): void {
  run.append([
    { machine: { kind: 'run' }, event: { type: 'timer_fired', number, text: 'x'.repeat(5_000) } },
    { machine: { kind: 'run' }, event: { type: 'timer_fired', number, text: 'second of its transaction' } },
  ]);
}

describe.skipIf(small === undefined)('a full disk (needs root, to mount a small one)', () => {
  it('is STORAGE_FULL, keeps what was written, and the run goes on once there is space', () => {
    const root = join(disk, 'runs');
    const store = createFolderStore({ root });
    const record = exampleRecord();
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(256 * 1024));
    const run = store.create(record);
    const { done, error } = fillUntilItFails((number) => append(run, number));
    expect(error).toMatchObject({ code: 'STORAGE_FULL', remedy: expect.stringContaining('Free space') });
    expect(done).toBeGreaterThan(10);
    expect([...run.entries()]).toHaveLength(2 * done);
    expect(failureOf(() => append(run, 0)).error.code).toBe('STORAGE_FULL');
    run[Symbol.dispose]();
    rmSync(ballast);
    using resumed = store.open(record.run);
    expect([...resumed.entries()].map((entry) => entry.event['number'])).toEqual(
      Array.from({ length: 2 * done }, (_, index) => Math.floor(index / 2) + 1),
    );
    append(resumed, done + 1);
    expect([...resumed.entries()]).toHaveLength(2 * done + 2);
  });

  it('is STORAGE_FULL for logs, blobs and new runs too', () => {
    const root = join(disk, 'runs');
    rmSync(root, { recursive: true, force: true });
    const store = createFolderStore({ root });
    const run = store.create(exampleRecord());
    const blob = fillUntilItFails((number) => run.putBlob(Buffer.alloc(20_000, number)));
    expect(blob.error.code).toBe('STORAGE_FULL');
    const log = fillUntilItFails((number) => run.appendLog(exampleSegment(number, 'x'.repeat(5_000))));
    expect(log.error.code).toBe('STORAGE_FULL');
    expect(fillUntilItFails(() => store.create(exampleRecord())[Symbol.dispose]()).error.code).toBe('STORAGE_FULL');
    expect(store.list()).toContain(run.run);
    rmSync(join(run.folder, 'blobs'), { recursive: true });
    expect([...run.logs()]).toHaveLength(log.done);
    run[Symbol.dispose]();
  });
});
