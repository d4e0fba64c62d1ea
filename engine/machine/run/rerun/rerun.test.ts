import { describe, expect, it } from 'vitest';

import type { Rerun } from '../../index.ts';
import { jobKey, RunDrive, stepKey } from '../../testing/drive.ts';
import { type JobSketch, planOf, type WorkflowSketch } from '../../testing/plans.ts';
import { rerunProblem } from './problem.ts';

/** A run whose jobs have ended so, in this order. */
function ended(sketch: WorkflowSketch, ends: Readonly<Record<string, 'success' | 'failure' | 'cancelled'>>): RunDrive {
  const run = new RunDrive(planOf(sketch));
  for (const [job, status] of Object.entries(ends)) run.end(job, status, { from: job });
  if (run.ended === undefined) throw new Error('the run has not ended');
  return run;
}

/** The jobs that a rerun starts at once. */
function starts(run: RunDrive, what: Rerun['what'], given: Partial<Rerun> = {}): readonly string[] {
  return run.rerun(what, given).flatMap((command) => (command.type === 'start_job' ? [command.job] : []));
}

function reusedOf(run: RunDrive): readonly string[] {
  const views = Object.keys(run.statuses).map((key) => run.view(key));
  return views.filter(({ reused }) => reused === true).map(({ key }) => key);
}

const chain = { jobs: { build: {}, test: { needs: ['build'] }, deploy: { needs: ['test'] }, other: {} } };

describe('a rerun of all', () => {
  it('starts every job anew, as the next attempt, with other inputs and secrets', () => {
    const run = ended(chain, { build: 'success', other: 'success', test: 'success', deploy: 'success' });
    expect(starts(run, { kind: 'all' }, { inputs: { tag: 'v2' }, secrets: ['KEY'] })).toEqual(['build', 'other']);
    expect(run.startOf('build').facts).toMatchObject({ run_attempt: 2, inputs: { tag: 'v2' }, secrets: ['KEY'] });
    expect(reusedOf(run)).toEqual([]);
  });

  it('evaluates the name anew and asks for the group again', () => {
    const run = new RunDrive(
      planOf({ runName: 'no. ${{ workflow.run_attempt }}', concurrency: 'g', jobs: { build: {} } }),
    );
    run.acquire('g');
    run.end('build', 'success');
    expect(run.rerun({ kind: 'all' })).toMatchObject([{ type: 'acquire_group', group: 'g', member: '@run' }]);
    expect(run.state).toMatchObject({ name: 'no. 2' });
  });

  it('may be cancelled, paused and rerun again', () => {
    const run = ended({ jobs: { build: {} } }, { build: 'failure' });
    run.rerun({ kind: 'all' });
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    run.end('build', 'cancelled');
    expect(run.ended).toBe('cancelled');
    run.rerun({ kind: 'all' });
    run.end('build', 'success');
    expect(run.ended).toBe('success');
    expect(run.startOf('build').facts.run_attempt).toBe(3);
  });
});

describe('a rerun of what failed', () => {
  it('starts the failed jobs and what needs them, and reuses the rest', () => {
    const run = ended(chain, { build: 'success', other: 'success', test: 'failure' });
    expect(starts(run, { kind: 'failed' })).toEqual(['test']);
    expect(reusedOf(run)).toEqual(['build', 'other']);
    expect(run.startOf('test').needs).toEqual({ build: { result: 'success', outputs: { from: 'build' } } });
    run.end('test', 'success');
    run.end('deploy', 'success');
    expect(run.ended).toBe('success');
  });

  it('starts all cells of a matrix that needs a job which runs again', () => {
    const test = { needs: ['build'], if: 'always()', strategy: { matrix: { n: [1, 2] }, failFast: false } };
    const ends = { build: 'failure', 'test (1)': 'failure', 'test (2)': 'success' } as const;
    const run = ended({ jobs: { build: {}, test } }, ends);
    expect(starts(run, { kind: 'failed' })).toEqual(['build']);
    run.end('build', 'success');
    expect(run.statuses).toMatchObject({ 'test (1)': 'running', 'test (2)': 'running' });
  });

  it('begins with the canaries among the hosts that run again', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: { canary: 1 } } } }));
    run.hosts('deploy', 'a', 'b', 'c');
    run.end('deploy @a', 'success');
    run.end('deploy @b', 'failure');
    run.end('deploy @c', 'failure');
    expect(starts(run, { kind: 'failed' })).toEqual(['deploy @b']);
    expect(run.end('deploy @b', 'success')).toMatchObject([{ type: 'start_job', job: 'deploy @c' }]);
  });

  it('counts the outputs of what is reused, also in called workflows', () => {
    const plan = planOf({ jobs: { call: { calls: 'w' }, last: {} }, workflows: { w: { jobs: { a: {}, b: {} } } } });
    const run = new RunDrive(plan);
    const large = { status: 'success', outputs: {}, output_bytes: 9 * 1024 * 1024, attempts: 1 } as const;
    run.tell({ type: 'job_finished', job: jobKey('call / a'), result: large });
    run.end('call / b', 'success');
    run.end('last', 'failure');
    run.rerun({ kind: 'failed' });
    run.tell({ type: 'job_finished', job: jobKey('last'), result: large });
    expect(run.view('last').error).toMatchObject({ code: 'OUTPUT_TOO_LARGE' });
  });

  it('starts of a matrix only the cells that failed or were cancelled', () => {
    const strategy = { matrix: { n: [1, 2, 3] }, maxParallel: 2 };
    const after = { needs: ['build'], if: 'always()' };
    const run = ended(
      { jobs: { build: { strategy }, after } },
      { 'build (2)': 'failure', 'build (1)': 'success', after: 'success' },
    );
    expect(starts(run, { kind: 'failed' })).toEqual(['build (2)', 'build (3)']);
    expect(run.statuses).toMatchObject({ 'build (1)': 'success', after: 'waiting' });
    run.end('build (2)', 'success', { two: '2' });
    run.end('build (3)', 'success');
    expect(run.startOf('after').needs).toEqual({
      build: { result: 'success', outputs: { from: 'build (1)', two: '2' } },
    });
  });

  it('starts of a fleet only the hosts that failed, on the same hosts and in waves', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: { batch: 1, failures: 2 } } } }));
    run.hosts('deploy', 'a', 'b', 'c', 'd');
    run.end('deploy @a', 'success');
    for (const host of ['b', 'c', 'd']) run.end(`deploy @${host}`, 'failure');
    expect(starts(run, { kind: 'failed' })).toEqual(['deploy @b']);
    expect(run.end('deploy @b', 'success')).toMatchObject([{ type: 'start_job', job: 'deploy @c' }]);
    run.end('deploy @c', 'success');
    run.end('deploy @d', 'success');
    expect(run.ended).toBe('success');
  });

  it('goes into called workflows', () => {
    const sketch = {
      jobs: { release: { calls: 'a.yml' }, after: { needs: ['release'] } },
      workflows: { 'a.yml': { outputs: { x: '${{ jobs.build.outputs.from }}' }, ...chain } },
    };
    const run = ended(sketch, {
      'release / build': 'success',
      'release / other': 'success',
      'release / test': 'failure',
    });
    expect(starts(run, { kind: 'failed' })).toEqual(['release / test']);
    expect(reusedOf(run)).toEqual(['release / build', 'release / other']);
    run.end('release / test', 'success');
    run.end('release / deploy', 'success');
    expect(run.startOf('after').needs).toEqual({
      release: { result: 'success', outputs: { x: 'release / build' } },
    });
  });

  it('starts what a cancelled run never came to', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, test: { needs: ['build'] } } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    run.end('build', 'success');
    expect(run.statuses).toEqual({ build: 'success', test: 'skipped' });
    expect(starts(run, { kind: 'failed' })).toEqual(['test']);
  });

  it('asks for the approval of an environment again', () => {
    const deploy = { environment: { name: 'live', approvers: [], timeout: 1000 }, strategy: { matrix: { n: [1, 2] } } };
    const run = new RunDrive(planOf({ jobs: { deploy } }));
    run.decide('deploy', 'approve');
    run.end('deploy (1)', 'success');
    run.end('deploy (2)', 'failure');
    expect(run.rerun({ kind: 'failed' })).toMatchObject([
      { type: 'await_signal' },
      { type: 'start_timer', timer: 'approval:deploy#2' },
    ]);
    expect(run.decide('deploy', 'approve').at(-1)).toMatchObject({ type: 'start_job', job: 'deploy (2)' });
  });
});

describe('a rerun of one job', () => {
  const all = { build: 'success', other: 'success', test: 'success', deploy: 'success' } as const;

  it('starts it and what needs it', () => {
    const run = ended(chain, all);
    expect(starts(run, { kind: 'job', job: 'test' })).toEqual(['test']);
    expect(reusedOf(run)).toEqual(['build', 'other']);
    expect(run.statuses['deploy']).toBe('waiting');
  });

  it('counts the reused failures of others', () => {
    const run = ended({ jobs: { build: {}, other: {} } }, { build: 'success', other: 'failure' });
    run.rerun({ kind: 'job', job: 'build' });
    run.end('build', 'success');
    expect(run.commands.at(-1)).toMatchObject({ status: 'failure', error: { message: 'other failed' } });
  });

  it('starts one cell, one host, or one called job', () => {
    const cells = ended(
      { jobs: { build: { strategy: { matrix: { n: [1, 2] } } } } },
      { 'build (1)': 'success', 'build (2)': 'success' },
    );
    expect(starts(cells, { kind: 'job', job: 'build (2)' })).toEqual(['build (2)']);
    expect(reusedOf(cells)).toEqual(['build (1)']);
    const hosts = new RunDrive(planOf({ jobs: { deploy: { fleet: {} } } }));
    hosts.hosts('deploy', 'a', 'b');
    hosts.end('deploy @a', 'success');
    hosts.end('deploy @b', 'success');
    expect(starts(hosts, { kind: 'job', job: 'deploy @a' })).toEqual(['deploy @a']);
    expect(hosts.startOf('deploy @a').host).toBe('a');
    const called = ended(
      { jobs: { release: { calls: 'a.yml' } }, workflows: { 'a.yml': { jobs: { one: {}, two: {} } } } },
      { 'release / one': 'success', 'release / two': 'success' },
    );
    expect(starts(called, { kind: 'job', job: 'release / two' })).toEqual(['release / two']);
    expect(reusedOf(called)).toEqual(['release / one']);
  });

  it('starts all of a fleet on the hosts that its queue has now', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { fleet: {} } } }));
    run.hosts('deploy', 'a');
    run.end('deploy @a', 'success');
    expect(run.rerun({ kind: 'job', job: 'deploy' })).toMatchObject([{ type: 'list_hosts' }]);
    run.hosts('deploy', 'b');
    expect(run.started).toEqual(['deploy @a', 'deploy @b']);
  });
});

describe('a rerun from a step', () => {
  const steps = [{ id: 'make' }, { id: 'check' }];

  function kept(job: JobSketch): RunDrive {
    const run = new RunDrive(planOf({ jobs: { build: { steps, ...job }, after: { needs: ['build'] } } }));
    const result = { status: 'success', outputs: {}, output_bytes: 2, attempts: 1, workspace_kept: true } as const;
    run.tell({ type: 'job_finished', job: jobKey('build'), result });
    run.end('after', 'success');
    return run;
  }

  it('starts the job with the step, and then what needs it', () => {
    const run = kept({ keepWorkspace: true });
    expect(starts(run, { kind: 'step', job: jobKey('build'), step: stepKey('check') })).toEqual(['build']);
    expect(run.startOf('build').rerun).toEqual({ step: 'check' });
    run.end('build', 'success');
    expect(run.startOf('after').rerun).toBeUndefined();
  });

  it('is refused where the workspace is gone', () => {
    const run = ended({ jobs: { build: { steps } } }, { build: 'success' });
    const what = { kind: 'step', job: jobKey('build'), step: stepKey('check') } as const;
    const problem = rerunProblem(run.plan, run.state, { what, secrets: [] });
    expect(problem).toMatchObject({ code: 'WORKSPACE_GONE' });
    expect(problem?.remedy).toContain('keep-workspace: true');
    const before = run.state;
    expect(run.rerun(what)).toEqual([]);
    expect(run.state).toBe(before);
  });

  it('needs no workspace where the job has no plugin step', () => {
    const waits = [{ uses: 'sleep@v1', with: { duration: '1s' }, id: 'wait' }];
    const run = ended({ jobs: { build: { steps: waits } } }, { build: 'success' });
    expect(starts(run, { kind: 'step', job: jobKey('build'), step: stepKey('wait') })).toEqual(['build']);
  });
});

describe('what keeps a run from running again', () => {
  function problem(run: RunDrive, what: Rerun['what']) {
    return rerunProblem(run.plan, run.state, { what, secrets: [] });
  }

  it('is that it has not ended', () => {
    const run = new RunDrive(planOf(chain));
    expect(problem(run, { kind: 'all' })).toMatchObject({ code: 'RUN_STATE' });
    expect(run.rerun({ kind: 'all' })).toEqual([]);
  });

  it('is that nothing failed', () => {
    const run = ended({ jobs: { build: {} } }, { build: 'success' });
    expect(problem(run, { kind: 'failed' })).toMatchObject({ code: 'RUN_STATE' });
    expect(run.rerun({ kind: 'failed' })).toEqual([]);
  });

  it.each(['biuld', 'build (3)', 'release / biuld', 'release / build (9)', 'toString', ''])(
    'is that there is no job %j',
    (job) => {
      const run = ended(
        {
          jobs: { build: { strategy: { matrix: { n: [1] } } }, release: { calls: 'a.yml' } },
          workflows: { 'a.yml': { jobs: { build: {} } } },
        },
        { 'build (1)': 'success', 'release / build': 'success' },
      );
      expect(problem(run, { kind: 'job', job })).toMatchObject({ code: 'INVALID_INPUT' });
    },
  );

  it('suggests the job that was meant', () => {
    const workflows = { 'a.yml': { jobs: { build: {} } } };
    const run = ended({ jobs: { release: { calls: 'a.yml' } }, workflows }, { 'release / build': 'success' });
    expect(problem(run, { kind: 'job', job: 'release / biuld' })?.remedy).toContain('Did you mean `release / build`?');
  });

  it('is that the job has no such step, or the step no iterations', () => {
    const run = ended({ jobs: { build: { steps: [{ id: 'make' }] } } }, { build: 'success' });
    const job = jobKey('build');
    const unknown = problem(run, { kind: 'step', job, step: stepKey('maek') });
    expect(unknown).toMatchObject({ code: 'INVALID_INPUT', message: 'the job build has no step `maek`' });
    expect(unknown?.remedy).toContain('`make`');
    expect(problem(run, { kind: 'iteration', job, step: stepKey('make'), index: 0 })).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'the step make has no iterations',
    });
  });

  it('is that the job did not run', () => {
    const run = ended({ jobs: { build: {}, test: { needs: ['build'] } } }, { build: 'failure' });
    const what = { kind: 'step', job: jobKey('test'), step: stepKey('0') } as const;
    expect(problem(run, what)).toMatchObject({ code: 'RUN_STATE', message: expect.stringContaining('did not run') });
  });
});
