import { describe, expect, it } from 'vitest';
import { jobTransition, outstandingJobCommands, startJob, stepViews } from '../index.ts';
import { cancelled, failure, JobDrive, RunDrive, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../testing/plans.ts';

function start(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  const started = start(steps, job);
  started.claim();
  return started;
}

describe('cancelling a job', () => {
  it('tells the running step, runs only always() and cancelled() after it, and ends cancelled', () => {
    const job = drive([
      { id: 'one' },
      { id: 'two' },
      { id: 'three', if: 'failure()' },
      { id: 'four', if: 'cancelled()' },
      { id: 'five', if: 'always()' },
    ]);
    expect(job.cancel()).toEqual([
      { type: 'cancel_step', step: 'one', attempt: 1, job_attempt: 1, reason: 'cancelled' },
    ]);
    job.end('one', cancelled());
    job.end('four', success());
    job.end('five', failure());
    expect(job.ran).toEqual(['one#1', 'four#1', 'five#1']);
    expect(job.step('one')).toMatchObject({ outcome: 'cancelled', conclusion: 'cancelled' });
    expect(job.step('two').skip_reason?.read).toEqual([{ path: 'job.status', value: 'cancelled' }]);
    expect(job.result).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
  });

  it('is asked once: a second request changes nothing', () => {
    const job = drive([{ id: 'one' }]);
    job.cancel();
    const before = job.state;
    expect(job.cancel('again')).toEqual([]);
    expect(job.state).toBe(before);
  });

  it('leaves a step alone that runs because of always()', () => {
    const job = drive([{ id: 'clean', if: 'always()' }, { id: 'two' }]);
    expect(job.cancel()).toEqual([]);
    job.end('clean', success());
    expect(job.step('clean').outcome).toBe('success');
    expect(job.result?.status).toBe('cancelled');
  });

  it('withdraws the claim where nothing is left to run, and keeps it where something is', () => {
    const idle = start([{ id: 'one' }]);
    expect(idle.cancel()).toMatchObject([
      { type: 'cancel_timer', timer: 'queue/1' },
      { type: 'release_agent', job_attempt: 1 },
      { type: 'finish_job', result: { status: 'cancelled' } },
    ]);
    const busy = start([{ id: 'one' }, { id: 'clean', if: 'always()' }]);
    expect(busy.cancel()).toEqual([]);
    busy.claim();
    expect(busy.ran).toEqual(['clean#1']);
  });

  it('reaches a job before its start: no step of it runs', () => {
    const plan = planOf({ jobs: { build: { steps: [{ id: 'one' }, { id: 'clean', if: 'always()' }] } } });
    const start = new RunDrive(plan).startOf('build');
    const asked = jobTransition(plan, startJob(plan, { id: 'build' }), {
      type: 'cancel_requested',
      at: 1,
      reason: 'the user asked',
    });
    expect(asked.commands).toEqual([]);
    const started = jobTransition(plan, asked.state, { type: 'job_started', at: 2, start });
    expect(stepViews(plan, started.state).map(({ status }) => status)).toEqual(['skipped', 'pending']);
    expect(outstandingJobCommands(started.state)).toMatchObject([{ type: 'claim_agent' }, { timer: 'queue/1' }]);
  });

  it('ends the wait for a retry, of the step or of the job', () => {
    const step = drive([{ id: 'one', retry: {} }]);
    step.end('one', failure());
    expect(step.cancel()).toMatchObject([
      { type: 'cancel_timer', timer: 'retry/1/one/2' },
      { type: 'cancel_timer', timer: 'timeout/1/1' },
      { type: 'release_agent' },
      { type: 'finish_job', result: { status: 'cancelled' } },
    ]);
    expect(step.step('one')).toMatchObject({ outcome: 'cancelled', attempts: 1 });
    const job = drive([{ id: 'one' }], { retry: {} });
    job.end('one', failure());
    expect(job.cancel()).toMatchObject([
      { type: 'cancel_timer', timer: 'retry/2' },
      { type: 'finish_job', result: { status: 'cancelled' } },
    ]);
  });

  it('lets no retry follow, of a step that was told to end or of the job', () => {
    const job = drive([{ id: 'one', retry: {} }], { retry: {} });
    job.cancel();
    job.end('one', failure());
    expect(job.step('one')).toMatchObject({ outcome: 'failure', attempts: 1 });
    expect(job.result).toMatchObject({ status: 'cancelled', attempts: 1 });
  });

  it('is covered by no continue-on-error', () => {
    const job = drive([{ id: 'one', goesOn: true }]);
    job.cancel();
    job.end('one', cancelled());
    expect(job.step('one')).toMatchObject({ outcome: 'cancelled', conclusion: 'cancelled' });
  });

  it('does not wait for an agent that is lost meanwhile', () => {
    const job = drive([{ id: 'one' }, { id: 'clean', if: 'always()' }]);
    job.cancel();
    job.tell({ type: 'agent_lost', job_attempt: 1, reason: 'no heartbeat' });
    expect(job.result?.status).toBe('cancelled');
  });
});

describe('the timeout of a job', () => {
  it('fails the job, cancels the running step and gives always() steps five minutes', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }, { id: 'clean', if: 'always()', timeout: 100 }], { timeout: 10 });
    const due = job.at + 600_000;
    expect(job.fire('timeout/1/1')).toEqual([
      { type: 'cancel_step', step: 'one', attempt: 1, job_attempt: 1, reason: 'timeout' },
      { type: 'start_timer', timer: 'grace/1/1', due: due + 300_000 },
    ]);
    job.end('one', cancelled());
    expect(job.step('one')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.step('two').status).toBe('skipped');
    const task = job.last.find((command) => command.type === 'run_step')?.task;
    expect(task?.timeout).toEqual({ ms: 299_000, own: true });
    job.end('clean', success());
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('lets no retry of the step follow that it ended', () => {
    const job = drive([{ id: 'one', retry: { attempts: 2, on: ['failure', 'timeout'] } }], { timeout: 10 });
    job.fire('timeout/1/1');
    job.end('one', failure());
    expect(job.step('one')).toMatchObject({ outcome: 'failure', attempts: 1 });
    expect(job.result?.status).toBe('failure');
  });

  it('lets a step that was done all the same have its success', () => {
    const job = drive([{ id: 'one' }], { timeout: 10 });
    job.fire('timeout/1/1');
    job.end('one', success({ x: 1 }));
    expect(job.step('one')).toMatchObject({ outcome: 'success', outputs: { x: 1 } });
    expect(job.result?.status).toBe('failure');
  });

  it('kills what still runs when the grace is over', () => {
    const job = drive([{ id: 'one' }, { id: 'clean', if: 'always()' }, { id: 'last', if: 'always()' }], {
      timeout: 10,
    });
    job.fire('timeout/1/1');
    job.end('one', failure());
    expect(job.fire('grace/1/1')).toMatchObject([
      { type: 'release_agent' },
      { type: 'finish_job', result: { status: 'failure' } },
    ]);
    expect(job.step('clean')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.step('last')).toMatchObject({ status: 'skipped', skip_reason: { condition: 'always()' } });
    expect(job.end('clean', success())).toEqual([]);
  });

  it('does not count the grace while the job is paused, and nothing runs', () => {
    const job = drive([{ id: 'one' }, { id: 'clean', if: 'always()' }], { timeout: 10 });
    job.pause();
    job.fire('timeout/1/1');
    expect(job.end('one', cancelled())).toEqual([{ type: 'cancel_timer', timer: 'grace/1/1' }]);
    expect(job.tell({ type: 'timer_fired', timer: 'grace/1/1' }, job.at + 3_600_000)).toEqual([]);
    expect(job.resume()).toMatchObject([
      { type: 'run_step', task: { step: 'clean', timeout: { ms: 299_000 } } },
      { type: 'start_timer', timer: 'grace/1/2', due: job.at + 299_000 },
    ]);
    job.end('clean', success());
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('counts the grace also while an always() step waits for somebody', () => {
    const job = start(
      [
        { uses: 'sleep@v1', with: { duration: '1h' } },
        { id: 'ask', uses: 'approval@v1', if: 'always()' },
      ],
      { timeout: 10 },
    );
    job.fire('timeout/1/1');
    expect(job.step('ask').status).toBe('waiting');
    job.fire('grace/1/1');
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('does not count while the job waits for its agent', () => {
    const job = start([{ uses: 'sleep@v1', with: { duration: 60 } }, { id: 'one' }], { timeout: 10 });
    job.fire('sleep/1/0/1');
    expect(job.last).toEqual([
      { type: 'claim_agent', queue: 'local', job_attempt: 1 },
      { type: 'start_timer', timer: 'queue/1', due: job.at + 86_400_000 },
      { type: 'cancel_timer', timer: 'timeout/1/1' },
    ]);
    job.tell({ type: 'timer_fired', timer: 'timeout/1/1' });
    job.tell({ type: 'step_started', step: job.step('one').key, attempt: 1, job_attempt: 1 }, job.at + 3_600_000);
    job.claim();
    expect(job.last).toContainEqual({ type: 'start_timer', timer: 'timeout/1/2', due: job.at + 540_000 });
  });

  it('ends the wait for a retry of a step with its last error', () => {
    const job = drive([{ id: 'one', retry: { initial: 3_600_000 } }], { timeout: 10 });
    job.end('one', failure());
    job.fire('timeout/1/1');
    expect(job.step('one')).toMatchObject({ outcome: 'failure', attempts: 1, error: { code: 'STEP_FAILED' } });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('ends a job that is being cancelled and whose steps do not end', () => {
    const job = drive([{ id: 'one' }], { timeout: 10 });
    job.cancel();
    job.fire('timeout/1/1');
    expect(job.last.map(({ type }) => type)).toEqual(['start_timer']);
    job.fire('grace/1/1');
    expect(job.result?.status).toBe('cancelled');
  });
});
