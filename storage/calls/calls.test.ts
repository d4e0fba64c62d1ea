import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { RunId } from '../../schemas/index.ts';
import { newRun } from '../logs/testing/samples.ts';
import type { RecordsPlace } from '../records/session-at.ts';
import { startPostgres } from '../records/testing/postgres.ts';
import { openShippedCalls, type ShippedCalls } from './index.ts';
import { entriesFrom, keptOf, exampleChain as one } from './testing/samples.ts';

const postgres = (await needs('postgres')) ? await startPostgres({ durable: false }) : undefined;
afterAll(() => postgres?.[Symbol.asyncDispose]());

const two = { agent: 'two', chain: 'b'.repeat(64) };
const script = fileURLToPath(new URL('testing/ship-calls.ts', import.meta.url));

/** What every database does. `makePlace` gives an empty one to each test. */
function describeCalls(name: string, makePlace: () => Promise<RecordsPlace>): void {
  const open = async (place: RecordsPlace): Promise<ShippedCalls> => {
    const calls = await openShippedCalls(place);
    onTestFinished(() => calls[Symbol.asyncDispose]());
    return calls;
  };
  const lines = async (calls: ShippedCalls, run: RunId) => (await keptOf(calls, run)).map(({ line }) => line);

  describe(`host calls that agents ship: ${name}`, () => {
    it('go on where their chain stands; what comes again changes nothing, and a gap is told and not kept', async () => {
      const calls = await open(await makePlace());
      const run = newRun();
      expect(await calls.append(run, one, entriesFrom(1, 3))).toEqual({ kept: entriesFrom(1, 3), next: 4, gap: false });
      expect(await calls.append(run, one, entriesFrom(2, 3))).toEqual({ kept: entriesFrom(4, 1), next: 5, gap: false });
      expect(await calls.append(run, one, entriesFrom(1, 4, 'other'))).toEqual({ kept: [], next: 5, gap: false });
      expect(await calls.append(run, one, entriesFrom(7, 2))).toEqual({ kept: [], next: 5, gap: true });
      expect(await lines(calls, run)).toEqual(entriesFrom(1, 4).map(({ line }) => line));
    });

    it('are of runs and chains each by itself, and read in the order in which they came', async () => {
      const place = await makePlace();
      const [mine, theirs] = [await open(place), await open(place)];
      const [run, other] = [newRun(), newRun()];
      await mine.append(run, one, entriesFrom(1, 2));
      await theirs.append(run, two, entriesFrom(1, 1));
      await mine.append(run, one, entriesFrom(3, 1));
      expect((await keptOf(theirs, run)).map(({ position, agent, sequence }) => [position, agent, sequence])).toEqual([
        [1, 'one', 1],
        [2, 'one', 2],
        [3, 'two', 1],
        [4, 'one', 3],
      ]);
      expect(await mine.append(other, one, entriesFrom(2, 1))).toMatchObject({ next: 1, gap: true });
      expect(await keptOf(mine, other)).toEqual([]);
    });

    it('lose and repeat nothing where several servers take the same at once', async () => {
      const place = await makePlace();
      const mine = await open(place);
      const all = [mine, await open(place)];
      const run = newRun();
      const batches = [1, 101, 201].flatMap((from) => all.map((calls) => [calls, entriesFrom(from, 150)] as const));
      // Whichever comes first, the second time nothing is missing before any.
      for (let round = 1; round <= 3; round += 1) {
        await Promise.all(batches.map(([calls, entries]) => calls.append(run, one, entries)));
      }
      const kept = await keptOf(mine, run);
      expect(kept.map(({ sequence }) => sequence)).toEqual(entriesFrom(1, 350).map(({ sequence }) => sequence));
    });

    it('go with their run, which may begin anew', async () => {
      const calls = await open(await makePlace());
      const [run, other] = [newRun(), newRun()];
      await calls.append(run, one, entriesFrom(1, 2_500));
      await calls.append(other, one, entriesFrom(1, 1));
      await calls.remove(run);
      await calls.remove(run);
      expect([await lines(calls, run), (await lines(calls, other)).length]).toEqual([[], 1]);
      expect(await calls.append(run, one, entriesFrom(1, 1))).toMatchObject({ next: 2, gap: false });
    });

    it('that a server acknowledged are there after it was killed, and no part of a batch', async () => {
      const place = await makePlace();
      const calls = await open(place);
      const child = spawn(process.execPath, [script, JSON.stringify(place)], { stdio: ['ignore', 'pipe', 'inherit'] });
      const acknowledged = new Map<RunId, number>();
      let batches = 0;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [run = '', sequence] = line.split(' ');
        acknowledged.set(run as RunId, Number(sequence)); // The script made it.
        batches += 1;
        if (batches === 200) child.kill('SIGKILL');
      });
      await once(child, 'close');
      expect(acknowledged.size).toBeGreaterThan(1);
      for (const [run, last] of acknowledged) {
        const kept = await lines(calls, run);
        expect(kept.length).toBeGreaterThanOrEqual(last);
        expect(kept.length % 3).toBe(0);
        expect(kept).toEqual(entriesFrom(1, kept.length).map(({ line }) => line));
      }
    });
  });
}

describeCalls('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-calls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { file: join(folder, 'server.sqlite') };
});

describe.skipIf(postgres === undefined)('PostgreSQL', () => {
  describeCalls('PostgreSQL', async () => ({ url: (await postgres?.createDatabase()) ?? '' }));
});
