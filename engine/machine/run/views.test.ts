import { describe, expect, it } from 'vitest';

import { jobChanges, jobViews, outstandingRunCommands, startRun } from '../index.ts';
import { RunDrive } from '../testing/drive.ts';
import { planOf } from '../testing/plans.ts';

/** What the last event changed, as `key status`. */
function changes(run: RunDrive): readonly string[] {
  return jobChanges(run.plan, run.step).map(({ key, status }) => `${key} ${status}`);
}

const strategy = { matrix: { name: ['a', 'b', 'c'] }, maxParallel: 1 };

describe('what one event changed', () => {
  it('is each job and each cell that is at another point than before', () => {
    const run = new RunDrive(
      planOf({ jobs: { find: {}, build: { needs: ['find'], strategy }, never: { if: 'false' } } }),
    );
    expect(changes(run)).toEqual(['find running', 'never skipped']);
    run.end('find', 'success');
    expect(changes(run)).toEqual(['find success', 'build (a) running', 'build (b) queued', 'build (c) queued']);
    run.end('build (a)', 'success');
    expect(changes(run)).toEqual(['build (a) success', 'build (b) running']);
    run.end('build (b)', 'failure');
    expect(changes(run)).toEqual(['build (b) failure', 'build (c) cancelled']);
  });

  it('is the failure of a job that could not start', () => {
    const run = new RunDrive(planOf({ jobs: { build: { if: "fromJSON('{')" } } }));
    expect(changes(run)).toEqual(['build failure']);
  });
});

describe('views of jobs', () => {
  it('wait before the run has started', () => {
    const plan = planOf({ jobs: { build: { strategy } } });
    expect(jobViews(plan, startRun())).toMatchObject([{ key: 'build', status: 'waiting', attempts: 0 }]);
  });

  it('have the times and outputs of their end', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }));
    run.end('build', 'success', { x: 1 });
    expect(run.view('build')).toEqual({
      key: 'build',
      id: 'build',
      name: 'build',
      status: 'success',
      attempts: 1,
      started_at: 1000,
      ended_at: 2000,
      outputs: { x: 1 },
    });
  });
});

describe('what is outstanding', () => {
  it('is each job that runs, with the request to cancel it', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, clean: { if: 'always()' } } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    expect(outstandingRunCommands(run.state)).toEqual([
      { type: 'start_job', job: 'build', start: run.startOf('build') },
      { type: 'cancel_job', job: 'build', reason: 'the user asked' },
      { type: 'start_job', job: 'clean', start: run.startOf('clean') },
    ]);
  });

  it('is the end of a run that has ended, with its error, and nothing before its start', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }));
    run.end('build', 'failure');
    expect(outstandingRunCommands(run.state)).toMatchObject([
      { type: 'finish_run', status: 'failure', error: { message: 'build failed' } },
    ]);
    expect(outstandingRunCommands(startRun())).toEqual([]);
  });
});
