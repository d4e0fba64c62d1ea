import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../api/types.ts';
import { barsOf, withControlNodes } from './bars.ts';

let sequence = 0;
const start = Date.parse('2026-05-01T12:00:00.000Z');

function event(seconds: number, type: string, event_: RunEvent['event'] = {}, job?: string): RunEvent {
  sequence += 1;
  const at = new Date(start + seconds * 1000).toISOString();
  return { sequence, at, type, event: event_, ...(job === undefined ? {} : { job }) };
}

const of = (bars: readonly { kind: string; from: number; to?: number; status: string }[] | undefined) =>
  bars?.map(({ kind, from, to, status }) => [
    kind,
    (from - start) / 1000,
    to === undefined ? undefined : (to - start) / 1000,
    status,
  ]);

const step = (name: string) => ({ step: name });
const ended = (name: string, outcome: string) => ({ step: name, result: { outcome } });

describe('the timeline of a run', () => {
  it('has how long a job waited for an agent, how long it ran, and each attempt of a step', () => {
    const bars = barsOf([
      event(0, 'run_started'),
      event(0, 'job_started', {}, 'build'),
      event(3, 'agent_claimed', {}, 'build'),
      event(3, 'step_started', step('0'), 'build'),
      event(5, 'step_finished', ended('0', 'failure'), 'build'),
      event(8, 'timer_fired', {}, 'build'),
      event(8, 'step_started', step('0'), 'build'),
      event(9, 'step_finished', ended('0', 'success'), 'build'),
      event(10, 'job_finished', { job: 'build', result: { status: 'success' } }),
    ]).get('build');
    expect(of(bars?.job)).toEqual([
      ['queue', 0, 3, 'queued'],
      ['run', 3, 10, 'success'],
    ]);
    expect(of(bars?.steps.get('0'))).toEqual([
      ['run', 3, 5, 'failure'],
      ['run', 8, 9, 'success'],
    ]);
  });

  it('has what goes on without an end', () => {
    const bars = barsOf([
      event(0, 'job_started', {}, 'ask'),
      event(1, 'step_started', step('review'), 'ask'),
      event(1, 'job_started', {}, 'build'),
    ]);
    expect(of(bars.get('ask')?.job)).toEqual([
      ['queue', 0, 1, 'queued'],
      ['run', 1, undefined, 'running'],
    ]);
    expect(of(bars.get('build')?.job)).toEqual([['queue', 1, undefined, 'running']]);
  });

  it('has control nodes, which no event tells of, and no wait for an agent that is none', () => {
    const time = (seconds: number): string => new Date(start + seconds * 1000).toISOString();
    const bars = barsOf([event(2, 'job_started', {}, 'ask')]).get('ask') ?? { job: [], steps: new Map() };
    const review = { index: 0, name: 'review', uses: 'approval@v1', status: 'waiting', attempts: 1, outputs: {} };
    const shown = withControlNodes(bars, {
      index: 0,
      name: 'ask',
      id: 'ask',
      needs: [],
      status: 'waiting',
      attempts: 1,
      outputs: {},
      steps: { review: { ...review, started_at: time(2), host_calls: { allowed: 0, denied: 0 } } },
    });
    expect(of(shown.job)).toEqual([['run', 2, undefined, 'waiting']]);
    expect(of(shown.steps.get('review'))).toEqual([['run', 2, undefined, 'waiting']]);
  });

  it('ends what a lost agent had, and waits for another one', () => {
    const bars = barsOf([
      event(0, 'job_started', {}, 'build'),
      event(1, 'agent_claimed', {}, 'build'),
      event(1, 'step_started', step('0'), 'build'),
      event(9, 'agent_lost', {}, 'build'),
      event(12, 'agent_claimed', {}, 'build'),
      event(12, 'step_started', step('0'), 'build'),
    ]).get('build');
    expect(of(bars?.job)).toEqual([
      ['queue', 0, 1, 'queued'],
      ['run', 1, 9, 'failure'],
      ['queue', 9, 12, 'queued'],
      ['run', 12, undefined, 'running'],
    ]);
    expect(of(bars?.steps.get('0'))).toEqual([
      ['run', 1, 9, 'failure'],
      ['run', 12, undefined, 'running'],
    ]);
  });
});
