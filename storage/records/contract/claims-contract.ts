import { describe, expect, it } from 'vitest';
import { digestNamed, exampleClaim, examplePlan, exampleRun, someTime } from './samples.ts';
import { errorOf, type MakeStore } from './store.ts';

export function describeClaims(makeStore: MakeStore): void {
  describe('idempotency keys', () => {
    it('make one run of repeated requests, and refuse another request with the same key', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const row = exampleRun();
      const claim = exampleClaim();
      expect(await runs.repeated(claim, someTime)).toBeUndefined();
      expect(await runs.submit(row, claim)).toEqual({ kind: 'created' });
      const repeated = { kind: 'repeated', run: row.run, answer: { id: 'first' } };
      expect(await runs.submit(exampleRun(), { ...claim, answer: { id: 'second' } })).toEqual(repeated);
      expect(await runs.repeated(claim, someTime)).toEqual(repeated);
      const other = { ...claim, fingerprint: digestNamed('other') };
      expect(await runs.submit(exampleRun(), other)).toEqual({ kind: 'conflict' });
      expect(await runs.repeated(other, someTime)).toEqual({ kind: 'conflict' });
      expect(await runs.count({})).toEqual({ accepted: 1 });
    });

    it('are of one tenant', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      expect(await runs.submit(exampleRun(), exampleClaim({ tenant: 'a', key: 'bc' }))).toEqual({ kind: 'created' });
      expect(await runs.submit(exampleRun(), exampleClaim({ tenant: 'ab', key: 'c' }))).toEqual({ kind: 'created' });
      expect(await runs.submit(exampleRun(), exampleClaim({ tenant: 'b', key: 'bc' }))).toEqual({ kind: 'created' });
    });

    it('hold until they expire, and then for another request', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const claim = exampleClaim({ expires_at: someTime + 100 });
      await runs.submit(exampleRun(), claim);
      expect(await runs.repeated(claim, someTime + 99)).toMatchObject({ kind: 'repeated' });
      expect(await runs.repeated(claim, someTime + 100)).toBeUndefined();
      const later = exampleRun({ created_at: someTime + 100 });
      const second = exampleClaim({ fingerprint: digestNamed('other'), expires_at: someTime + 200 });
      expect(await runs.submit(later, { ...second, answer: { id: 'second' } })).toEqual({ kind: 'created' });
      expect(await runs.repeated(second, someTime + 150)).toEqual({
        kind: 'repeated',
        run: later.run,
        answer: { id: 'second' },
      });
      expect(await runs.repeated(claim, someTime + 150)).toEqual({ kind: 'conflict' });
    });

    it('make one run of 50 requests at once, over two handles', async () => {
      await using store = await makeStore();
      const [one, two] = [await store.open(), await store.open()];
      const rows = Array.from({ length: 50 }, () => exampleRun());
      const results = await Promise.all(
        rows.map((row, index) => {
          const answer = { id: row.run };
          return (index % 2 === 0 ? one : two).runs.submit(row, { ...exampleClaim(), answer });
        }),
      );
      const created = rows.filter((_, index) => results[index]?.kind === 'created');
      expect(created).toHaveLength(1);
      const run = created[0]?.run;
      const repeated = results.filter((result) => result.kind === 'repeated');
      expect(repeated).toEqual(Array.from({ length: 49 }, () => ({ kind: 'repeated', run, answer: { id: run } })));
      expect(await one.runs.count({})).toEqual({ accepted: 1 });
    });

    it('make one run of 50 requests at once where the key has just expired', async () => {
      await using store = await makeStore();
      const [one, two] = [await store.open(), await store.open()];
      await one.runs.submit(exampleRun(), exampleClaim({ expires_at: someTime + 10 }));
      const later = exampleClaim({ expires_at: someTime + 1000 });
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          (index % 2 === 0 ? one : two).runs.submit(exampleRun({ created_at: someTime + 20 }), later),
        ),
      );
      expect(results.filter((result) => result.kind === 'created')).toHaveLength(1);
      expect(await one.runs.count({})).toEqual({ accepted: 2 });
    });

    it('are made alone for what is done elsewhere, and released where nothing was done', async () => {
      await using store = await makeStore();
      const { claims } = await store.open();
      const of = { id: 'run-1', at: someTime };
      expect(await claims.make({ ...exampleClaim(), answer: { n: 1 } }, of)).toEqual({ kind: 'created' });
      const again = { ...exampleClaim(), answer: { n: 2 } };
      expect(await claims.make(again, of)).toEqual({ kind: 'repeated', answer: { n: 1 } });
      const other = { ...again, fingerprint: digestNamed('other') };
      expect(await claims.make(other, of)).toEqual({ kind: 'conflict' });
      await claims.release(other);
      expect(await claims.make(again, of)).toMatchObject({ kind: 'repeated' });
      await claims.release(again);
      expect(await claims.make(other, of)).toEqual({ kind: 'created' });
    });

    it('are not taken by a run that is refused', async () => {
      await using store = await makeStore();
      const { runs } = await store.open();
      const lost = exampleRun({ request: { plan: digestNamed('lost'), inputs: {}, vars: {}, secrets: [] } });
      expect(await errorOf(runs.submit(lost, exampleClaim()))).toMatchObject({ code: 'NOT_FOUND' });
      expect(await runs.repeated(exampleClaim(), someTime)).toBeUndefined();
      await runs.putPlan(digestNamed('lost'), { name: examplePlan });
      expect(await runs.submit(lost, exampleClaim())).toEqual({ kind: 'created' });
    });
  });
}
