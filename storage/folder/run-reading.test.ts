import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exampleRecord, failureOf } from '../contract/store-contract.ts';
import { createFolderStore } from './store.ts';

function runWith(entries: number) {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-reading-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const store = createFolderStore({ root });
  const record = exampleRecord();
  using run = store.create(record);
  for (let number = 1; number <= entries; number += 1) {
    run.append([{ machine: { kind: 'run' }, event: { type: 'timer_fired', timer: `${number}`.repeat(300) } }]);
  }
  return { store, run: record.run, journal: join(run.folder, 'journal.sqlite') };
}

describe('a journal that is only read', () => {
  it.each([
    ['changed', "UPDATE entries SET event = replace(event, '3', '4') WHERE sequence = 3"],
    ['missing', 'DELETE FROM entries WHERE sequence = 3'],
  ])('is read up to an entry that is %s, and no further', (_what, statement) => {
    const { store, run, journal } = runWith(5);
    const database = new DatabaseSync(journal);
    database.exec(statement);
    database.close();
    using reading = store.read(run);
    const read: number[] = [];
    const { error } = failureOf(() => {
      for (const { sequence } of reading.entries()) read.push(sequence);
    });
    expect([error.code, read]).toEqual(['JOURNAL_BROKEN', [1, 2]]);
    expect(error.message).toContain('Its first 2 entries are intact');
  });

  it('is read on from an entry only by what follows it', () => {
    const { store, run, journal } = runWith(5);
    const database = new DatabaseSync(journal);
    database.exec("UPDATE entries SET event = replace(event, '4', '5') WHERE sequence = 4");
    database.close();
    using reading = store.read(run);
    expect(failureOf(() => [...reading.entries(3)]).error.code).toBe('JOURNAL_BROKEN');
    expect(Array.from(reading.entries(4), ({ sequence }) => sequence)).toEqual([5]);
  });

  it('that lost its end says so', () => {
    const { store, run, journal } = runWith(100);
    truncateSync(journal, 3 * 4096);
    const { error } = failureOf(() => {
      using reading = store.read(run);
      return [...reading.entries()];
    });
    expect(error.code).toBe('JOURNAL_BROKEN');
  });

  it('with a damaged record is refused', () => {
    const { store, run, journal } = runWith(1);
    const database = new DatabaseSync(journal);
    database.exec("UPDATE record SET record = '{}'");
    database.close();
    expect(failureOf(() => store.read(run)).error.code).toBe('JOURNAL_BROKEN');
  });
});
