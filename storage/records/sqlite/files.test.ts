import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../../contract/small-disk.ts';
import { exampleClaim, examplePlan, exampleRun } from '../contract/samples.ts';
import { errorOf, storeAt } from '../contract/store.ts';
import { openRecords } from '../open.ts';
import { migrations } from '../schema.ts';
import { openSqliteSession } from './session.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-records-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const remove = () => undefined;

describe('records in a file of SQLite', () => {
  it('are read by their owner alone', async () => {
    const file = join(folder, 'state', 'records.sqlite');
    await using store = await storeAt({ place: { file }, remove });
    const { runs } = await store.open();
    await runs.submit(exampleRun());
    expect(statSync(join(folder, 'state')).mode & 0o777).toBe(0o700);
    for (const part of ['', '-wal', '-shm']) expect(statSync(`${file}${part}`).mode & 0o777).toBe(0o600);
  });

  it('that are written together are committed together', async () => {
    await using store = await storeAt({ place: { file: join(folder, 'records.sqlite') }, remove });
    const [writer, reader] = [await store.open(), await store.open()];
    const submitted = Array.from({ length: 100 }, () => writer.runs.submit(exampleRun()));
    expect(await reader.runs.count({})).toEqual({});
    await Promise.race(submitted);
    expect(await reader.runs.count({})).toEqual({ accepted: 100 });
    await Promise.all(submitted);
  });

  it('wait for another process that writes, and hold nothing else up meanwhile', async () => {
    const file = join(folder, 'records.sqlite');
    await using store = await storeAt({ place: { file }, remove });
    const { runs } = await store.open();
    using other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const submitted = [runs.submit(exampleRun())];
    await setImmediate();
    submitted.push(runs.submit(exampleRun()));
    expect(await runs.count({})).toEqual({});
    other.exec('ROLLBACK');
    expect(await Promise.all(submitted)).toEqual([{ kind: 'created' }, { kind: 'created' }]);
  });

  it('fail with a remedy where another process writes for too long', async () => {
    const file = join(folder, 'records.sqlite');
    await using store = await storeAt({ place: { file }, remove });
    await using session = await openSqliteSession({ file, migrations, now: Date.now, patienceMs: 100 });
    using other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const doing = 'write nothing';
    for (const refused of [1, 2].map(() => session.write(doing, function* () {}))) {
      expect(await errorOf(refused)).toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringMatching(/write nothing.*locked/),
        remedy: expect.any(String),
      });
    }
    other.exec('ROLLBACK');
    await session.write(doing, function* () {});
    expect(await (await store.open()).runs.count({})).toEqual({});
  });

  it('are not put into a database of something else', async () => {
    const file = join(folder, 'other.sqlite');
    using other = new DatabaseSync(file);
    other.exec('CREATE TABLE things (name TEXT)');
    expect(await errorOf(openRecords({ file }))).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('something else'),
      file,
    });
    expect(other.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'things' }]);
  });

  it('that are no database, or lie where no file can be, fail with a remedy', async () => {
    const file = join(folder, 'text.sqlite');
    writeFileSync(file, 'not a database, but long enough to be looked at'.repeat(100));
    for (const place of [{ file }, { file: folder }, { file: join(file, 'below', 'records.sqlite') }]) {
      expect(await errorOf(openRecords(place))).toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining('open the records'),
        remedy: expect.any(String),
      });
    }
  });
});

const disk = mountSmallDisk({ bytes: 1024 * 1024 });
describe.skipIf(disk === undefined)('a full disk (needs root, to mount a small one)', () => {
  it('is STORAGE_FULL, keeps what was acknowledged, and lets what fits through', async () => {
    const place = { file: join(disk?.folder ?? '', 'records.sqlite') };
    await using store = await storeAt({ place, remove: () => disk?.[Symbol.dispose]() });
    const { runs } = await store.open();
    const text = 'x'.repeat(400 * 1024);
    const big = exampleRun({ request: { plan: examplePlan, inputs: { text }, vars: {}, secrets: [] } });
    const tooBig = { ...big, run: exampleRun().run, name: text };
    const small = [exampleRun(), exampleRun()] as const;
    const [first, refused, second] = await Promise.allSettled([
      runs.submit(small[0], exampleClaim({ key: 'a' })),
      runs.submit(tooBig, exampleClaim({ key: 'b' })),
      runs.submit(small[1], exampleClaim({ key: 'c' })),
    ]);
    expect([first.status, refused.status, second.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await errorOf(runs.submit(tooBig))).toMatchObject({
      code: 'STORAGE_FULL',
      remedy: expect.stringContaining('acknowledged is intact'),
    });
    expect(await runs.count({})).toEqual({ accepted: 2 });
    expect(await runs.get(small[1].run)).toEqual(small[1]);
  });
});
