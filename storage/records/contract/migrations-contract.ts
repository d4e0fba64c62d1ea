import { describe, expect, it } from 'vitest';
import { openRecords } from '../open.ts';
import { migrations } from '../schema.ts';
import type { RecordsPlace } from '../session-at.ts';
import { openSession } from '../session-at.ts';
import { type Operation, sql } from '../sql.ts';
import { type EmptyPlace, errorOf, storeAt } from './store.ts';
import { startSubmitter } from './submitter.ts';

const now = Date.now;

/** The numbers of what was applied, in order. */
async function appliedAt(place: RecordsPlace): Promise<readonly number[]> {
  await using session = await openSession(place, { migrations, now });
  return session.read('read what was applied', function* () {
    const rows = yield sql`SELECT number FROM waterflow_migrations ORDER BY number`;
    return rows.map((row) => Number(row['number']));
  });
}

export function describeMigrations(makePlace: () => Promise<EmptyPlace>): void {
  describe('migrations', () => {
    it('are applied once, also by processes that start at the same time', async () => {
      const { place, remove } = await makePlace();
      const starting = [1, 2, 3, 4].map(() => startSubmitter(place, 0));
      expect(await Promise.all(starting.map(({ ended }) => ended))).toEqual([0, 0, 0, 0]);
      const both = await Promise.all([openRecords(place), openRecords(place)]);
      for (const records of both) await records[Symbol.asyncDispose]();
      expect(await appliedAt(place)).toEqual(migrations.map(({ number }) => number));
      await remove();
    });

    it('bring tables on from where they are, all of a step or nothing', async () => {
      await using store = await storeAt(await makePlace());
      const number = migrations.length + 1;
      const broken = [
        ...migrations,
        { number, name: 'broken', statements: () => ['CREATE TABLE extra (n INTEGER)', 'x'] },
      ];
      const opened = openSession(store.place, { migrations: broken, now });
      expect(await errorOf(opened)).toMatchObject({ code: 'STORAGE_FAILED' });
      expect(await appliedAt(store.place)).toEqual(migrations.map((migration) => migration.number));
      const mended = [...migrations, { number, name: 'mended', statements: () => ['CREATE TABLE extra (n INTEGER)'] }];
      await using session = await openSession(store.place, { migrations: mended, now });
      expect(await session.read('count', () => countExtra())).toBe(0);
    });

    it('of a newer program are refused, and the tables stay as they are', async () => {
      await using store = await storeAt(await makePlace());
      const number = migrations.length + 1;
      const newer = [...migrations, { number, name: 'newer', statements: () => ['CREATE TABLE extra (n INTEGER)'] }];
      await (await openSession(store.place, { migrations: newer, now }))[Symbol.asyncDispose]();
      expect(await errorOf(openRecords(store.place))).toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining(`have form ${number}`),
        remedy: expect.stringContaining('newer'),
      });
      await using session = await openSession(store.place, { migrations: newer, now });
      expect(await session.read('count', () => countExtra())).toBe(0);
    });
  });
}

function* countExtra(): Operation<number> {
  const [row] = yield sql`SELECT count(*) AS rows FROM extra`;
  return Number(row?.['rows']);
}
