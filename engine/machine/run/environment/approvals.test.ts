import { describe, expect, it } from 'vitest';

import type { Json } from '../../../../schemas/index.ts';
import { outstandingRunCommands } from '../../index.ts';
import { RunDrive } from '../../testing/drive.ts';
import { planOf } from '../../testing/plans.ts';

const live = { name: 'live', approvers: ['ann', 'bob'], timeout: 60_000 };
const awaited = {
  name: 'approval:deploy',
  job: 'deploy',
  kind: 'approval',
  approvers: ['ann', 'bob'],
  message: 'the environment live',
  id: 'deploy#1',
  push_back_to: [],
};

describe('an environment', () => {
  it('gives the job its name and url, evaluated', () => {
    const environment = { name: '${{ needs.build.outputs.place }}', url: 'https://${{ inputs.host }}/' };
    const plan = planOf({ jobs: { build: {}, deploy: { needs: ['build'], environment } } });
    const run = new RunDrive(plan, { inputs: { host: 'example.org' } });
    run.end('build', 'success', { place: 'live' });
    const evaluated = { name: 'live', url: 'https://example.org/' };
    expect(run.startOf('deploy').environment).toEqual(evaluated);
    expect(run.view('deploy').environment).toEqual(evaluated);
  });

  it('has a name for each cell of a matrix', () => {
    const deploy = { environment: { name: '${{ matrix.place }}' }, strategy: { matrix: { place: ['eu', 'us'] } } };
    const run = new RunDrive(planOf({ jobs: { deploy } }));
    expect(run.startOf('deploy (us)').environment).toEqual({ name: 'us' });
  });

  it('fails the job where its name is empty', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: { name: '${{ inputs.none }}' } } } }));
    expect(run.view('deploy')).toMatchObject({ status: 'failure', error: { code: 'EVALUATION_FAILED', line: 1 } });
  });
});

describe('the approval of an environment', () => {
  it('is waited for before the job starts', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    expect(run.commands).toEqual([
      { type: 'await_signal', awaited },
      { type: 'start_timer', timer: 'approval:deploy#1', due: 61_000 },
    ]);
    expect(run.view('deploy')).toMatchObject({
      status: 'waiting',
      waits_for: 'approval',
      environment: { name: 'live' },
    });
    expect(run.decide('deploy', 'approve')).toEqual([
      { type: 'stop_awaiting', name: 'approval:deploy' },
      { type: 'cancel_timer', timer: 'approval:deploy#1' },
      { type: 'start_job', job: 'deploy', start: run.startOf('deploy') },
    ]);
  });

  it('is asked for once for all cells of a matrix', () => {
    const strategy = { matrix: { place: ['eu', 'us'] }, maxParallel: 1 };
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live, strategy } } }));
    expect(run.statuses).toEqual({ deploy: 'waiting' });
    run.decide('deploy', 'approve', { by: 'bob' });
    run.end('deploy (eu)', 'success');
    run.end('deploy (us)', 'success');
    expect(run.commands.filter(({ type }) => type === 'await_signal')).toHaveLength(1);
    expect(run.ended).toBe('success');
  });

  it('names the environments of all cells of a matrix, of those that run again only', () => {
    const environment = { name: '${{ matrix.place }}', approvers: ['${{ inputs.who }}'] };
    const strategy = { matrix: { place: ['eu', 'us', 'us'] }, failFast: false };
    const run = new RunDrive(planOf({ jobs: { deploy: { environment, strategy } } }), { inputs: { who: 'ann' } });
    expect(run.commands).toMatchObject([{ awaited: { approvers: ['ann'], message: 'the environments eu, us' } }]);
    expect(run.view('deploy').environment).toEqual({ name: 'eu, us' });
    run.decide('deploy', 'approve');
    expect(run.startOf('deploy (us)').environment).toEqual({ name: 'us' });
    for (const cell of ['deploy (eu)', 'deploy (us) #2']) run.end(cell, 'success');
    run.end('deploy (us)', 'failure');
    expect(run.rerun({ kind: 'failed' })).toMatchObject([{ awaited: { message: 'the environment us' } }]);
  });

  it('fails the job whose cells name various approvers: one decision would be over all of them', () => {
    const environment = { name: 'live', approvers: ['ann', '${{ matrix.place }}-operators'] };
    const strategy = { matrix: { place: ['eu', 'us'] } };
    const run = new RunDrive(planOf({ jobs: { deploy: { environment, strategy } } }));
    expect(run.view('deploy')).toMatchObject({ status: 'failure', error: { code: 'INVALID_VALUE', line: 1 } });
    expect(run.view('deploy').error?.message).toContain('various approvers');
  });

  it('comes before the concurrency group is asked for', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: { ...live, timeout: 1 }, concurrency: 'g' } } }));
    expect(run.commands.some(({ type }) => type === 'acquire_group')).toBe(false);
    expect(run.decide('deploy', 'approve').at(-1)).toMatchObject({ type: 'acquire_group', member: 'deploy' });
  });

  it('fails the job that somebody rejects, with who and why', () => {
    const plan = planOf({ jobs: { deploy: { environment: live }, after: { needs: ['deploy'] } } });
    const run = new RunDrive(plan);
    expect(run.decide('deploy', 'reject', { by: 'bob', comment: 'not on a Friday' })).toMatchObject([
      { type: 'stop_awaiting' },
      { type: 'cancel_timer' },
      { type: 'finish_run', status: 'failure', error: { code: 'REJECTED' } },
    ]);
    expect(run.view('deploy').error?.message).toBe('bob rejected it: not on a Friday');
    expect(run.statuses).toEqual({ deploy: 'failure', after: 'skipped' });
  });

  it('fails the job over which nobody decides in time', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    expect(run.tell({ type: 'timer_fired', timer: 'approval:deploy#2' })).toEqual([]);
    expect(run.tell({ type: 'timer_fired', timer: 'approval:deploy#1' })).toMatchObject([
      { type: 'stop_awaiting', name: 'approval:deploy' },
      { type: 'finish_run', status: 'failure' },
    ]);
    expect(run.view('deploy').error).toMatchObject({ code: 'TIMEOUT', line: 1 });
  });

  it('takes no decision of anybody else, no other payload, and none twice', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    const before = run.state;
    expect(run.decide('deploy', 'approve', { by: 'eve' })).toEqual([]);
    for (const payload of [null, 'approve', { decision: 'maybe' }, { decision: 'push-back', to: '0' }]) {
      const signal = { name: 'approval:deploy', by: 'ann', payload };
      expect(run.tell({ type: 'signal_received', signal })).toEqual([]);
    }
    expect(run.state).toBe(before);
    run.decide('deploy', 'approve');
    expect(run.decide('deploy', 'reject')).toEqual([]);
  });

  it('is no longer waited for when the run is cancelled', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    expect(run.tell({ type: 'cancel_requested', reason: 'the user asked' })).toEqual([
      { type: 'stop_awaiting', name: 'approval:deploy' },
      { type: 'cancel_timer', timer: 'approval:deploy#1' },
      { type: 'finish_run', status: 'cancelled' },
    ]);
    expect(run.view('deploy')).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
  });

  it('goes on in a cancelled run for a job that says always()', () => {
    const run = new RunDrive(planOf({ jobs: { clean: { if: 'always()', environment: live } } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    run.decide('clean', 'approve');
    expect(run.started).toEqual(['clean']);
  });

  it.each<[string, Json]>([
    ['a number', 5],
    ['a list with a number', ['ann', 3]],
    ['an object', {}],
  ])('fails the job whose approvers are %s', (_, approvers) => {
    const plan = planOf({ jobs: { deploy: { environment: { name: 'live', approvers: '${{ inputs.who }}' } } } });
    const run = new RunDrive(plan, { inputs: { who: approvers } });
    expect(run.view('deploy')).toMatchObject({ status: 'failure', error: { code: 'EVALUATION_FAILED' } });
  });

  it('is asked for only where the job can be spread out', () => {
    const strategy = { matrix: { n: '${{ inputs.none }}' } };
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live, strategy } } }));
    expect(run.commands).toMatchObject([{ type: 'finish_run', status: 'failure' }]);
  });

  it('is outstanding with its timer', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { environment: live } } }));
    expect(outstandingRunCommands(run.state)).toEqual(run.commands);
  });
});
