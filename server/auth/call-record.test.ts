import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallRow, CallRows } from '../../storage/records/port.ts';
import { createCallRecorder } from './call-record.ts';
import { type AuthTestParts, openAuthParts } from './testing/auth-parts.ts';

let parts: AuthTestParts;

beforeEach(async () => {
  parts = await openAuthParts();
});

afterEach(async () => {
  await parts[Symbol.asyncDispose]();
});

const call = (number: number): CallRow => ({
  request: `req_${number}`,
  at: number,
  tenant: 'acme',
  by: 'key_1',
  method: 'GET',
  route: '/v1/workflows/{id}',
  target: 'run',
  status: 200,
  duration_ms: 1.25,
  remote: '203.0.113.7',
});

const written = async () => (await parts.records.calls.list({}, { limit: 1000 })).rows.map(({ request }) => request);
const log = () => ({ error: vi.fn<(message: string, facts: object) => void>() });
const recorder = (lines = log(), calls: CallRows = parts.records.calls) =>
  createCallRecorder({ calls }, lines as never, parts.clock); // All that is called of a logger.

/** Whoever writes the records is told so of each batch, and may fail it. */
function watched(fail: () => boolean = () => false) {
  const batches: number[] = [];
  const calls: CallRows = {
    ...parts.records.calls,
    list: (filter, page) => parts.records.calls.list(filter, page),
    removeBefore: (at, limit) => parts.records.calls.removeBefore(at, limit),
    async add(rows) {
      batches.push(rows.length);
      if (fail()) throw new Error('away');
      await parts.records.calls.add(rows);
    },
  };
  return { batches, calls };
}

describe('recording API calls', () => {
  it('writes those of a moment together', async () => {
    const { batches, calls } = watched();
    await using record = recorder(log(), calls);
    for (let number = 0; number < 30; number += 1) record.record(call(number));
    parts.clock.advance(100);
    await vi.waitFor(async () => expect(await written()).toHaveLength(30));
    expect(batches).toEqual([30]);
    record.record(call(30));
    parts.clock.advance(100);
    await vi.waitFor(async () => expect(await written()).toHaveLength(31));
  });

  it('writes what is left at its end', async () => {
    const record = recorder();
    for (let number = 0; number < 1_200; number += 1) record.record(call(number));
    await record[Symbol.asyncDispose]();
    expect(await written()).toHaveLength(1_000);
    expect((await parts.records.calls.list({ until: 200 }, { limit: 1000 })).rows).toHaveLength(200);
  });

  it('tries again what could not be written, in order and once each', async () => {
    let failures = 2;
    const { batches, calls } = watched(() => (failures -= 1) >= 0);
    const lines = log();
    await using record = recorder(lines, calls);
    record.record(call(1));
    parts.clock.advance(100);
    await vi.waitFor(() => expect(batches).toHaveLength(1));
    record.record(call(2));
    await vi.waitFor(() => {
      parts.clock.advance(1_000);
      expect(batches.length).toBeGreaterThanOrEqual(3);
    });
    await vi.waitFor(async () => expect(await written()).toEqual(['req_2', 'req_1']));
    expect(lines.error).toHaveBeenCalledTimes(2);
  });

  it('keeps a bound on what waits, and says how many calls are missing', async () => {
    let isAway = true;
    const lines = log();
    const record = recorder(lines, watched(() => isAway).calls);
    for (let number = 0; number < 20_100; number += 1) record.record(call(number));
    isAway = false;
    await record[Symbol.asyncDispose]();
    expect(lines.error).toHaveBeenCalledWith(expect.stringContaining('are missing'), { calls: 100 });
  });

  it('gives up at its end where the records stay away, and says so', async () => {
    const { batches, calls } = watched(() => true);
    const lines = log();
    const record = recorder(lines, calls);
    record.record(call(1));
    await record[Symbol.asyncDispose]();
    expect(batches).toHaveLength(3);
    expect(lines.error).toHaveBeenLastCalledWith(expect.stringContaining('are missing'), { calls: 1 });
  });

  it('cuts what comes from outside', async () => {
    const record = recorder();
    record.record({ ...call(1), target: 'x'.repeat(100_000), by: 'y'.repeat(1_000) });
    await record[Symbol.asyncDispose]();
    const [row] = (await parts.records.calls.list({}, { limit: 1 })).rows;
    expect([row?.target?.length, row?.by?.length, row?.duration_ms]).toEqual([300, 300, 1]);
  });
});
