import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../port.ts';
import { errorOf } from '../../records/contract/store.ts';
import { sql } from '../../records/sql.ts';
import { allOf, createdRun, exampleJob, exampleReport, upTo } from './samples.ts';
import { type MakeProjection, openTables } from './store.ts';

const reader = fileURLToPath(new URL('../testing/read-events.ts', import.meta.url));

export function describeReading(makeProjection: MakeProjection): void {
  describe('reading', () => {
    it('of 100,000 events takes the memory of a few', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      const text = 'x'.repeat(1024);
      for (let from = 1; from <= 100_000; from += 20_000) {
        const events = Array.from({ length: 20_000 }, (_, index) => ({ number: from + index, text }));
        await projection.append({ run, job: exampleJob, from, events });
      }
      // The heap that is allowed is a third of what the events take.
      const argv = ['--max-old-space-size=32', reader, JSON.stringify(store.place), run];
      const { stdout } = await promisify(execFile)(process.execPath, argv);
      expect(stdout).toBe('100000\n');
    });

    it('ends at what was there when it began, and goes on behind that', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const run = await createdRun(projection);
      await projection.append(exampleReport({ run, from: 1 }, 700));
      const seen: JournalEntry[] = [];
      for await (const entry of projection.entries(run)) {
        if (seen.length % 100 === 0) await projection.append(exampleReport({ run, from: 701 + seen.length }, 100));
        seen.push(entry);
      }
      expect(seen).toHaveLength(700);
      for await (const entry of projection.entries(run, 700)) seen.push(entry);
      expect(seen.map(({ sequence }) => sequence)).toEqual(upTo(1400));
    });

    it('says where an event is missing', async () => {
      await using store = await makeProjection();
      const projection = await store.open();
      const [inside, atEnd] = [await createdRun(projection), await createdRun(projection)];
      for (const run of [inside, atEnd]) await projection.append(exampleReport({ run, from: 1 }, 3));
      await using session = await openTables(store.place);
      await session.write('damage two runs', function* () {
        yield sql`DELETE FROM projected_entries WHERE run = ${inside} AND sequence = 2`;
        yield sql`DELETE FROM projected_entries WHERE run = ${atEnd} AND sequence = 3`;
      });
      for (const [run, missing] of [
        [inside, 2],
        [atEnd, 3],
      ] as const) {
        expect(await errorOf(allOf(projection.entries(run)))).toMatchObject({
          code: 'JOURNAL_BROKEN',
          message: expect.stringContaining(`event ${missing} is missing`),
        });
      }
    });
  });
}
