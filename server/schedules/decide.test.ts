import { assert, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRunId, type RunId } from '../../schemas/index.ts';
import { type DueSchedule, decide, type RunSpan } from './decide.ts';
import { lastStart, startAfter } from './starts.ts';

/** A time of 2026-01-09, UTC. */
const at = (time: string): number => Date.parse(`2026-01-09T${time}Z`);
const hour = 3_600_000;

/** Every hour; what came until 06:00 is done. */
const hourly: DueSchedule = {
  cron: '0 * * * *',
  timezone: 'UTC',
  overlap: 'skip',
  catch_up_ms: 0,
  done_until: at('06:00:00'),
};

function runId(digit: string): RunId {
  const run = parseRunId(`run-${digit.repeat(26)}`);
  if (run === undefined) throw new Error('no id');
  return run;
}

function span(from: string, until?: string, run: RunId = runId('1')): RunSpan {
  return { run, from: at(from), ...(until === undefined ? {} : { until: at(until) }) };
}

describe('decide', () => {
  it('has nothing to do before the next start, and carries it out when it comes', () => {
    expect(decide(hourly, [], at('06:59:59'))).toEqual({ kind: 'idle', next: at('07:00:00') });
    const start = { kind: 'start', at: at('07:00:00'), to: at('07:00:00') };
    expect(decide(hourly, [], at('07:00:00'))).toEqual(start);
    expect(decide(hourly, [span('06:00:00', '06:59:00')], at('07:00:10'))).toEqual(start);
  });

  it('leaves out what is late without catch-up, but not what a busy server is late for', () => {
    expect(decide(hourly, [], at('07:00:10.000'))).toMatchObject({ kind: 'start' });
    expect(decide(hourly, [], at('07:00:10.001'))).toMatchObject({ kind: 'pass', to: at('07:00:00'), why: 'too old' });
  });

  it('makes up for what is younger than catch-up, oldest first, one after the other', () => {
    const schedule = { ...hourly, catch_up_ms: 2 * hour };
    expect(decide(schedule, [], at('10:30:00'))).toEqual({ kind: 'pass', to: at('08:29:59.999'), why: 'too old' });
    const rest = { ...schedule, done_until: at('08:29:59.999') };
    expect(decide(rest, [], at('10:30:00'))).toEqual({ kind: 'start', at: at('09:00:00'), to: at('09:00:00') });
    const next = { ...schedule, done_until: at('09:00:00') };
    expect(decide(next, [span('10:30:00')], at('10:30:01'))).toEqual({ kind: 'wait', cancel: [] });
    expect(decide(next, [span('10:30:00', '10:30:02')], at('10:30:02'))).toMatchObject({ at: at('10:00:00') });
  });

  it('is silent where a date never comes, and far ahead', () => {
    expect(decide({ ...hourly, cron: '0 0 31 2 *' }, [], at('07:00:00'))).toEqual({ kind: 'idle' });
    const leap = { ...hourly, cron: '0 0 29 2 *' };
    expect(decide(leap, [], at('07:00:00'))).toEqual({ kind: 'idle', next: Date.parse('2028-02-29T00:00Z') });
  });

  it('follows the clocks of the time zone', () => {
    const night = { ...hourly, cron: '30 2 * * *', timezone: 'Europe/Berlin' };
    const spring = { ...night, done_until: Date.parse('2026-03-28T12:00Z') };
    expect(decide(spring, [], Date.parse('2026-03-29T01:00Z'))).toMatchObject({ at: Date.parse('2026-03-29T01:00Z') });
    const autumn = { ...night, done_until: Date.parse('2026-10-25T00:30Z') };
    expect(decide(autumn, [], Date.parse('2026-10-25T01:30Z'))).toMatchObject({ kind: 'idle' });
  });

  describe('with overlap: skip', () => {
    it('leaves out every start that comes while a run goes on', () => {
      expect(decide(hourly, [span('06:00:01')], at('07:00:00'))).toEqual({
        kind: 'pass',
        to: at('07:00:00'),
        why: 'overlap',
      });
      // The server was busy and comes to it after the run.
      expect(decide(hourly, [span('06:00:01', '08:30:00')], at('08:30:01'))).toMatchObject({ to: at('08:30:00') });
    });

    it('leaves out those of an outage only as far as the run went on', () => {
      const schedule = { ...hourly, catch_up_ms: 24 * hour };
      const runs = [span('06:00:01', '08:30:00')];
      expect(decide(schedule, runs, at('10:30:00'))).toMatchObject({ kind: 'pass', to: at('08:30:00') });
      expect(decide({ ...schedule, done_until: at('08:30:00') }, runs, at('10:30:00'))).toMatchObject({
        kind: 'start',
        at: at('09:00:00'),
      });
    });
  });

  describe('with overlap: queue', () => {
    const queue = { ...hourly, overlap: 'queue' } as const;

    it('lets the first wait, and leaves out those that come while it does', () => {
      expect(decide(queue, [span('06:00:01')], at('07:00:00'))).toEqual({ kind: 'wait', cancel: [] });
      expect(decide(queue, [span('06:00:01')], at('09:10:00'))).toEqual({ kind: 'wait', cancel: [] });
      const start = { kind: 'start', at: at('07:00:00'), to: at('09:10:00') };
      expect(decide(queue, [span('06:00:01', '09:10:00')], at('09:10:01'))).toEqual(start);
    });

    it('loses no start that waits, however long no server ran', () => {
      const runs = [span('06:00:01', '07:10:00')];
      expect(decide(queue, runs, at('23:00:00'))).toEqual({ kind: 'start', at: at('07:00:00'), to: at('07:10:00') });
      // Nor one that comes after others which are too old.
      const later = [span('08:30:00', '09:10:00')];
      const passed = { kind: 'pass', to: at('08:30:00'), why: 'too old' };
      expect(decide(queue, later, at('23:00:00'))).toEqual(passed);
      expect(decide({ ...queue, done_until: at('08:30:00') }, later, at('23:00:00'))).toMatchObject({
        at: at('09:00:00'),
      });
    });
  });

  describe('with overlap: cancel', () => {
    const cancel = { ...hourly, overlap: 'cancel' } as const;

    it('cancels what goes on, and starts once it has ended', () => {
      expect(decide(cancel, [span('06:00:01')], at('07:00:00'))).toEqual({ kind: 'wait', cancel: [runId('1')] });
      const start = { kind: 'start', at: at('07:00:00'), to: at('07:00:00') };
      expect(decide(cancel, [span('06:00:01', '07:00:03')], at('07:00:04'))).toEqual(start);
    });

    it('carries out only the last of those that came meanwhile', () => {
      expect(decide(cancel, [span('06:00:01', '09:20:00')], at('09:20:01'))).toEqual({
        kind: 'start',
        at: at('09:00:00'),
        to: at('09:00:00'),
      });
    });

    it('cancels none for a start that is made up', () => {
      const schedule = { ...cancel, catch_up_ms: 24 * hour };
      expect(decide(schedule, [span('09:10:00')], at('09:10:01'))).toEqual({ kind: 'wait', cancel: [] });
    });
  });

  describe('when the clock is set', () => {
    it('back, starts nothing a second time', () => {
      expect(decide(hourly, [], at('05:59:59'))).toMatchObject({ kind: 'idle', next: at('07:00:00') });
      expect(decide(hourly, [], at('06:00:00') - 14 * hour)).toMatchObject({ kind: 'idle', next: at('07:00:00') });
    });

    it('back by more than a day, does not wait for years', () => {
      const now = at('06:30:00') - 400 * 24 * hour;
      expect(decide(hourly, [], now)).toEqual({ kind: 'pass', to: now, why: 'wrong clock' });
    });

    it('ahead, takes what lies between for missed', () => {
      const years = at('06:30:00') + 3650 * 24 * hour;
      expect(decide(hourly, [], years)).toEqual({ kind: 'pass', to: years - 10_001, why: 'too old' });
    });
  });
});

describe('lastStart', () => {
  it('is the one after which no other comes until then', () => {
    const times = { cron: '*/7 3-9 * * mon-fri', timezone: 'Europe/Berlin' };
    const spans = record({ after: integer({ min: 0, max: 4e12 }), length: integer({ min: 0, max: 4e8 }) });
    assert(
      property(spans, ({ after, length }) => {
        const until = after + length;
        const last = lastStart(times, { after, until });
        if (last === undefined) return (startAfter(times, after) ?? Infinity) > until;
        return last > after && last <= until && (startAfter(times, last) ?? Infinity) > until;
      }),
      { numRuns: 300 },
    );
  });
});
