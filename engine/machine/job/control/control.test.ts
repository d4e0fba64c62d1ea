import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { JobDrive } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';

function sleep(duration: Json, step: Partial<StepSketch> = {}, job: JobSketch = {}) {
  const steps = [{ id: 'nap', uses: 'sleep@v1', with: { duration }, ...step }];
  return new JobDrive(planOf({ jobs: { wait: { ...job, steps } } }));
}

function due(job: JobDrive, timer: string): number | undefined {
  const found = job.commands.find((command) => command.type === 'start_timer' && command.timer === timer);
  return found?.type === 'start_timer' ? found.due - job.at : undefined;
}

describe('sleep', () => {
  it.each<[Json, number]>([
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['PT1M', 60_000],
    [90, 90_000],
    [0.25, 250],
    ['15', 15_000],
    [0, 0],
    ["${{ format('{0}s', 2) }}", 2000],
  ])('takes %j', (duration, ms) => {
    expect(due(sleep(duration), 'sleep/1/nap/1')).toBe(ms);
  });

  it('succeeds without outputs and without an agent when its timer fires', () => {
    const job = sleep('1s');
    expect(job.step('nap').status).toBe('running');
    job.fire('sleep/1/nap/1');
    expect(job.step('nap')).toMatchObject({ outcome: 'success', outputs: {}, attempts: 1 });
    expect(job.commands.map(({ type }) => type)).not.toContain('claim_agent');
    expect(job.result?.status).toBe('success');
  });

  it.each<[Json]>([['soon'], [-1], [null], [true], [['1s']], ['367d'], ['1e3']])(
    'refuses %j as an invalid input',
    (duration) => {
      const job = sleep(duration, { retry: {} });
      expect(job.step('nap')).toMatchObject({ outcome: 'failure', error: { code: 'INVALID_INPUT', line: 1 } });
      expect(job.result).toMatchObject({ status: 'failure', attempts: 1 });
    },
  );

  it('refuses an input that it does not know', () => {
    expect(sleep('1s', { with: { duration: '1s', till: 'noon' } }).step('nap').error?.code).toBe('INVALID_INPUT');
  });

  it('waits until a time, and not at all for one that is over', () => {
    const at = sleep('1s').at;
    const until = (ms: number) => sleep('', { with: { until: new Date(at + ms).toISOString() } });
    expect(due(until(90_000), 'sleep/1/nap/1')).toBe(90_000);
    expect(due(until(-90_000), 'sleep/1/nap/1')).toBe(0);
    expect(due(until(0), 'sleep/1/nap/1')).toBe(0);
  });

  it.each<[JsonObject]>([
    [{ until: 'noon' }],
    [{ until: '2026-12-24T18:00:00' }],
    [{ until: 1_800_000_000 }],
    [{ until: '9999-12-24T18:00:00Z' }],
    [{ until: '2026-12-24T18:00:00Z', duration: '1s' }],
    [{}],
  ])('does not sleep with %j', (inputs) => {
    expect(sleep('', { with: inputs }).step('nap')).toMatchObject({
      outcome: 'failure',
      error: { code: 'INVALID_INPUT', remedy: expect.any(String) },
    });
  });

  it('takes no longer for a timeout that it stays below', () => {
    const job = sleep('1s', { timeout: 5 });
    expect(due(job, 'sleep/1/nap/1')).toBe(1000);
    job.fire('sleep/1/nap/1');
    expect(job.step('nap').outcome).toBe('success');
  });

  it('fails with its own timeout, which its retry may cover', () => {
    const job = sleep('1h', { timeout: 1, retry: { attempts: 2 } });
    expect(due(job, 'sleep/1/nap/1')).toBe(60_000);
    job.fire('sleep/1/nap/1');
    expect(job.step('nap')).toMatchObject({ status: 'retrying', error: { code: 'TIMEOUT' } });
    job.fire('retry/1/nap/2');
    job.fire('sleep/1/nap/2');
    expect(job.step('nap')).toMatchObject({ outcome: 'failure', attempts: 2 });
  });

  it('ends by the timeout of the job', () => {
    const job = sleep('2h', {}, { timeout: 60 });
    job.fire('timeout/1/1');
    expect(job.step('nap')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.commands).toContainEqual({ type: 'cancel_timer', timer: 'sleep/1/nap/1' });
    expect(job.result?.status).toBe('failure');
  });

  it('ends at once when the job is cancelled', () => {
    const job = sleep('2h');
    expect(job.cancel().map(({ type }) => type)).toEqual(['cancel_timer', 'cancel_timer', 'finish_job']);
    expect(job.step('nap')).toMatchObject({ outcome: 'cancelled', error: { code: 'CANCELLED' } });
    expect(job.tell({ type: 'timer_fired', timer: 'sleep/1/nap/1' })).toEqual([]);
  });
});

it('fails a control node that it cannot carry out as machinery', () => {
  expect(sleep('1s', { uses: 'teleport@v1', control: true }).step('nap').error?.code).toBe('INTERNAL');
});
