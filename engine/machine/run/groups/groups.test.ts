import { describe, expect, it } from 'vitest';

import { outstandingRunCommands } from '../../index.ts';
import { RunDrive } from '../../testing/drive.ts';
import { planOf } from '../../testing/plans.ts';

const acquire = (group: string, member: string) => ({
  type: 'acquire_group',
  group,
  member,
  cancel_in_progress: false,
});
const release = (group: string, member: string) => ({ type: 'release_group', group, member });

describe('a concurrency group of the run', () => {
  const plan = planOf({
    concurrency: 'deploy-${{ inputs.target }}-${{ workflow.name }}',
    jobs: { build: {}, test: { needs: ['build'] } },
  });
  const given = { inputs: { target: 'live' } };

  it('is asked for before any job starts, and left after the last has ended', () => {
    const run = new RunDrive(plan, given);
    expect(run.commands).toEqual([acquire('deploy-live-test', '@run')]);
    expect(run.view('build')).toMatchObject({ status: 'waiting', waits_for: 'group' });
    run.acquire('DEPLOY-live-test');
    expect(run.started).toEqual(['build']);
    run.end('build', 'success');
    expect(run.end('test', 'success')).toEqual([
      release('deploy-live-test', '@run'),
      { type: 'finish_run', status: 'success' },
    ]);
  });

  it('may be given twice, and to nobody else', () => {
    const run = new RunDrive(plan, given);
    expect(run.acquire('other')).toEqual([]);
    expect(run.acquire('deploy-live-test', 'build')).toEqual([]);
    run.acquire('deploy-live-test');
    const before = run.state;
    run.acquire('deploy-live-test');
    expect(run.state).toBe(before);
  });

  it('ends a run at once that still waits for it, even jobs that say always()', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { build: {}, clean: { if: 'always()' } } }));
    const commands = run.tell({ type: 'group_superseded', group: 'g', member: '@run', by: 'run-2' });
    expect(commands).toEqual([release('g', '@run'), { type: 'finish_run', status: 'cancelled' }]);
    expect(run.statuses).toEqual({ build: 'cancelled', clean: 'cancelled' });
    expect(run.view('build').error?.message).toContain('run-2 wants the concurrency group `g`');
  });

  it('cancels a run in order that holds it, when another wants it', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { build: {}, clean: { if: 'always()' } } }));
    run.acquire('g');
    const reason = 'run-2 wants the concurrency group `g`';
    const superseded = { type: 'group_superseded', group: 'g', member: '@run', by: 'run-2' } as const;
    expect(run.tell(superseded)).toEqual([{ type: 'cancel_job', job: 'build', reason }]);
    expect(run.tell(superseded)).toEqual([]);
    run.end('build', 'cancelled');
    run.end('clean', 'success');
    expect(run.ended).toBe('cancelled');
  });

  it('ends a run at once that is cancelled while it waits', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { build: {} } }));
    expect(run.tell({ type: 'cancel_requested', reason: 'the user asked' })).toEqual([
      release('g', '@run'),
      { type: 'finish_run', status: 'cancelled' },
    ]);
  });

  it.each([
    ['an empty name', ''],
    ['a name of 401 characters', 'x'.repeat(401)],
  ])('fails the run for %s', (_, target) => {
    const run = new RunDrive(planOf({ concurrency: '${{ inputs.target }}', jobs: { build: {} } }), {
      inputs: { target },
    });
    expect(run.commands).toMatchObject([
      { type: 'finish_run', status: 'failure', error: { code: 'EVALUATION_FAILED', line: 1 } },
    ]);
    expect(run.statuses).toEqual({ build: 'cancelled' });
  });
});

describe('a concurrency group of a job', () => {
  it('is asked for when the job is due, and left when it has ended', () => {
    const jobs = { build: {}, deploy: { needs: ['build'], concurrency: 'to-${{ needs.build.outputs.place }}' } };
    const run = new RunDrive(planOf({ jobs }));
    run.end('build', 'success', { place: 'live' });
    expect(run.commands.at(-1)).toEqual(acquire('to-live', 'deploy'));
    expect(run.view('deploy')).toMatchObject({ status: 'waiting', waits_for: 'group', group: 'to-live' });
    run.acquire('to-live', 'deploy');
    expect(run.started).toEqual(['build', 'deploy']);
    expect(run.end('deploy', 'success')[0]).toEqual(release('to-live', 'deploy'));
  });

  it('lets two cells of one job run one after the other', () => {
    const strategy = { matrix: { n: [1, 2] } };
    const run = new RunDrive(planOf({ jobs: { build: { strategy, concurrency: { group: 'g', cancel: false } } } }));
    expect(run.commands).toEqual([acquire('g', 'build (1)'), acquire('g', 'build (2)')]);
    run.acquire('g', 'build (1)');
    expect(run.started).toEqual(['build (1)']);
    run.end('build (1)', 'success');
    run.acquire('g', 'build (2)');
    run.end('build (2)', 'success');
    expect(run.ended).toBe('success');
  });

  it('ends a job that waits, and cancels one that runs, when another wants it', () => {
    const strategy = { matrix: { n: [1, 2] }, failFast: false };
    const run = new RunDrive(planOf({ jobs: { build: { strategy, concurrency: 'g' } } }));
    run.acquire('g', 'build (1)');
    const superseded = { type: 'group_superseded', group: 'g', by: 'run-2/deploy' } as const;
    const reason = 'run-2/deploy wants the concurrency group `g`';
    expect(run.tell({ ...superseded, member: 'build (1)' })).toEqual([
      { type: 'cancel_job', job: 'build (1)', reason },
    ]);
    expect(run.tell({ ...superseded, member: 'build (2)' })).toEqual([release('g', 'build (2)')]);
    expect(run.end('build (1)', 'cancelled')).toEqual([
      release('g', 'build (1)'),
      { type: 'finish_run', status: 'cancelled' },
    ]);
  });

  it('is left by jobs that wait for it when the run is cancelled, and may come too late then', () => {
    const run = new RunDrive(planOf({ jobs: { build: { concurrency: 'g' }, other: {} } }));
    expect(run.tell({ type: 'cancel_requested', reason: 'the user asked' })).toContainEqual(release('g', 'build'));
    const before = run.state;
    run.acquire('g', 'build');
    expect(run.state).toBe(before);
  });

  it('fails a job that wants the group of its own run, which would wait for itself', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { build: { concurrency: 'G' } } }));
    run.acquire('g');
    expect(run.view('build')).toMatchObject({ status: 'failure', error: { code: 'INVALID_VALUE', line: 1 } });
  });

  it('is told apart from the group of the run where a job is called run', () => {
    const run = new RunDrive(planOf({ concurrency: 'outer', jobs: { run: { concurrency: 'inner' } } }));
    run.acquire('outer');
    expect(run.started).toEqual([]);
    run.acquire('inner', 'run');
    expect(run.started).toEqual(['run']);
  });

  it('is not that of a job called run where its run is meant', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { run: { concurrency: 'h' } } }));
    run.acquire('g');
    const before = run.state;
    run.acquire('g', 'run');
    run.tell({ type: 'group_superseded', group: 'g', member: 'run', by: 'run-2' });
    expect(run.state).toBe(before);
  });
});

describe('groups after a crash', () => {
  it('are asked for again before the jobs that need them, and left again', () => {
    const jobs = {
      first: { concurrency: 'a' },
      next: { needs: ['first'], concurrency: 'b' },
      last: { needs: ['first'], concurrency: 'c' },
    };
    const run = new RunDrive(planOf({ concurrency: 'g', jobs }));
    run.acquire('g');
    run.acquire('a', 'first');
    run.end('first', 'success');
    run.acquire('b', 'next');
    expect(outstandingRunCommands(run.state)).toEqual([
      release('a', 'first'),
      acquire('g', '@run'),
      acquire('b', 'next'),
      acquire('c', 'last'),
      { type: 'start_job', job: 'next', start: run.startOf('next') },
    ]);
  });

  it('are left by a run that has ended', () => {
    const run = new RunDrive(planOf({ concurrency: 'g', jobs: { build: { concurrency: 'a' } } }));
    run.acquire('g');
    run.acquire('a', 'build');
    run.end('build', 'success');
    expect(outstandingRunCommands(run.state)).toEqual([
      release('g', '@run'),
      release('a', 'build'),
      { type: 'finish_run', status: 'success' },
    ]);
  });
});
