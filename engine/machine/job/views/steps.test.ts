import { describe, expect, it } from 'vitest';

import {
  heldClaim,
  jobProgress,
  outstandingJobCommands,
  startJob,
  stepChanges,
  stepView,
  stepViews,
} from '../../index.ts';
import { claim, failure, JobDrive, stepKey, success } from '../../testing/drive.ts';
import { planOf, type StepSketch } from '../../testing/plans.ts';

function drive(steps: readonly StepSketch[], retry?: object) {
  return new JobDrive(planOf({ jobs: { build: { steps, ...(retry === undefined ? {} : { retry }) } } }));
}

/** What the last event changed, as `key status`. */
function changes(job: JobDrive): readonly string[] {
  return stepChanges(job.plan, job.before, job.state).map(({ key, status }) => `${key} ${status}`);
}

describe('what one event changed', () => {
  it('is each step that is over, skipped ones too, and the step that now runs', () => {
    const job = drive([{ id: 'one' }, { id: 'two', if: 'false' }, { id: 'three' }]);
    expect(changes(job)).toEqual([]);
    job.claim();
    expect(changes(job)).toEqual(['one running']);
    job.end('one', success());
    expect(changes(job)).toEqual(['one success', 'two skipped', 'three running']);
    job.end('three', success());
    expect(changes(job)).toEqual(['three success']);
    job.cancel();
    expect(changes(job)).toEqual([]);
  });

  it('is a retry, and each attempt that follows', () => {
    const job = drive([{ id: 'one', retry: {} }]);
    job.claim();
    job.end('one', failure());
    expect(changes(job)).toEqual(['one retrying']);
    job.fire('retry/1/one/2');
    expect(changes(job)).toEqual(['one running']);
  });

  it('begins anew with another attempt of the job', () => {
    const job = drive([{ id: 'one', if: "inputs.x == 'y'" }, { id: 'two' }], {});
    job.claim();
    job.end('two', failure());
    expect(changes(job)).toEqual(['two failure']);
    job.fire('retry/2');
    expect(changes(job)).toEqual(['one skipped']);
  });
});

describe('views of steps', () => {
  it('are pending before their turn, and before the job starts', () => {
    const plan = planOf({ jobs: { build: { steps: [{ id: 'one' }, {}] } } });
    expect(stepViews(plan, startJob(plan, { id: 'build' }))).toMatchObject([
      { key: 'one', status: 'pending', attempts: 0, job_attempt: 0 },
      { key: '1', status: 'pending' },
    ]);
  });

  it('are found by key, whatever its case; undefined where there is none', () => {
    const job = drive([{ id: 'One' }]);
    expect(stepView(job.plan, job.state, stepKey('one'))?.key).toBe('One');
    expect(stepView(job.plan, job.state, stepKey('toString'))).toBeUndefined();
  });

  it('name a step by its name, its id, the first line of its script or its node', () => {
    const long = `\n  ${'x'.repeat(80)}\nsecond`;
    const job = drive([
      { name: 'Build it', id: 'one' },
      { name: '${{ inputs.name }}', id: 'two' },
      { uses: 'run@v1', with: { script: long } },
      { uses: 'run@v1', with: { script: 'echo ${{ inputs.name }} twice' } },
      { uses: 'http@v1', with: { url: 'x' } },
      { uses: 'http@v1' },
    ]);
    expect(stepViews(job.plan, job.state).map(({ name }) => name)).toEqual([
      'Build it',
      'two',
      `${'x'.repeat(59)}…`,
      'echo ${{ inputs.name }} twice',
      'http@v1',
      'http@v1',
    ]);
  });
});

describe('how far a job is', () => {
  it('is waiting only while all that goes on in it waits for a signal', () => {
    const inside = [
      { id: 'x', if: 'each.index == 0' },
      { id: 'review', uses: 'approval@v1' },
    ];
    const job = new JobDrive(
      planOf({ jobs: { build: { steps: [{ id: 'loop', items: [1, 2], concurrency: 2, steps: inside }] } } }),
    );
    job.claim();
    expect(job.step('loop[1].review').status).toBe('waiting');
    expect(jobProgress(job.state).state).toBe('working');
    job.end('loop[0].x', success());
    expect(jobProgress(job.state).state).toBe('waiting');
  });

  it('goes from its agent over its work and its retry to its end', () => {
    const plan = planOf({ jobs: { build: { retry: { attempts: 2 } } } });
    expect(jobProgress(startJob(plan, { id: 'build' }))).toEqual({ attempt: 0, job_attempt: 0, state: 'created' });
    const job = new JobDrive(plan);
    expect(jobProgress(job.state)).toEqual({
      attempt: 1,
      job_attempt: 1,
      state: 'waiting_for_agent',
      claim_until: expect.any(Number),
    });
    job.claim();
    expect(jobProgress(job.state)).toEqual({ attempt: 1, job_attempt: 1, state: 'working' });
    expect(heldClaim(job.state)).toEqual({ claim, job_attempt: 1 });
    job.end('0', failure());
    expect(jobProgress(job.state)).toMatchObject({
      attempt: 1,
      state: 'retrying',
      retry_at: job.at + 1000,
      error: { code: 'STEP_FAILED' },
    });
    expect(outstandingJobCommands(job.state)).toEqual([{ type: 'start_timer', timer: 'retry/2', due: job.at + 1000 }]);
    job.fire('retry/2');
    job.claim(2);
    job.end('0', success(), 1, 2);
    expect(jobProgress(job.state)).toEqual({ attempt: 2, job_attempt: 2, state: 'ended' });
    expect(heldClaim(job.state)).toBeUndefined();
  });
});

describe('what is outstanding', () => {
  it('is a step that runs, and that it was told to end', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    job.cancel();
    expect(outstandingJobCommands(job.state).map(({ type }) => type)).toEqual([
      'start_timer',
      'run_step',
      'cancel_step',
    ]);
  });

  it('is only the end of a job that has ended, and nothing before its start', () => {
    const job = drive([{ if: 'false' }]);
    expect(outstandingJobCommands(job.state)).toMatchObject([{ type: 'finish_job', result: { status: 'success' } }]);
    expect(outstandingJobCommands(startJob(job.plan, { id: 'build' }))).toEqual([]);
  });
});
