import { describe, expect, it } from 'vitest';

import { outstandingRunCommands } from '../../index.ts';
import { RunDrive } from '../../testing/drive.ts';
import { type FleetSketch, type JobSketch, planOf } from '../../testing/plans.ts';

/** A run of one job on the hosts web-1, web-2... of the queue web. */
function onHosts(count: number, fleet: FleetSketch, job: JobSketch = {}): RunDrive {
  const run = new RunDrive(planOf({ jobs: { deploy: { runsOn: 'web', fleet, ...job } } }));
  run.hosts('deploy', ...Array.from({ length: count }, (_, index) => `web-${index + 1}`));
  return run;
}

const names = (run: RunDrive) => run.started.map((key) => key.replace('deploy @', ''));

describe('a fleet', () => {
  it('asks for the hosts of its queue, and runs on each', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { runsOn: '${{ inputs.queue }}', fleet: {} } } }), {
      inputs: { queue: 'web' },
    });
    expect(run.commands).toEqual([{ type: 'list_hosts', job: 'deploy', queue: 'web' }]);
    expect(outstandingRunCommands(run.state)).toEqual(run.commands);
    expect(run.view('deploy')).toMatchObject({ status: 'waiting', waits_for: 'hosts' });
    run.hosts('deploy', 'web-1', 'web-2', 'web-1');
    expect(run.started).toEqual(['deploy @web-1', 'deploy @web-2']);
    expect(run.startOf('deploy @web-2')).toMatchObject({ queue: 'web', host: 'web-2', name: 'deploy @web-2' });
    expect(run.view('deploy @web-1')).toMatchObject({ host: 'web-1', id: 'deploy' });
    expect(run.hosts('deploy', 'web-9')).toEqual([]);
  });

  it('sorts hosts by the numbers in their names', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: {} } } }));
    run.hosts('deploy', 'web-10', 'web-2', 'db', 'web-02', 'web', '7', 'web-9a', 'web-9');
    expect(names(run)).toEqual(['7', 'db', 'web', 'web-02', 'web-2', 'web-9', 'web-9a', 'web-10']);
  });

  it.each([
    ['all', 5],
    [2, 2],
    ['2', 2],
    ['40%', 2],
    ['50%', 3],
    ['1%', 1],
    ['100%', 5],
    ['${{ inputs.none || 3 }}', 3],
  ])('takes %j of five hosts: %i, the first ones', (hosts, count) => {
    expect(names(onHosts(5, { hosts }))).toEqual(['web-1', 'web-2', 'web-3', 'web-4', 'web-5'].slice(0, count));
  });

  it.each([
    [6, 'INVALID_VALUE'],
    [0, 'EVALUATION_FAILED'],
    ['0%', 'EVALUATION_FAILED'],
    ['101%', 'EVALUATION_FAILED'],
    [1.5, 'EVALUATION_FAILED'],
    ['some', 'EVALUATION_FAILED'],
    [true, 'EVALUATION_FAILED'],
    ['${{ fromJSON(inputs.none) }}', 'EVALUATION_FAILED'],
  ])('fails for %j of five hosts', (hosts, code) => {
    const run = onHosts(5, { hosts });
    expect(run.started).toEqual([]);
    expect(run.view('deploy')).toMatchObject({ status: 'failure', error: { code, line: 1 } });
  });

  it.each([{ batch: 0 }, { batch: '0%' }, { failures: -1 }, { failures: '200%' }, { canary: 'one' }])(
    'fails for the sizes %j',
    (fleet) => {
      expect(onHosts(5, fleet).view('deploy').error).toMatchObject({ code: 'EVALUATION_FAILED', line: 1 });
    },
  );

  it('fails without any host, and where they are not known', () => {
    const none = onHosts(0, {});
    expect(none.view('deploy').error).toMatchObject({ code: 'QUEUE_EMPTY', message: 'the queue "web" has no host' });
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: {} } } }));
    const error = { code: 'INTERNAL', message: 'no answer', remedy: 'try again' } as const;
    expect(run.tell({ type: 'hosts_unknown', job: 'deploy', error })).toMatchObject([
      { type: 'finish_run', status: 'failure', error },
    ]);
  });

  it('fails with more hosts than a run may have jobs', () => {
    const run = onHosts(20_001, { batch: 1 });
    expect(run.view('deploy').error).toMatchObject({ code: 'LIMIT_EXCEEDED', line: 1 });
    expect(onHosts(20_000, { batch: 1 }).started).toEqual(['deploy @web-1']);
  });

  it('asks for the approval of its environment before it asks for hosts', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: {}, environment: { name: 'live', approvers: [] } } } }));
    expect(run.commands).toMatchObject([{ type: 'await_signal' }]);
    expect(run.decide('deploy', 'approve')).toMatchObject([{ type: 'stop_awaiting' }, { type: 'list_hosts' }]);
    run.hosts('deploy', 'a', 'b');
    expect(run.startOf('deploy @b').environment).toEqual({ name: 'live' });
  });
});

describe('the waves of a fleet', () => {
  it('follow each other, each when the one before has ended', () => {
    const run = onHosts(5, { batch: '40%' });
    expect(names(run)).toEqual(['web-1', 'web-2']);
    expect(run.view('deploy @web-3')).toMatchObject({ status: 'queued', waits_for: 'slot' });
    expect(run.end('deploy @web-2', 'success')).toEqual([]);
    run.end('deploy @web-1', 'success');
    expect(names(run)).toEqual(['web-1', 'web-2', 'web-3', 'web-4']);
    run.end('deploy @web-3', 'success');
    run.end('deploy @web-4', 'success');
    run.end('deploy @web-5', 'success');
    expect(run.ended).toBe('success');
  });

  it('begin with the canary', () => {
    const run = onHosts(5, { canary: 1, batch: 3 });
    expect(names(run)).toEqual(['web-1']);
    run.end('deploy @web-1', 'success');
    expect(names(run)).toEqual(['web-1', 'web-2', 'web-3', 'web-4']);
  });

  it.each([
    [{ canary: 1, batch: 3 }, [1, 2, 2, 2, 3]],
    [{ batch: '40%' }, [1, 1, 2, 2, 3]],
    [{ canary: 2 }, [1, 1, 2, 2, 2]],
  ])('are told of each host beforehand: of %j', (fleet, waves) => {
    const run = onHosts(5, fleet);
    const told = () => [1, 2, 3, 4, 5].map((host) => run.view(`deploy @web-${host}`).wave);
    expect(told()).toEqual(waves);
    run.end('deploy @web-1', 'failure');
    expect(told()).toEqual(waves);
  });

  it('end with a canary that fails, whatever may fail', () => {
    const run = onHosts(3, { canary: 1, failures: '100%' });
    run.end('deploy @web-1', 'failure');
    expect(run.statuses).toEqual({
      'deploy @web-1': 'failure',
      'deploy @web-2': 'cancelled',
      'deploy @web-3': 'cancelled',
    });
    expect(run.view('deploy @web-2').error?.message).toBe(
      'it was cancelled: deploy @web-1, the canary, did not succeed, so no further wave started',
    );
    expect(run.commands.at(-1)).toMatchObject({ status: 'failure', error: { message: 'deploy @web-1 failed' } });
  });

  it('go on while no more hosts have failed than may', () => {
    const run = onHosts(4, { batch: 1, failures: '49%' });
    run.end('deploy @web-1', 'failure');
    expect(names(run)).toEqual(['web-1', 'web-2']);
    run.end('deploy @web-2', 'success');
    run.end('deploy @web-3', 'success');
    run.end('deploy @web-4', 'success');
    expect(run.ended).toBe('success');
  });

  it('stop when more have failed, and say how many', () => {
    const run = onHosts(5, { batch: 2, failures: 1 });
    run.end('deploy @web-1', 'failure');
    run.end('deploy @web-2', 'failure');
    expect(names(run)).toEqual(['web-1', 'web-2']);
    expect(run.view('deploy @web-5').error?.message).toContain('2 hosts failed, and at most 1 may');
    expect(run.ended).toBe('failure');
  });

  it('let a wave go on in which one fails', () => {
    const run = onHosts(3, { batch: 2 });
    expect(run.end('deploy @web-1', 'failure')).toEqual([]);
    run.end('deploy @web-2', 'success');
    expect(run.ended).toBe('failure');
  });

  it('end with a cancelled run', () => {
    const run = onHosts(3, { batch: 1 });
    const reason = 'the user asked';
    expect(run.tell({ type: 'cancel_requested', reason })).toEqual([
      { type: 'cancel_job', job: 'deploy @web-1', reason },
    ]);
    run.end('deploy @web-1', 'success');
    expect(run.ended).toBe('cancelled');
  });

  it('fail the run with the error of a host, where another job fails only later', () => {
    const run = new RunDrive(planOf({ jobs: { other: {}, deploy: { fleet: {} } } }));
    run.hosts('deploy', 'a');
    run.end('deploy @a', 'failure');
    run.end('other', 'failure');
    expect(run.commands.at(-1)).toMatchObject({ status: 'failure', error: { message: 'deploy @a failed' } });
  });

  it('do not hide the error of a later job behind a failure that was allowed', () => {
    const jobs = { deploy: { fleet: { failures: 1 } }, check: { needs: ['deploy'] } };
    const run = new RunDrive(planOf({ jobs }));
    run.hosts('deploy', 'a', 'b');
    run.end('deploy @a', 'failure');
    run.end('deploy @b', 'success');
    run.end('check', 'failure');
    expect(run.commands.at(-1)).toMatchObject({ status: 'failure', error: { message: 'check failed' } });
  });
});

describe('what a fleet gives to those that need it', () => {
  it('is its result, its outputs, and those of each host', () => {
    const jobs = { deploy: { fleet: { failures: 1 } }, check: { needs: ['deploy'] } };
    const run = new RunDrive(planOf({ jobs }));
    run.hosts('deploy', 'web-1', 'web-2');
    run.end('deploy @web-2', 'success', { version: '2' });
    run.end('deploy @web-1', 'failure', { version: '1' });
    expect(run.startOf('check').needs).toEqual({
      deploy: {
        result: 'success',
        outputs: { version: '1' },
        hosts: {
          'web-1': { result: 'failure', outputs: { version: '1' } },
          'web-2': { result: 'success', outputs: { version: '2' } },
        },
      },
    });
  });

  it('has no hosts where it did not run', () => {
    const jobs = { build: {}, deploy: { needs: ['build'], fleet: {} }, check: { needs: ['deploy'], if: 'always()' } };
    const run = new RunDrive(planOf({ jobs }));
    run.end('build', 'failure');
    expect(run.startOf('check').needs).toEqual({ deploy: { result: 'skipped', outputs: {}, hosts: {} } });
  });

  it('has hosts only for a fleet', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, check: { needs: ['build'] } } }));
    run.end('build', 'success');
    expect(run.startOf('check').needs).toEqual({ build: { result: 'success', outputs: {} } });
  });
});
