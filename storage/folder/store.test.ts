import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryBell } from '../contract/memory-bell.ts';
import { describeReading } from '../contract/reading-contract.ts';
import { describeRemoval } from '../contract/removal-contract.ts';
import { describeStore, exampleRecord, exampleSegment, failureOf } from '../contract/store-contract.ts';
import { createFolderStore } from './store.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-store-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function newRoot(): string {
  return join(mkdtempSync(join(scratch, 'state-')), 'runs');
}

describeStore('SQLite and a folder', () => {
  const root = newRoot();
  return { store: createFolderStore({ root }), reopen: () => createFolderStore({ root }) };
});

describeRemoval('SQLite and a folder', () => {
  const root = newRoot();
  return { store: createFolderStore({ root }), reopen: () => createFolderStore({ root }) };
});

describe('a run that is removed', () => {
  it('takes folders with it that nobody may write to, and what an earlier removal left', async () => {
    const root = newRoot();
    const store = createFolderStore({ root });
    const run = store.create(exampleRecord());
    const closed = join(run.folder, 'work', 'closed');
    mkdirSync(closed, { recursive: true });
    writeFileSync(join(closed, 'file'), '');
    chmodSync(closed, 0o500);
    mkdirSync(join(root, '.removed-earlier'));
    run[Symbol.dispose]();
    await store.remove(run.run);
    expect(readdirSync(root)).toEqual([]);
  });
});

describeReading('SQLite and a folder', () => {
  const root = newRoot();
  return { store: createFolderStore({ root }), reopen: () => createFolderStore({ root }) };
});

describeReading('SQLite and a folder, with a bell within the process', () => {
  const [root, bell] = [newRoot(), createMemoryBell()];
  return { store: createFolderStore({ root, bell }), reopen: () => createFolderStore({ root, bell }) };
});

describeStore('SQLite and a folder, with a bell within the process', () => {
  const [root, bell] = [newRoot(), createMemoryBell()];
  return { store: createFolderStore({ root, bell }), reopen: () => createFolderStore({ root, bell }) };
});

describe('the folder of a run', () => {
  it('is closed to everyone but its owner, whatever the umask', () => {
    const root = newRoot();
    const umask = process.umask(0);
    try {
      using run = createFolderStore({ root }).create(exampleRecord());
      run.append([{ machine: { kind: 'run' }, event: { type: 'run_started' } }]);
      run.appendLog(exampleSegment(1, 'text\n'));
      run.putBlob(Buffer.from('blob'));
      using _request = createFolderStore({ root }).inbox(run.run).post({ id: 'a', expires_at: 1, content: null });
      using groups = createFolderStore({ root }).openGroups();
      groups.change('deploy', () => 1);
      const modes = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => {
        const stats = statSync(join(root, name));
        return { name, mode: stats.mode & 0o777, wanted: stats.isDirectory() ? 0o700 : 0o600 };
      });
      expect(modes.length).toBeGreaterThan(12);
      expect(modes.filter(({ mode, wanted }) => mode !== wanted)).toEqual([]);
      expect(statSync(root).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });

  it('is not there when making it was cut short, and is made all the same', () => {
    const root = newRoot();
    const store = createFolderStore({ root });
    const record = exampleRecord();
    const unfinished = join(root, `.new-${record.run}`);
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(join(unfinished, 'journal.sqlite'), 'cut short');
    expect(store.list()).not.toContain(record.run);
    expect(failureOf(() => store.open(record.run)).error.code).toBe('RUN_NOT_FOUND');
    using made = store.create(record);
    expect([...made.entries()]).toEqual([]);
    expect(readdirSync(root)).toEqual([record.run]);
  });

  it.each(['journal.sqlite', 'logs/logs.sqlite'])('refuses %s of a newer format, and says what to do', (name) => {
    const root = newRoot();
    const store = createFolderStore({ root });
    const record = exampleRecord();
    store.create(record)[Symbol.dispose]();
    const database = new DatabaseSync(join(root, record.run, name));
    database.exec('PRAGMA user_version = 2');
    database.close();
    const { error } = failureOf(() => store.open(record.run));
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('format 2') });
    expect(error.remedy).toContain('newer waterflow');
  });

  it('frees the lock when it cannot be opened', () => {
    const root = newRoot();
    const store = createFolderStore({ root });
    const record = exampleRecord();
    store.create(record)[Symbol.dispose]();
    const journal = join(root, record.run, 'journal.sqlite');
    const database = new DatabaseSync(journal);
    database.exec('PRAGMA user_version = 2');
    expect(failureOf(() => store.open(record.run)).error.code).toBe('STORAGE_FAILED');
    database.exec('PRAGMA user_version = 1');
    database.close();
    store.open(record.run)[Symbol.dispose]();
  });
});

describe('a blob', () => {
  it('that was changed on disk is an error, not content', () => {
    using run = createFolderStore({ root: newRoot() }).create(exampleRecord());
    const digest = run.putBlob(Buffer.from('hello'));
    const hex = digest.slice('sha256:'.length);
    writeFileSync(join(run.folder, 'blobs', hex.slice(0, 2), hex), 'jello');
    expect(failureOf(() => run.getBlob(digest)).error).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('was changed'),
    });
  });
});

describe('the log of a step', () => {
  it('is cut at its limit, and says so', () => {
    using run = createFolderStore({ root: newRoot(), logLimitBytes: 10 }).create(exampleRecord());
    const texts = ['12345', '67890', 'x', 'y'];
    texts.forEach((text, index) => {
      run.appendLog(exampleSegment(index + 1, text));
    });
    run.appendLog({ ...exampleSegment(1, 'another attempt'), attempt: 2 });
    run.appendLog({ ...exampleSegment(1, 'fits'), attempt: 3 });
    const kept = [...run.logs()].map((segment) => [segment.attempt, segment.stream, segment.text]);
    const notice = 'The log is longer than 10 bytes: the rest is not kept.\n';
    expect(kept).toEqual([
      [1, 'stdout', '12345'],
      [1, 'stdout', '67890'],
      [1, 'log', notice],
      [2, 'log', notice],
      [3, 'stdout', 'fits'],
    ]);
  });

  it('has a tail of bounded length, also when a line has none', () => {
    using run = createFolderStore({ root: newRoot() }).create(exampleRecord());
    run.appendLog(exampleSegment(1, 'x'.repeat(1024 * 1024)));
    run.appendLog(exampleSegment(2, 'end'));
    const tail = run.tail(exampleSegment(1, ''), 5);
    expect(tail.length).toBeLessThanOrEqual(64 * 1024);
    expect(tail.endsWith('xend')).toBe(true);
  });
});
