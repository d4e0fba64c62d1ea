import { describe, expect, it } from 'vitest';
import type { JobKey } from '../../schemas/index.ts';
import type { Addressed, Effect } from '../driving/machines.ts';
import { Gates } from './gates.ts';

function eventFor(job: string): Addressed {
  // Any text is a key here.
  return { machine: { kind: 'job', job: job as JobKey }, event: { type: 'timer_fired', at: 1, timer: job } };
}

function effectFor(job: string): Effect {
  // As above.
  return { kind: 'job', job: job as JobKey, command: { type: 'cancel_timer', timer: job } };
}

const toRun: Addressed = { machine: { kind: 'run' }, event: { type: 'timer_fired', at: 1, timer: 'run' } };

function closedFor(...members: readonly string[]): Gates {
  const gates = new Gates();
  for (const member of members) gates.close({ group: `group of ${member}`, member });
  return gates;
}

describe('what waits for a group', () => {
  it.each([
    { member: '@run', waits: ['build', 'build (a)', 'release / build'], goesOn: [] },
    { member: 'build', waits: ['build'], goesOn: ['build (a)', 'builder', 'release / build', 'run'] },
    { member: 'build (a)', waits: ['build (a)'], goesOn: ['build', 'build (b)'] },
    {
      member: 'release',
      waits: ['release', 'release / build', 'release / deep / build'],
      goesOn: ['released / build'],
    },
    {
      member: 'release / @run',
      waits: ['release / build', 'release / deep / build'],
      goesOn: ['release', 'other / build'],
    },
  ])('are the jobs of $member', ({ member, waits, goesOn }) => {
    const gates = closedFor(member);
    for (const job of waits) expect([job, gates.withholdEvent(eventFor(job))]).toEqual([job, true]);
    for (const job of goesOn) expect([job, gates.withholdEvent(eventFor(job))]).toEqual([job, false]);
  });

  it('is given out in order when it is its turn, and not twice', () => {
    const gates = closedFor('build');
    expect(gates.withholdEvent(toRun)).toBe(false);
    expect(gates.withholdEffect({ kind: 'end_run' })).toBe(false);
    gates.withholdEvent(eventFor('build'));
    gates.withholdEffect(effectFor('build'));
    const place = { group: 'group of build', member: 'build' };
    expect(gates.open({ ...place, group: 'another' })).toBeUndefined();
    expect(gates.open(place)).toEqual({ events: [eventFor('build')], effects: [effectFor('build')] });
    expect(gates.open(place)).toBeUndefined();
    expect(gates.withholdEvent(eventFor('build'))).toBe(false);
  });

  it('waits for all groups that its job needs', () => {
    const gates = closedFor('@run', 'build');
    for (const job of ['build', 'test']) gates.withholdEvent(eventFor(job));
    expect(gates.open({ group: 'group of @run', member: '@run' })?.events).toEqual([eventFor('test')]);
    expect(gates.open({ group: 'group of build', member: 'build' })?.events).toEqual([eventFor('build')]);
  });

  it('is given out whole where nothing waits any more', () => {
    const gates = closedFor('@run', 'build');
    for (const job of ['build', 'test']) gates.withholdEvent(eventFor(job));
    expect(gates.openAll().events).toEqual([eventFor('build'), eventFor('test')]);
    expect(gates.openAll()).toEqual({ events: [], effects: [] });
  });
});
