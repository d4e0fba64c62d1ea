import { describe, expect, it } from 'vitest';

import { outstandingRunCommands } from '../index.ts';
import { RunDrive } from '../testing/drive.ts';
import { planOf } from '../testing/plans.ts';

const pause = { type: 'pause_requested', by: 'ann' } as const;
const resume = { type: 'resume_requested', by: 'bob' } as const;

describe('a paused run', () => {
  it('starts no further job, cell, host or called workflow until it is resumed', () => {
    const plan = planOf({
      jobs: {
        build: {},
        test: { needs: ['build'] },
        cells: { strategy: { matrix: { n: [1, 2] }, maxParallel: 1 } },
        hosts: { needs: ['build'], fleet: {} },
        call: { needs: ['build'], calls: 'a.yml' },
        grouped: { needs: ['build'], concurrency: 'g' },
      },
      workflows: { 'a.yml': { jobs: { inner: {} } } },
    });
    const run = new RunDrive(plan);
    expect(run.tell(pause)).toEqual([
      { type: 'pause_job', job: 'build', by: 'ann' },
      { type: 'pause_job', job: 'cells (1)', by: 'ann' },
    ]);
    expect(run.end('build', 'success')).toEqual([{ type: 'list_hosts', job: 'hosts', queue: 'local' }]);
    expect(run.hosts('hosts', 'a')).toEqual([]);
    expect(run.end('cells (1)', 'success')).toEqual([]);
    expect(run.view('test')).toMatchObject({ status: 'queued' });
    expect(run.tell(resume).map((command) => ('job' in command ? command.job : command.type))).toEqual([
      'test',
      'cells (2)',
      'hosts @a',
      'acquire_group',
      'call / inner',
    ]);
  });

  it('tells running jobs, those of called workflows too, and again when it goes on', () => {
    const plan = planOf({
      jobs: { build: {}, call: { calls: 'a.yml' } },
      workflows: { 'a.yml': { jobs: { inner: {} } } },
    });
    const run = new RunDrive(plan);
    run.tell(pause);
    run.end('build', 'success');
    expect(run.tell(pause)).toEqual([]);
    expect(run.tell(resume)).toEqual([{ type: 'resume_job', job: 'call / inner', by: 'bob' }]);
    expect(run.tell(resume)).toEqual([]);
  });

  it('keeps a group that it is given, and starts its job when it goes on', () => {
    const run = new RunDrive(planOf({ jobs: { build: { concurrency: 'g' } } }));
    run.tell(pause);
    expect(run.acquire('g', 'build')).toEqual([]);
    const before = run.state;
    run.acquire('g', 'build');
    expect(run.state).toBe(before);
    expect(run.tell(resume)).toMatchObject([{ type: 'start_job', job: 'build' }]);
  });

  it('takes decisions over environments', () => {
    const plan = planOf({ jobs: { deploy: { environment: { name: 'live', approvers: [] } } } });
    const run = new RunDrive(plan);
    run.tell(pause);
    expect(run.decide('deploy', 'approve')).toEqual([{ type: 'stop_awaiting', name: 'approval:deploy' }]);
    expect(run.tell(resume)).toMatchObject([{ type: 'start_job', job: 'deploy' }]);
  });

  it('ends where nothing is left to begin', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }));
    run.tell(pause);
    run.end('build', 'success');
    expect(run.ended).toBe('success');
  });

  it('leaves a job alone that was told to end', () => {
    const strategy = { matrix: { n: [1, 2] } };
    const run = new RunDrive(planOf({ jobs: { build: { strategy }, other: {} } }));
    run.end('build (1)', 'failure');
    expect(run.tell(pause)).toEqual([{ type: 'pause_job', job: 'other', by: 'ann' }]);
    expect(run.tell(resume)).toEqual([{ type: 'resume_job', job: 'other', by: 'bob' }]);
  });

  it('is no longer paused once it is cancelled', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, clean: { if: 'always()' } } }));
    run.tell(pause);
    const reason = 'the user asked';
    expect(run.tell({ type: 'cancel_requested', reason })).toEqual([
      { type: 'cancel_job', job: 'build', reason },
      { type: 'resume_job', job: 'clean', by: reason },
    ]);
    expect(run.tell(pause)).toEqual([]);
  });

  it('is no longer paused once another run has taken its group', () => {
    const run = new RunDrive(
      planOf({ concurrency: 'g', jobs: { build: {}, clean: { needs: ['build'], if: 'always()' } } }),
    );
    run.acquire('g');
    run.tell(pause);
    run.tell({ type: 'group_superseded', group: 'g', member: '@run', by: 'run-2' });
    run.end('build', 'cancelled');
    expect(run.started).toEqual(['build', 'clean']);
  });

  it('may be paused before it starts', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }), {}, [pause]);
    expect(run.started).toEqual([]);
    run.tell(resume);
    expect(run.started).toEqual(['build']);
  });

  it('has what it told its jobs last outstanding', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, test: {} } }));
    run.tell(pause);
    run.tell(resume);
    run.tell(pause);
    run.tell({ type: 'group_superseded', group: 'g', member: 'test', by: 'x' });
    expect(outstandingRunCommands(run.state).map(({ type }) => type)).toEqual([
      'start_job',
      'pause_job',
      'start_job',
      'pause_job',
    ]);
  });
});
