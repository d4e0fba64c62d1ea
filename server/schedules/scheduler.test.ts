import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ScheduleRow } from '../../storage/records/port.ts';
import { type HandClock, handClock } from './testing/hand-clock.ts';
import { addSchedule, end, endAll, openScheduling, runsOf, type Scheduling, startsOf } from './testing/scheduling.ts';

const start = Date.parse('2026-01-09T06:30:00Z');
const minute = 60_000;
const hour = 60 * minute;

interface World {
  readonly clock: HandClock;
  readonly schedule: ScheduleRow;
  /** The server that made the schedule. */
  readonly first: Scheduling;
  /** Another one over the same records. */
  readonly another: () => Promise<Scheduling>;
}

async function world(given: Partial<ScheduleRow> = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'waterflow-schedules-'));
  const clock = handClock(start);
  const opened: Scheduling[] = [];
  onTestFinished(async () => {
    for (const server of opened) await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const another = async (): Promise<Scheduling> => {
    const server = await openScheduling({ file: join(folder, 'records.sqlite') }, clock);
    opened.push(server);
    return server;
  };
  const first = await another();
  const schedule = await addSchedule(first.parts, { cron: '0 * * * *', ...given });
  return { clock, schedule, first, another };
}

/** Moves on to a time, and lets a server do what is due then. */
async function at({ clock }: World, server: Scheduling, time: string): Promise<void> {
  clock.advance(Date.parse(`2026-01-${time.length > 5 ? time : `09T${time}`}:00Z`) - clock.now());
  await server.settle();
}

describe('a scheduler', () => {
  it('starts a run when it is due, made of what the schedule says', async () => {
    const here = await world({ vars: { region: 'eu' } });
    await at(here, here.first, '06:59');
    expect(await runsOf(here.first.parts.records, here.schedule)).toEqual([]);
    await at(here, here.first, '07:00');
    const [run, ...others] = await runsOf(here.first.parts.records, here.schedule);
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      tenant: 'default',
      workflow: 'nightly',
      status: 'accepted',
      labels: { scheduled_at: '2026-01-09T07:00:00.000Z' },
      origin: { kind: 'schedule', id: here.schedule.id, by: here.schedule.name },
      request: { plan: here.schedule.plan, inputs: {}, vars: { region: 'eu' }, secrets: [] },
    });
  });

  it('starts each run once although two servers see that it is due', async () => {
    const here = await world();
    const other = await here.another();
    for (const time of ['07:00', '08:00', '09:00']) {
      await at(
        here,
        here.first,
        time.replace(':00', ':59').replace(/^../, (hours) => `0${Number(hours) - 1}`),
      );
      here.clock.advance(minute);
      await Promise.all([here.first.settle(), other.settle(), here.first.settle()]);
      await endAll(here.first.parts, here.schedule);
    }
    expect(await startsOf(here.first.parts.records, here.schedule)).toEqual([
      '01-09T07:00',
      '01-09T08:00',
      '01-09T09:00',
    ]);
  });

  it('leaves out what came while a run of the schedule goes on', async () => {
    const here = await world({ overlap: 'skip' });
    await at(here, here.first, '07:00');
    await at(here, here.first, '08:00');
    await endAll(here.first.parts, here.schedule);
    await at(here, here.first, '09:00');
    expect(await startsOf(here.first.parts.records, here.schedule)).toEqual(['01-09T07:00', '01-09T09:00']);
  });

  it('lets one start wait, through a restart of the server, too', async () => {
    const here = await world({ overlap: 'queue' });
    await at(here, here.first, '07:00');
    for (const time of ['08:00', '09:00']) await at(here, here.first, time);
    await here.first[Symbol.asyncDispose]();
    const next = await here.another();
    await at(here, next, '11:30');
    expect(await startsOf(next.parts.records, here.schedule)).toEqual(['01-09T07:00']);
    await endAll(next.parts, here.schedule);
    await at(here, next, '11:31');
    await at(here, next, '12:00');
    await endAll(next.parts, here.schedule);
    await at(here, next, '13:00');
    expect(await startsOf(next.parts.records, here.schedule)).toEqual(['01-09T07:00', '01-09T08:00', '01-09T12:00']);
  });

  it('cancels what goes on where it is to, and starts once that has ended', async () => {
    const here = await world({ overlap: 'cancel' });
    const { records } = here.first.parts;
    await at(here, here.first, '07:00');
    const [running] = await runsOf(records, here.schedule);
    // No engine has it yet, so it ends at once.
    await at(here, here.first, '08:00');
    here.clock.advance(300);
    await here.first.settle();
    expect(await records.runs.get(running!.run)).toMatchObject({ status: 'cancelled' });
    expect(await startsOf(records, here.schedule)).toEqual(['01-09T07:00', '01-09T08:00']);
  });

  it('makes up for what was missed while no server ran, oldest first, and not for what is too old', async () => {
    const here = await world({ catch_up_ms: 3 * hour });
    await here.first[Symbol.asyncDispose]();
    const next = await here.another();
    for (const time of ['12:30', '12:31', '12:32', '12:33']) {
      await at(here, next, time);
      await endAll(next.parts, here.schedule);
    }
    expect(await startsOf(next.parts.records, here.schedule)).toEqual(['01-09T10:00', '01-09T11:00', '01-09T12:00']);
    await at(here, next, '13:00');
    expect(await startsOf(next.parts.records, here.schedule)).toHaveLength(4);
  });

  it('does not make up for what passed while it was paused', async () => {
    const here = await world({ catch_up_ms: 24 * hour });
    const { records } = here.first.parts;
    await records.schedules.update(here.schedule.id, { paused: true });
    await at(here, here.first, '09:30');
    await records.schedules.update(here.schedule.id, { paused: false, done_until: here.clock.now() });
    await at(here, here.first, '09:31');
    await at(here, here.first, '10:00');
    expect(await startsOf(records, here.schedule)).toEqual(['01-09T10:00']);
  });

  it('waits for a start that is months away with short timers, and notices when the clock is set', async () => {
    const here = await world({ cron: '0 0 29 2 *' });
    here.first.scheduler.begin();
    const records = here.first.parts.records;
    await vi.waitFor(() => expect(here.clock.longest).toBe(5_000));
    here.clock.set(Date.parse('2028-02-29T00:00:03Z'));
    // Only the poll comes.
    await vi.waitFor(async () => {
      here.clock.advance(1_000);
      expect(await startsOf(records, here.schedule)).toEqual(['02-29T00:00']);
    });
    expect(here.clock.longest).toBe(5_000);
  });

  it('starts nothing a second time when the clock is set back', async () => {
    const here = await world({ catch_up_ms: 24 * hour });
    await at(here, here.first, '07:00');
    await endAll(here.first.parts, here.schedule);
    here.clock.set(Date.parse('2026-01-09T05:10:00Z'));
    await here.first.settle();
    await at(here, here.first, '06:00');
    await at(here, here.first, '07:00');
    expect(await startsOf(here.first.parts.records, here.schedule)).toEqual(['01-09T07:00']);
    await at(here, here.first, '08:00');
    expect(await startsOf(here.first.parts.records, here.schedule)).toHaveLength(2);
  });

  it('goes on with other schedules where one fails', async () => {
    const here = await world();
    const { parts } = here.first;
    const broken = await addSchedule(parts, { cron: '0 * * * *', inputs: { unknown: 1 } });
    await at(here, here.first, '07:00');
    expect(await startsOf(parts.records, here.schedule)).toHaveLength(1);
    expect(await startsOf(parts.records, broken)).toEqual([]);
    expect(await parts.records.schedules.get(broken.id)).toMatchObject({ done_until: here.clock.now() });
  });

  it('starts the runs of many schedules that are due at once', async () => {
    const here = await world();
    const { parts } = here.first;
    await Promise.all(Array.from({ length: 299 }, () => addSchedule(parts, { cron: '0 * * * *' })));
    here.clock.advance(5_000);
    await at(here, here.first, '07:00');
    const { accepted } = await parts.records.runs.count({ origin: { kind: 'schedule' } });
    expect(accepted).toBe(300);
  });

  it('counts runs that somebody triggered or ran again', async () => {
    const here = await world();
    const { parts } = here.first;
    await at(here, here.first, '07:00');
    const [run] = await runsOf(parts.records, here.schedule);
    await end(parts, run!.run);
    await parts.records.runs.update(run!.run, { status: 'queued', ended_at: null });
    await at(here, here.first, '08:00');
    expect(await startsOf(parts.records, here.schedule)).toHaveLength(1);
  });
});
