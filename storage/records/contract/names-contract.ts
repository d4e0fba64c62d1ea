import { describe, expect, it } from 'vitest';
import { openRecords } from '../open.ts';
import type { Added, Claimed, Records } from '../port.ts';
import { migrations } from '../schema.ts';
import { openSession } from '../session-at.ts';
import { insert } from '../sql.ts';
import {
  digestNamed,
  exampleClaim,
  exampleKey,
  examplePlan,
  exampleSchedule,
  exampleWebhook,
  someTime,
} from './samples.ts';
import { type EmptyPlace, errorOf, storeAt } from './store.ts';

interface Named {
  readonly id: string;
  readonly name?: string;
  readonly tenant?: string;
}

/** What has a name in its tenant: how it is added, given another name, and listed. */
const kinds = [
  {
    kind: 'schedule',
    add: ({ schedules }: Records, row: Named, claim?: Claimed): Promise<Added> =>
      schedules.add([exampleSchedule(row)], claim),
    list: ({ schedules }: Records) => schedules.list(),
  },
  {
    kind: 'webhook',
    add: ({ webhooks }: Records, row: Named, claim?: Claimed): Promise<Added> =>
      webhooks.add(exampleWebhook(row), claim),
    list: ({ webhooks }: Records) => webhooks.list(),
  },
  {
    kind: 'key',
    add: ({ keys }: Records, row: Named, claim?: Claimed): Promise<Added> =>
      keys.add(exampleKey(row), claim === undefined ? {} : { claim }),
    list: ({ keys }: Records) => keys.list(),
  },
] as const;

export function describeNames(makePlace: () => Promise<EmptyPlace>): void {
  describe.each(kinds)('names of each $kind', ({ kind, add, list }) => {
    it('are its own within a tenant: CONFLICT', async () => {
      await using store = await storeAt(await makePlace());
      const records = await store.open();
      await add(records, { id: 'one', name: 'a' });
      const refused = { code: 'CONFLICT', message: `there is a ${kind} of the name "a" already: one` };
      expect(await errorOf(add(records, { id: 'two', name: 'a' }))).toMatchObject(refused);
      expect(await add(records, { id: 'two', name: 'b' })).toEqual({ kind: 'created' });
      expect(await add(records, { id: 'three', name: 'a', tenant: 'other' })).toEqual({ kind: 'created' });
      expect(await list(records)).toHaveLength(3);
    });

    it('are given once where many ask for one at a time', async () => {
      await using store = await storeAt(await makePlace());
      const [one, two] = [await store.open(), await store.open()];
      const added = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) => add(index % 2 === 0 ? one : two, { id: `id_${index}`, name: 'a' })),
      );
      expect(added.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await list(one)).toHaveLength(1);
    });

    it('are taken with a claim, or neither is', async () => {
      await using store = await storeAt(await makePlace());
      const records = await store.open();
      const claim = exampleClaim();
      expect(await add(records, { id: 'one', name: 'a' }, claim)).toEqual({ kind: 'created' });
      expect(await add(records, { id: 'two', name: 'a' }, { ...claim, answer: { id: 'second' } })).toEqual({
        kind: 'repeated',
        answer: { id: 'first' },
      });
      const other = { ...claim, fingerprint: digestNamed('other') };
      expect(await add(records, { id: 'two', name: 'b' }, other)).toEqual({ kind: 'conflict' });
      const free = exampleClaim({ key: 'free' });
      expect(await errorOf(add(records, { id: 'two', name: 'a' }, free))).toMatchObject({ code: 'CONFLICT' });
      expect(await records.runs.repeated(free, someTime)).toBeUndefined();
      expect(await list(records)).toHaveLength(1);
    });
  });

  describe('names', () => {
    it('are refused, too, where another one is given to what is there', async () => {
      await using store = await storeAt(await makePlace());
      const { schedules, webhooks } = await store.open();
      await schedules.add([exampleSchedule({ id: 'one', name: 'a' }), exampleSchedule({ id: 'two', name: 'b' })]);
      await webhooks.add(exampleWebhook({ id: 'one', name: 'a' }));
      await webhooks.add(exampleWebhook({ id: 'two', name: 'b' }));
      for (const rows of [schedules, webhooks]) {
        expect(await errorOf(rows.update('two', { name: 'a' }))).toMatchObject({ code: 'CONFLICT' });
        expect(await rows.update('two', { name: 'c' })).toBe(true);
        expect(await rows.update('one', { name: 'a' })).toBe(true);
        expect((await rows.list()).map(({ name }) => name)).toEqual(['a', 'c']);
      }
    });

    it('of keys are free again once the key is over, or another takes its place', async () => {
      await using store = await storeAt(await makePlace());
      const { keys } = await store.open();
      const next = (id: string, at = someTime) => exampleKey({ id, created_at: at });
      await keys.add(exampleKey({ expires_at: someTime + 10 }));
      expect(await errorOf(keys.add(next('key_2', someTime + 9)))).toMatchObject({ code: 'CONFLICT' });
      await keys.add(next('key_2', someTime + 10));
      await keys.update('key_2', { revoked_at: someTime + 11 });
      await keys.add(next('key_3', someTime + 12));
      await keys.add(next('key_4', someTime + 13), { takesName: true });
      expect(await errorOf(keys.add(next('key_5', someTime + 14)))).toMatchObject({
        message: expect.stringContaining('key_4'),
      });
    });

    it('of keys that were rotated before are those of the keys that still hold', async () => {
      const { place, remove } = await makePlace();
      {
        await using old = await openSession(place, { migrations: migrations.slice(0, 1), now: Date.now });
        await old.write('write as before', function* () {
          yield insert('api_keys', [{ ...exampleKey(), expires_at: someTime + 5 }]);
          yield insert('api_keys', [{ ...exampleKey({ id: 'key_2', created_at: someTime + 4 }) }]);
        });
      }
      await using records = await openRecords(place);
      const { keys } = records;
      const later = exampleKey({ id: 'key_3', created_at: someTime + 6 });
      expect(await errorOf(keys.add(later))).toMatchObject({ message: expect.stringContaining('key_2') });
      await keys.update('key_2', { revoked_at: someTime + 5 });
      expect(await keys.add(later)).toEqual({ kind: 'created' });
      await records[Symbol.asyncDispose]();
      await remove();
    });

    it('that several had before stay as they are, and the oldest has it', async () => {
      const { place, remove } = await makePlace();
      {
        await using old = await openSession(place, { migrations: migrations.slice(0, 1), now: Date.now });
        await old.write('write as before', function* () {
          yield insert('plans', [{ digest: examplePlan, content: '{}', put_at: someTime }]);
          const { labels: _, ...row } = exampleSchedule();
          const columns = { ...row, paused: 0, inputs: '{}', vars: '{}' };
          yield insert('schedules', [
            { ...columns, id: 'sch_2', created_at: someTime + 1 },
            { ...columns, id: 'sch_1' },
            { ...columns, id: 'sch_3', name: 'other' },
          ]);
        });
      }
      await using records = await openRecords(place);
      const { schedules } = records;
      expect((await schedules.list()).map(({ id, name }) => `${id} ${name}`)).toEqual([
        'sch_1 nightly',
        'sch_3 other',
        'sch_2 nightly',
      ]);
      expect(await schedules.get('sch_2')).toMatchObject({ labels: {} });
      expect(await errorOf(schedules.add([exampleSchedule({ id: 'sch_4' })]))).toMatchObject({
        message: expect.stringContaining('sch_1'),
      });
      expect(await schedules.update('sch_2', { name: 'nightly', paused: true })).toBe(true);
      expect(await schedules.update('sch_2', { name: 'second' })).toBe(true);
      expect(await errorOf(schedules.update('sch_2', { name: 'nightly' }))).toMatchObject({ code: 'CONFLICT' });
      await records[Symbol.asyncDispose]();
      await remove();
    });
  });
}
