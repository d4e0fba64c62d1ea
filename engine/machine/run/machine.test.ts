import { describe, expect, it } from 'vitest';
import { runName as nameOfRun } from '../index.ts';
import { jobKey, RunDrive } from '../testing/drive.ts';
import { type JobSketch, planOf } from '../testing/plans.ts';

describe('needs', () => {
  it('starts at once every job that needs nothing', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, lint: {}, deploy: { needs: ['build', 'lint'] } } }));
    expect(run.started).toEqual(['build', 'lint']);
    expect(run.statuses).toEqual({ build: 'running', lint: 'running', deploy: 'waiting' });
  });

  it('starts a job when the last of its needs has succeeded, and ends the run after the last job', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, lint: {}, deploy: { needs: ['build', 'lint'] } } }));
    run.end('build', 'success', { version: '1.2' });
    expect(run.started).not.toContain('deploy');
    run.end('lint', 'success');
    expect(run.startOf('deploy').needs).toEqual({
      build: { result: 'success', outputs: { version: '1.2' } },
      lint: { result: 'success', outputs: {} },
    });
    expect(run.end('deploy', 'success')).toEqual([{ type: 'finish_run', status: 'success' }]);
    expect(run.ended).toBe('success');
  });

  it('skips what needs a failed job, directly or not, and fails the run with the first error', () => {
    const jobs = { build: {}, test: { needs: ['build'] }, deploy: { needs: ['test'] } };
    const run = new RunDrive(planOf({ jobs }));
    run.end('build', 'failure');
    expect(run.statuses).toEqual({ build: 'failure', test: 'skipped', deploy: 'skipped' });
    expect(run.commands.at(-1)).toMatchObject({
      type: 'finish_run',
      status: 'failure',
      error: { message: 'build failed' },
    });
    expect(run.view('deploy').skip_reason).toEqual({
      condition: 'success()',
      read: [
        { path: 'jobs.build.result', value: 'failure' },
        { path: 'needs.test.result', value: 'skipped' },
      ],
      result: false,
    });
  });

  it('still skips a job two steps behind a skipped one, as GitHub does', () => {
    const jobs = {
      build: { if: 'false' },
      report: { needs: ['build'], if: 'always()' },
      publish: { needs: ['report'] },
      notify: { needs: ['report'], if: "!failure() && needs.report.result == 'success'" },
    };
    const run = new RunDrive(planOf({ jobs }));
    run.end('report', 'success');
    expect(run.statuses).toMatchObject({ build: 'skipped', publish: 'skipped', notify: 'running' });
  });

  it('goes on with failure() where any job before has failed', () => {
    const jobs = { build: {}, test: { needs: ['build'] }, clean: { needs: ['test'], if: 'failure()' } };
    const failed = new RunDrive(planOf({ jobs }));
    failed.end('build', 'failure');
    expect(failed.statuses).toMatchObject({ test: 'skipped', clean: 'running' });
    const fine = new RunDrive(planOf({ jobs }));
    fine.end('build', 'success');
    fine.end('test', 'success');
    expect(fine.statuses['clean']).toBe('skipped');
  });

  it('finds a job that is skipped before the one that it needs stands in the file', () => {
    const jobs = { deploy: { needs: ['build'] }, build: { if: 'false' } };
    const run = new RunDrive(planOf({ jobs }));
    expect(run.statuses).toEqual({ deploy: 'skipped', build: 'skipped' });
    expect(run.ended).toBe('success');
  });
});

describe('a long chain of jobs', () => {
  /** Bytes of a run of so many jobs, the first of which has failed. */
  function bytesOf(count: number): number {
    const jobs = Array.from({ length: count }, (_, index): [string, JobSketch] => [
      `j${index}`,
      { needs: index === 0 ? [] : [`j${index - 1}`] },
    ]);
    const run = new RunDrive(planOf({ jobs: Object.fromEntries(jobs) }));
    run.end('j0', 'failure');
    expect(run.ended).toBe('failure');
    return JSON.stringify(run.state).length;
  }

  it('is skipped to its end, in a state that grows with its length', () => {
    expect(bytesOf(5000) / bytesOf(2500)).toBeLessThan(2.1);
  });

  it('explains each skipped job by the one before it and by what failed first', () => {
    const jobs = { a: {}, b: { needs: ['a'] }, c: { needs: ['b'] }, d: { needs: ['c'] } };
    const run = new RunDrive(planOf({ jobs }));
    run.end('a', 'failure');
    expect(run.view('d').skip_reason?.read).toEqual([
      { path: 'jobs.a.result', value: 'failure' },
      { path: 'needs.c.result', value: 'skipped' },
    ]);
  });
});

describe('the name of a run', () => {
  it('is run-name over inputs, vars and the workflow, in one line, else the name of the workflow', () => {
    const runName = 'Deploy ${{ inputs.tag }}\nby ${{ vars.TEAM }} with ${{ workflow.name }}';
    const run = new RunDrive(planOf({ runName, jobs: { build: {} } }), { inputs: { tag: 'v1' }, vars: { TEAM: 'us' } });
    expect(nameOfRun(run.plan, run.state)).toBe('Deploy v1 by us with test');
    const empty = new RunDrive(planOf({ runName: '${{ inputs.none }}', jobs: { build: {} } }));
    expect(nameOfRun(empty.plan, empty.state)).toBe('test');
  });

  it('fails the run where it can not be evaluated, before any job', () => {
    const run = new RunDrive(
      planOf({ runName: '${{ fromJSON(inputs.bad) }}', concurrency: 'g', jobs: { build: {} } }),
      {
        inputs: { bad: '{' },
      },
    );
    expect(run.commands).toMatchObject([
      { type: 'finish_run', status: 'failure', error: { code: 'EVALUATION_FAILED', line: 1 } },
    ]);
    expect(run.view('build')).toMatchObject({ status: 'cancelled', attempts: 0 });
  });
});

describe('conditions', () => {
  it('keeps what a condition read when it skips a job', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { if: "inputs.target == 'live'" } } }), {
      inputs: { target: 'test' },
    });
    expect(run.view('deploy')).toMatchObject({
      status: 'skipped',
      skip_reason: {
        condition: "success() && (inputs.target == 'live')",
        read: [{ path: 'inputs.target', value: 'test' }],
        result: false,
      },
    });
  });

  it('fails a job whose condition cannot be evaluated, at its place in the file', () => {
    const run = new RunDrive(planOf({ jobs: { deploy: { if: 'fromJSON(inputs.target)' } } }), {
      inputs: { target: '{' },
    });
    expect(run.view('deploy')).toMatchObject({
      status: 'failure',
      error: { code: 'EVALUATION_FAILED', line: 1, file: 'workflow.yml' },
    });
    expect(run.ended).toBe('failure');
  });

  it.each([
    ['runs-on', { runsOn: '${{ fromJSON(inputs.bad) }}' }],
    ['runs-on that is no text', { runsOn: '${{ fromJSON(inputs.number) }}' }],
    ['timeout-minutes', { timeout: '${{ fromJSON(inputs.bad) }}' }],
    ['timeout-minutes below 0', { timeout: '${{ inputs.negative }}' }],
    ['timeout-minutes past a year', { timeout: '${{ inputs.huge }}' }],
    ['name', { name: 'x ${{ fromJSON(inputs.bad) }}' }],
  ])('fails a job whose %s cannot be evaluated', (_, job) => {
    const inputs = { bad: '{', number: '5', negative: '-1', huge: 1e300 };
    const run = new RunDrive(planOf({ jobs: { deploy: job, other: {} } }), { inputs });
    expect(run.view('deploy')).toMatchObject({ status: 'failure', attempts: 0, error: { code: 'EVALUATION_FAILED' } });
    expect(run.statuses['other']).toBe('running');
  });

  it('evaluates name, queue and timeout over inputs, needs and the env of the workflow', () => {
    const jobs = {
      deploy: { name: 'to ${{ env.PLACE }}', runsOn: '${{ inputs.queue }}', timeout: "${{ fromJSON('2.5') }}" },
    };
    const run = new RunDrive(planOf({ env: { PLACE: '${{ inputs.place }}' }, jobs }), {
      inputs: { place: 'live', queue: 'web' },
    });
    expect(run.startOf('deploy')).toMatchObject({ name: 'to live', queue: 'web', timeout_ms: 150_000 });
  });
});

describe('cancelling a run', () => {
  it('cancels what runs, skips what waits, and ends cancelled', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, deploy: { needs: ['build'] } } }));
    expect(run.tell({ type: 'cancel_requested', reason: 'the user asked' })).toEqual([
      { type: 'cancel_job', job: 'build', reason: 'the user asked' },
    ]);
    run.end('build', 'cancelled');
    expect(run.statuses).toEqual({ build: 'cancelled', deploy: 'skipped' });
    expect(run.ended).toBe('cancelled');
  });

  it('still runs jobs that say always() or cancelled()', () => {
    const needs = ['build'];
    const jobs = {
      build: {},
      clean: { needs, if: 'always()' },
      tell: { needs, if: 'cancelled()' },
      repair: { needs, if: 'failure()' },
    };
    const run = new RunDrive(planOf({ jobs }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    run.end('build', 'cancelled');
    expect(run.statuses).toMatchObject({ clean: 'running', tell: 'running', repair: 'skipped' });
    run.end('clean', 'success');
    run.end('tell', 'failure');
    expect(run.ended).toBe('cancelled');
  });

  it('leaves a job alone that runs because of always()', () => {
    const run = new RunDrive(planOf({ jobs: { clean: { if: 'always()' }, build: {} } }));
    const commands = run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    expect(commands).toEqual([{ type: 'cancel_job', job: 'build', reason: 'the user asked' }]);
  });

  it('takes a second request for nothing', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    const before = run.state;
    expect(run.tell({ type: 'cancel_requested', reason: 'again' })).toEqual([]);
    expect(run.state).toBe(before);
  });

  it('ends cancelled even if every job has succeeded', () => {
    const run = new RunDrive(planOf({ jobs: { build: {} } }));
    run.tell({ type: 'cancel_requested', reason: 'the user asked' });
    run.end('build', 'success');
    expect(run.ended).toBe('cancelled');
  });
});

describe('events that answer nothing', () => {
  it('ignores the end of a job that has ended, never started, or does not exist', () => {
    const run = new RunDrive(planOf({ jobs: { build: {}, deploy: { needs: ['build'] } } }));
    run.end('build', 'success');
    const before = run.state;
    for (const job of ['build', 'nothing']) expect(run.end(job, 'failure')).toEqual([]);
    expect(run.state).toBe(before);
    run.end('deploy', 'success');
    const ended = run.state;
    run.tell({
      type: 'job_finished',
      job: jobKey('deploy'),
      result: { status: 'failure', outputs: {}, output_bytes: 2, attempts: 1 },
    });
    run.tell({ type: 'cancel_requested', reason: 'too late' });
    expect(run.state).toBe(ended);
  });
});

describe('outputs of a run', () => {
  it('fails the job whose outputs are too many for the run, and drops them', () => {
    const run = new RunDrive(planOf({ jobs: { one: {}, two: {}, after: { needs: ['two'], if: 'always()' } } }));
    const bytes = 9 * 1024 * 1024;
    for (const job of ['one', 'two']) {
      run.tell({
        type: 'job_finished',
        job: jobKey(job),
        result: { status: 'success', outputs: { x: job }, output_bytes: bytes, attempts: 1 },
      });
    }
    expect(run.view('one')).toMatchObject({ status: 'success', outputs: { x: 'one' } });
    expect(run.view('two')).toMatchObject({ status: 'failure', outputs: {}, error: { code: 'OUTPUT_TOO_LARGE' } });
    expect(run.startOf('after').needs).toEqual({ two: { result: 'failure', outputs: {} } });
  });
});
