import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/port.ts';
import type { CallRow } from '../../storage/records/port.ts';
import { type AuthTestParts, openAuthParts } from '../auth/testing/auth-parts.ts';
import { createPlans } from './plans.ts';
import { keepRecords } from './retention.ts';

let parts: AuthTestParts;

beforeEach(async () => {
  parts = await openAuthParts();
});

afterEach(async () => {
  await parts[Symbol.asyncDispose]();
});

const day = 24 * 60 * 60 * 1000;

const call = (request: string, at: number): CallRow => ({
  request,
  at,
  tenant: 'acme',
  by: 'key_1',
  method: 'GET',
  route: '/v1/workflows',
  status: 200,
  duration_ms: 1,
  remote: '203.0.113.7',
});

const kept = async () => (await parts.records.calls.list({}, { limit: 1000 })).rows.map(({ request }) => request);

/** With runs that can be told to fail, and no engine that anything is asked of. */
function keeping(rows: Partial<typeof parts.records.runs> = {}) {
  const { runs, calls } = parts.records;
  const removeEnded = rows.removeEnded ?? ((before: number, limit: number) => runs.removeEnded(before, limit));
  return keepRecords({
    ...parts,
    engine: {} as Engine, // Never asked: no run ended.
    rows: { ...runs, removeEnded },
    calls,
    plans: createPlans(runs),
    keepRunsMs: day,
    keepCallsMs: 90 * day,
  });
}

it('the record of API calls goes when it is older than calls are kept, however much it is', async () => {
  const now = parts.clock.now();
  const old = Array.from({ length: 2_100 }, (_, index) => call(`old_${index}`, now - 90 * day - 1));
  await parts.records.calls.add([...old, call('young', now - 89 * day), call('new', now)]);
  using sweeping = keeping();
  await sweeping.sweep();
  expect(await kept()).toEqual(['new', 'young']);
});

it('calls go from the record by themselves, once a minute', async () => {
  await parts.records.calls.add([call('old', parts.clock.now() - 90 * day)]);
  using sweeping = keeping();
  expect(await kept()).toEqual(['old']);
  parts.clock.advance(60_000);
  await vi.waitFor(async () => expect(await kept()).toEqual([]));
  expect(sweeping).toBeDefined();
});

it('calls go from the record even where old runs can not be removed', async () => {
  await parts.records.calls.add([call('old', parts.clock.now() - 91 * day)]);
  using sweeping = keeping({
    removeEnded: async () => {
      throw new Error('away');
    },
  });
  await sweeping.sweep();
  expect(await kept()).toEqual([]);
});
