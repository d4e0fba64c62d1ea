import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { errorOf } from '../records/contract/store.ts';
import { startCuttingProxy } from '../records/testing/cutting-proxy.ts';
import { startPostgres } from '../records/testing/postgres.ts';
import { describeProjection } from './contract/projection-contract.ts';
import { allOf, createdRun, eventsOf, exampleEvent, exampleReport, upTo } from './contract/samples.ts';
import { projectionAt } from './contract/store.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describeProjection('PostgreSQL', async () => ({
    place: { url: (await postgres?.createDatabase()) ?? '' },
    // The whole cluster goes in the end.
    remove: () => undefined,
  }));

  it('keeps a report once where its connection breaks, however often it is told', async () => {
    await using proxy = await startCuttingProxy((await postgres?.createDatabase()) ?? '');
    await using store = projectionAt({ place: { url: proxy.url }, remove: () => undefined });
    const projection = await store.open();
    const run = await createdRun(projection);
    const report = (from: number) => projection.append(exampleReport({ run, from }, 2));
    await report(1);
    proxy.cutAt('COMMIT');
    // Several that are written together are refused together.
    const cut = await Promise.all([3, 5, 7].map((from) => errorOf(report(from))));
    for (const error of cut) expect(error).toMatchObject({ code: 'STORAGE_FAILED', remedy: expect.any(String) });
    proxy.cutAt(undefined);
    for (const from of [1, 3, 5, 3, 7]) await report(from);
    expect(proxy.cut()).toBeGreaterThan(0);
    expect(eventsOf(await allOf(projection.entries(run)))).toEqual(upTo(8).map(exampleEvent));
  });
});
