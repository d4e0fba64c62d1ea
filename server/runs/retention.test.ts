import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../engine/port.ts';
import { exampleRun } from '../../storage/records/contract/samples.ts';
import type { CallRow } from '../../storage/records/port.ts';
import { type AuthTestParts, openAuthParts } from '../auth/testing/auth-parts.ts';
import { createPlans } from './plans.ts';
import { keepRecords } from './retention.ts';
import { createSources } from './sources.ts';

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

/** With runs and an engine that can be told to fail. */
function keeping(rows: Partial<typeof parts.records.runs> = {}, engine: Partial<Engine> = {}) {
  const { runs, calls, sources } = parts.records;
  const removeEnded = rows.removeEnded ?? ((before: number, limit: number) => runs.removeEnded(before, limit));
  return keepRecords({
    ...parts,
    // It is asked for nothing else.
    engine: engine as Engine,
    rows: { ...runs, removeEnded },
    calls,
    plans: createPlans(runs),
    sources: createSources(sources),
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

it('calls go from the record by themselves, soon and then once a minute', async () => {
  await parts.records.calls.add([call('old', parts.clock.now() - 90 * day)]);
  using sweeping = keeping();
  expect(await kept()).toEqual(['old']);
  parts.clock.advance(5_000);
  await vi.waitFor(async () => expect(await kept()).toEqual([]));
  await parts.records.calls.add([call('later', parts.clock.now() - 90 * day)]);
  await vi.waitFor(async () => {
    parts.clock.advance(60_000);
    expect(await kept()).toEqual([]);
  });
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

it('what could not be removed of a run, or was not because the process died, goes later', async () => {
  const { runs } = parts.records;
  const ended = { status: 'success', ended_at: parts.clock.now() - 2 * day } as const;
  const [one, other] = [exampleRun(ended), exampleRun(ended)];
  await runs.putPlan(one.request.plan, {});
  for (const row of [one, other]) await runs.submit(row);
  // As of a process that died between the rows and the folders.
  await runs.removeEnded(parts.clock.now() - day, 1);
  const asked: string[] = [];
  let busy = true;
  using sweeping = keeping(
    {},
    {
      remove: async (run) => {
        asked.push(run);
        if (busy) throw new Error('EBUSY');
      },
    },
  );
  await sweeping.sweep();
  expect(asked.toSorted()).toEqual([one.run, other.run].toSorted());
  busy = false;
  await sweeping.sweep();
  await sweeping.sweep();
  expect(asked).toHaveLength(4);
});

it('a run goes whose machinery broke, although its engine has it as one that goes on', async () => {
  const { runs } = parts.records;
  const row = exampleRun({ status: 'failure', ended_at: parts.clock.now() - 2 * day });
  await runs.putPlan(row.request.plan, {});
  await runs.submit(row);
  const removed: string[] = [];
  using sweeping = keeping(
    {},
    {
      remove: async (run, { unended = 'refuse' } = {}) => {
        if (unended === 'refuse') throw new Error('RUN_STATE');
        removed.push(run);
      },
    },
  );
  await sweeping.sweep();
  expect(removed).toEqual([row.run]);
  expect(await runs.leftovers(10)).toEqual([]);
});
