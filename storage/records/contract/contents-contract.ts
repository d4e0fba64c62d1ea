import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../schemas/index.ts';
import { exampleClaim, examplePlan, exampleRun, namesFound } from './samples.ts';
import type { MakeStore } from './store.ts';

/** What databases have been known to stumble over. */
const hardTexts: readonly string[] = [
  '',
  ' ',
  "it's",
  '"quoted"',
  '100% _sure_',
  String.raw`back\slash\0\u0000`,
  "'); DROP TABLE runs; --",
  '$1 ? :name @x',
  'nul\u0000inside',
  '\u0000',
  '\u0001\u0002\u0003 marks',
  'line\nbreak\r\ttab',
  'Überweisung ß İstanbul ΑΣ',
  'e\u0301 and \u00e9',
  'emoji 👩‍👩‍👧‍👦 🦊',
  'lone \ud800 surrogate \udc00',
  '\ufeffmark',
  'עברית العربية 中文',
];

export function describeContents(makeStore: MakeStore): void {
  describe('contents', () => {
    it('of any text come back as they were', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      for (const text of hardTexts) {
        const row = exampleRun({
          tenant: text,
          workflow: text,
          name: text,
          file: text,
          labels: { [text]: text },
          origin: { kind: 'api', id: text, by: text },
          request: { plan: examplePlan, inputs: { [text]: text }, vars: { v: text }, secrets: [text] },
          error: { message: text },
        });
        const claim = exampleClaim({ tenant: text, key: text });
        await runs.submit(row, claim);
        expect(await runs.get(row.run)).toEqual(row);
        expect(await runs.repeated(claim, row.created_at)).toMatchObject({ kind: 'repeated', run: row.run });
        const filter = {
          tenant: text,
          labels: { [text]: text },
          origin: { kind: 'api', id: text },
          name: text,
        } as const;
        expect(await namesFound(runs, filter)).toEqual([text]);
      }
    });

    it('of any text may be asked for', async () => {
      await using store = await makeStore();
      const { runs, keys, schedules, webhooks } = await store.open();
      for (const text of hardTexts) {
        // Whatever a client sends is an id until it is looked for.
        expect(await runs.get(text as RunId)).toBeUndefined();
        expect(await keys.byPrefix(text)).toEqual([]);
        expect(await schedules.get(text)).toBeUndefined();
        expect(await webhooks.remove(text)).toBe(false);
      }
    });

    it('of 1 MiB come back as they were', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const text = '"\\ü🦊\n'.repeat(1024 * 128);
      expect(Buffer.byteLength(text)).toBeGreaterThan(1024 * 1024);
      const row = exampleRun({ request: { plan: examplePlan, inputs: { text }, vars: {}, secrets: [] } });
      await runs.submit(row, { ...exampleClaim(), answer: { text } });
      await runs.putPlan(examplePlan, { text });
      expect(await runs.get(row.run)).toEqual(row);
      expect(await runs.repeated(exampleClaim(), row.created_at)).toEqual({
        kind: 'repeated',
        run: row.run,
        answer: { text },
      });
    });

    it('of long texts are found', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const long = 'long '.repeat(20_000);
      const row = exampleRun({ name: long, labels: { [long]: long } });
      await runs.submit(row, exampleClaim({ key: long }));
      expect(await namesFound(runs, { name: `g ${long.slice(0, 5000)}`, labels: { [long]: long } })).toEqual([long]);
    });
  });
}
