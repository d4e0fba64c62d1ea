import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { openRecords } from '../../records/open.ts';
import { startPostgres } from '../../records/testing/postgres.ts';
import { describeShippedLogs } from '../contract/logs-contract.ts';
import { openShippedLogs } from '../open.ts';
import { newRun, segments, textsOf } from '../testing/samples.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());
const newDatabase = async (): Promise<string> => (await postgres?.createDatabase()) ?? '';

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describeShippedLogs('PostgreSQL', async () => ({ place: { url: await newDatabase() }, remove: () => undefined }));

  it('tells those who watch a run of what another server keeps', async () => {
    const url = await newDatabase();
    await using mine = await openShippedLogs({ url });
    await using theirs = await openShippedLogs({ url });
    const run = newRun();
    let wake = (): void => {};
    using _watching = mine.watch(run, () => wake());
    for (const sequence of [1, 2]) {
      const told = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await theirs.append(run, segments(sequence, 1));
      await told;
      expect(await textsOf(mine, run)).toHaveLength(sequence);
    }
  });

  it('takes batches of one run from several servers in turn', async () => {
    const url = await newDatabase();
    await using mine = await openShippedLogs({ url });
    await using theirs = await openShippedLogs({ url });
    const run = newRun();
    const shipped = await Promise.all([mine, theirs, mine, theirs].map((logs) => logs.append(run, segments(1, 100))));
    expect(shipped.flat().every(({ next, gap }) => next === 101 && !gap)).toBe(true);
    expect(await textsOf(mine, run)).toEqual(segments(1, 100).map(({ text }) => text));
  });

  it('reads a long log with the memory of a page', async () => {
    await using logs = await openShippedLogs({ url: await newDatabase() });
    const run = newRun();
    const text = randomBytes(16 * 1024).toString('base64');
    const [batch, batches] = [30, 60];
    for (let index = 0; index < batches; index += 1) {
      await logs.append(run, segments(index * batch + 1, batch, { text }));
    }
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const held: number[] = [];
    let read = 0;
    for await (const part of logs.read(run, 0)) {
      read += part.text.length;
      if (part.position % 300 !== 0) continue;
      collect();
      const { heapUsed, external } = process.memoryUsage();
      held.push(heapUsed + external);
    }
    expect(read).toBe(batch * batches * text.length);
    expect(read).toBeGreaterThan(35 * 1024 * 1024);
    // What was received and not yet read comes and goes.
    const [first, second] = [held.slice(0, 3), held.slice(3)].map((half) => Math.max(...half));
    expect((second ?? 0) - (first ?? 0)).toBeLessThan(9 * 1024 * 1024);
  });

  it('keeps them beside the records', async () => {
    const url = await newDatabase();
    await using records = await openRecords({ url });
    await using logs = await openShippedLogs({ url });
    const run = newRun();
    await logs.append(run, segments(1, 1));
    await using again = await openRecords({ url });
    await again.check();
    expect([records.driver, await textsOf(logs, run)]).toEqual(['postgresql', ['text 1\n']]);
  });
});
