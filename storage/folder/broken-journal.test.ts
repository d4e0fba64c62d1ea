import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { exampleRecord, failureOf } from '../contract/store-contract.ts';
import { createFolderStore } from './store.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-broken-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const eventCount = 40;

/** A run as kill -9 leaves it: its entries are in the WAL. `checkpointed` ones are in the database. */
function abandonedRun(state: 'in the WAL' | 'checkpointed') {
  const root = mkdtempSync(join(scratch, 'state-'));
  const { run } = exampleRecord();
  const live = join(root, 'live');
  const store = createFolderStore({ root: live }).create(exampleRecord(run));
  for (let number = 1; number <= eventCount; number += 1) {
    store.append([{ machine: { kind: 'run' }, event: { type: 'timer_fired', timer: `${number}`.repeat(200) } }]);
  }
  const abandoned = join(root, 'abandoned');
  if (state === 'checkpointed') store[Symbol.dispose]();
  cpSync(live, abandoned, { recursive: true });
  if (state === 'in the WAL') store[Symbol.dispose]();
  const folder = join(abandoned, run);
  return { run, folder, store: createFolderStore({ root: abandoned }), journal: join(folder, 'journal.sqlite') };
}

function contentOf(folder: string): Record<string, string> {
  // The -shm file is SQLite's scratch memory, an empty -wal says nothing, and `owner` tells who looked last.
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('-shm') && entry.name !== 'owner',
  );
  const contents = names.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name))] as const);
  const present = contents.filter(([name, bytes]) => !(name.endsWith('-wal') && bytes.length === 0));
  return Object.fromEntries(present.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}

/** What is said of a journal that is refused: how many of its entries are intact. And whether any file was touched. */
function refusalOf(abandoned: ReturnType<typeof abandonedRun>) {
  const before = contentOf(abandoned.folder);
  const { error } = failureOf(() => abandoned.store.open(abandoned.run));
  const intact = Number(/Its first (\d+) entries are intact/.exec(error.message)?.[1]);
  const changed = JSON.stringify(contentOf(abandoned.folder)) !== JSON.stringify(before);
  return { code: error.code, file: error.file?.split('/').at(-1), intact, changed };
}

function brokenAfter(intact: number) {
  return { code: 'JOURNAL_BROKEN', file: 'journal.sqlite', intact, changed: false };
}

describe('a journal after a crash', () => {
  it.each(['in the WAL', 'checkpointed'] as const)('is whole (%s)', (state) => {
    const { run, store } = abandonedRun(state);
    using opened = store.open(run);
    expect([...opened.entries()]).toHaveLength(eventCount);
  });

  it('goes on where a transaction was cut short', () => {
    const { run, store, journal } = abandonedRun('in the WAL');
    writeFileSync(`${journal}-wal`, Buffer.concat([readFileSync(`${journal}-wal`), Buffer.alloc(1000, 7)]));
    using opened = store.open(run);
    opened.append([{ machine: { kind: 'run' }, event: { type: 'run_started' } }]);
    expect([...opened.entries()]).toHaveLength(eventCount + 1);
  });

  it('goes on when a power failure took the newest state of its head file', () => {
    const abandoned = abandonedRun('checkpointed');
    const database = new DatabaseSync(abandoned.journal);
    const row = database.prepare('SELECT checksum FROM entries WHERE sequence = 30').get();
    database.close();
    const checksum = Number(row?.['checksum']).toString(16).padStart(8, '0');
    writeFileSync(join(abandoned.folder, 'journal.head'), `0000000000000030 ${checksum}\n`);
    using lagging = abandoned.store.open(abandoned.run);
    expect([...lagging.entries()]).toHaveLength(eventCount);
  });
});

describe('a broken journal', () => {
  it('is refused when its WAL is gone', () => {
    const abandoned = abandonedRun('in the WAL');
    rmSync(`${abandoned.journal}-wal`);
    expect(refusalOf(abandoned)).toEqual(brokenAfter(0));
  });

  it('is refused when its WAL was cut, though SQLite takes it for whole', () => {
    const abandoned = abandonedRun('in the WAL');
    truncateSync(`${abandoned.journal}-wal`, Math.floor(readFileSync(`${abandoned.journal}-wal`).length / 2));
    const { error } = failureOf(() => abandoned.store.open(abandoned.run));
    expect(error.message).toMatch(/Its first (1\d|2\d) entries are intact/);
    expect(error.message).toContain(`${eventCount} entries were written`);
  });

  it('is refused when an entry was changed', () => {
    const abandoned = abandonedRun('checkpointed');
    const database = new DatabaseSync(abandoned.journal);
    database.exec(`UPDATE entries SET event = '{"type":"run_started"}' WHERE sequence = 18`);
    database.close();
    expect(refusalOf(abandoned)).toEqual(brokenAfter(17));
  });

  it('is refused when entries were removed', () => {
    const middle = abandonedRun('checkpointed');
    const database = new DatabaseSync(middle.journal);
    database.exec('DELETE FROM entries WHERE sequence = 7');
    database.close();
    expect(refusalOf(middle)).toEqual(brokenAfter(6));
    const end = abandonedRun('checkpointed');
    const other = new DatabaseSync(end.journal);
    other.exec('DELETE FROM entries WHERE sequence > 12');
    other.close();
    expect(refusalOf(end)).toEqual(brokenAfter(12));
  });

  it("is refused when it is another run's, or none", () => {
    const [abandoned, other] = [abandonedRun('checkpointed'), abandonedRun('checkpointed')];
    cpSync(other.journal, abandoned.journal);
    expect(refusalOf(abandoned)).toEqual(brokenAfter(0));
    writeFileSync(abandoned.journal, 'not a database, but long enough to look like one. '.repeat(200));
    expect(refusalOf(abandoned)).toEqual(brokenAfter(0));
  });

  it('is refused when its head file is missing or damaged', () => {
    const abandoned = abandonedRun('checkpointed');
    writeFileSync(join(abandoned.folder, 'journal.head'), 'what?');
    expect(refusalOf(abandoned)).toEqual(brokenAfter(eventCount));
    rmSync(join(abandoned.folder, 'journal.head'));
    expect(refusalOf(abandoned)).toEqual(brokenAfter(eventCount));
  });

  it('is an error and no new journal when its file is gone', () => {
    const abandoned = abandonedRun('checkpointed');
    rmSync(abandoned.journal);
    expect(failureOf(() => abandoned.store.open(abandoned.run)).error.code).toBe('JOURNAL_BROKEN');
    expect(existsSync(abandoned.journal)).toBe(false);
  });

  it.each(['in the WAL', 'checkpointed'] as const)(
    'never passes for another journal, whatever byte changes (%s)',
    (state) => {
      const intact = abandonedRun(state);
      const expected = JSON.stringify(Array.from(readEntries(intact)));
      const files = ['journal.sqlite', 'journal.sqlite-wal', 'journal.head'].filter((name) =>
        existsSync(join(intact.folder, name)),
      );
      const root = mkdtempSync(join(scratch, 'changed-'));
      const changed = join(root, intact.run);
      fc.assert(
        fc.property(fc.constantFrom(...files), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, position, flip) => {
          rmSync(changed, { recursive: true, force: true });
          cpSync(intact.folder, changed, { recursive: true });
          const bytes = readFileSync(join(changed, name));
          const index = position % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ flip;
          writeFileSync(join(changed, name), bytes);
          expect([expected, 'JOURNAL_BROKEN', 'STORAGE_FAILED']).toContain(whatIsRead(root, intact.run));
        }),
        { numRuns: 150 },
      );
    },
  );
});

/** The entries, or the code of the refusal. */
function whatIsRead(root: string, run: RunId): string {
  try {
    using opened = createFolderStore({ root }).open(run);
    return JSON.stringify([...opened.entries()]);
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause.error.code;
    throw cause;
  }
}

function readEntries(abandoned: ReturnType<typeof abandonedRun>) {
  const copy = mkdtempSync(join(scratch, 'copy-'));
  cpSync(abandoned.folder, join(copy, abandoned.run), { recursive: true });
  using opened = createFolderStore({ root: copy }).open(abandoned.run);
  return [...opened.entries()];
}
