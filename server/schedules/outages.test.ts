import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arbitrary, array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { RecordsPlace } from '../../storage/records/index.ts';
import type { ScheduleRow } from '../../storage/records/port.ts';
import { startPostgres } from '../../storage/records/testing/postgres.ts';
import { startsAfter } from './starts.ts';
import { type HandClock, handClock } from './testing/hand-clock.ts';
import { addSchedule, end, goingRuns, openScheduling, runsOf, type Scheduling } from './testing/scheduling.ts';

const minute = 60_000;
const begin = Date.parse('2026-03-28T23:40:30Z');

/** For `up` minutes as many servers run, then for `down` minutes none. */
interface Phase {
  readonly servers: number;
  readonly up: number;
  readonly down: number;
}
type Given = Pick<ScheduleRow, 'cron' | 'timezone' | 'overlap' | 'catch_up_ms'>;

const phases: Arbitrary<Phase[]> = array(
  record({ servers: integer({ min: 1, max: 2 }), up: integer({ min: 0, max: 4 }), down: integer({ min: 0, max: 25 }) }),
  { minLength: 1, maxLength: 4 },
);
const schedules: Arbitrary<Given> = record({
  cron: constantFrom('* * * * *', '*/3 * * * *', '*/7 0-1 * * *', '0 * * * *'),
  timezone: constantFrom('UTC', 'Europe/Berlin'),
  overlap: constantFrom<ScheduleRow['overlap'][]>('skip', 'queue', 'cancel'),
  catch_up_ms: constantFrom(0, 5 * minute, 12 * minute, 600 * minute),
});

/** Lets servers do what is due, while each run ends as soon as they have. */
async function settle(servers: readonly Scheduling[], clock: HandClock, schedule: ScheduleRow): Promise<void> {
  const [{ parts }] = servers as readonly [Scheduling];
  for (;;) {
    await Promise.all(servers.map((server) => server.settle()));
    const going = await goingRuns(parts.records, schedule);
    expect(going.length).toBeLessThanOrEqual(1);
    for (const { run } of going) await end(parts, run);
    if (going.length === 0) return;
    // They look again a little later.
    clock.advance(250);
  }
}

const hasPostgres = await needs('postgres');

/** Runs of the property for each database: each plays up to a hundred starts. */
const numRuns = 6;

/** Plays one, over a database that nobody else uses. */
async function play(place: RecordsPlace, given: Given, plan: readonly Phase[]): Promise<void> {
  const clock = handClock(begin);
  await using maker = await openScheduling(place, clock);
  const schedule = await addSchedule(maker.parts, given);
  const expected: number[] = [];
  let looked = begin;
  /** What is due now and wanted. */
  const look = (): void => {
    const now = clock.now();
    const due = startsAfter(schedule, looked, 2_000).filter((time) => time <= now);
    expected.push(...due.filter((time) => now - time <= Math.max(given.catch_up_ms, 10_000)));
    looked = now;
  };
  for (const { servers: count, up, down } of plan) {
    const servers = await Promise.all(Array.from({ length: count }, () => openScheduling(place, clock)));
    look();
    await settle(servers, clock, schedule);
    for (let passed = 0; passed < up; passed += 1) {
      clock.advance(minute - (clock.now() % minute));
      look();
      await settle(servers, clock, schedule);
    }
    for (const server of servers) await server[Symbol.asyncDispose]();
    // Half a minute after a start there could be, so that no age is on the edge.
    clock.advance(minute - (clock.now() % minute) + (down - 0.5) * minute);
  }
  const runs = await runsOf(maker.parts.records, schedule);
  expect(runs.map(({ labels }) => labels['scheduled_at'])).toEqual(
    expected.map((time) => new Date(time).toISOString()),
  );
}

describe('each start happens once and in order, whenever servers come and go, and none is missing that catch-up wants', () => {
  it('over SQLite', { timeout: 180_000 }, async () => {
    await assert(
      asyncProperty(schedules, phases, async (given, plan) => {
        const folder = await mkdtemp(join(tmpdir(), 'waterflow-outages-'));
        await play({ file: join(folder, 'records.sqlite') }, given, plan);
        await rm(folder, { recursive: true });
      }),
      { numRuns },
    );
  });

  it.runIf(hasPostgres)('over PostgreSQL', { timeout: 180_000 }, async () => {
    await using postgres = await startPostgres({ durable: false });
    await assert(
      asyncProperty(schedules, phases, async (given, plan) =>
        play({ url: await postgres.createDatabase() }, given, plan),
      ),
      { numRuns },
    );
  });
});
