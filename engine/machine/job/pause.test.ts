import { describe, expect, it } from 'vitest';

import { failure, JobDrive, RunDrive, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../testing/plans.ts';
import { jobTransition, startJob } from './machine.ts';
import { outstandingJobCommands } from './outstanding.ts';
import { jobProgress } from './views/progress.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

describe('a paused job', () => {
  it('lets what runs go on, and begins no further step until it is resumed', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }]);
    job.claim();
    job.pause();
    expect(jobProgress(job.state).state).toBe('paused');
    job.end('one', success());
    expect(job.ran).toEqual(['one#1']);
    job.resume();
    expect(job.ran).toEqual(['one#1', 'two#1']);
    expect(jobProgress(job.state).state).toBe('working');
  });

  it('lets its clock rest once nothing runs', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }], { timeout: 10 });
    job.claim();
    expect(job.pause()).toEqual([]);
    expect(job.end('one', success())).toEqual([{ type: 'cancel_timer', timer: 'timeout/1/1' }]);
    job.tell({ type: 'resume_requested', by: 'alice' }, 1e9);
    expect(job.last).toContainEqual({ type: 'start_timer', timer: 'timeout/1/2', due: 1e9 + 598_000 });
  });

  it('asks for no agent, for no evaluation and begins no iteration', () => {
    const job = drive([
      { id: 'nap', uses: 'sleep@v1', with: { duration: 1 } },
      { id: 'one', if: "hashFiles('x') == ''" },
      { id: 'loop', items: [1, 2, 3], steps: [{ id: 'x' }] },
    ]);
    job.pause();
    job.fire('sleep/1/nap/1');
    expect(job.last.map(({ type }) => type)).toEqual(['cancel_timer']);
    job.resume();
    job.pause();
    job.claim();
    expect(job.last.map(({ type }) => type)).toEqual(['cancel_timer']);
    job.resume();
    expect(job.last[0]).toMatchObject({ type: 'evaluate_on_agent' });
    job.pause();
    job.tell({ type: 'evaluated', id: 'if/1/one/success', result: { ok: true } });
    expect(job.ran).toEqual([]);
    job.resume();
    job.end('one', success());
    job.pause();
    job.end('loop[0].x', success());
    expect(job.ran).toEqual(['one#1', 'loop[0].x#1']);
    job.throughJson();
    job.resume();
    expect(job.ran.at(-1)).toBe('loop[1].x#1');
  });

  it('leaves iterations that it kept from beginning as skipped where it is cancelled', () => {
    const job = drive([{ id: 'loop', items: [1, 2, 3], steps: [{ id: 'x' }] }]);
    job.claim();
    job.pause();
    job.end('loop[0].x', success());
    job.cancel();
    expect(job.step('loop').iterations).toEqual({ total: 3, success: 1, failure: 0, cancelled: 0, skipped: 2 });
  });

  it('does not try a step again whose time has come, until it is resumed', () => {
    const job = drive([{ id: 'one', retry: { attempts: 2 } }]);
    job.claim();
    job.end('one', failure());
    job.pause();
    job.fire('retry/1/one/2');
    expect(job.ran).toEqual(['one#1']);
    expect(job.step('one')).toMatchObject({ status: 'retrying', attempts: 1 });
    job.resume();
    expect(job.ran).toEqual(['one#1', 'one#2']);
  });

  it('does not start over until it is resumed', () => {
    const job = drive([{ id: 'one' }], { retry: { attempts: 2 } });
    job.claim();
    job.end('one', failure());
    job.pause();
    expect(job.fire('retry/2')).toEqual([]);
    expect(job.resume()).toMatchObject([{ type: 'claim_agent', job_attempt: 2 }, {}]);
  });

  it('lets those who are asked decide, and goes on when it is resumed', () => {
    const job = drive([
      { id: 'review', uses: 'approval@v1' },
      { id: 'nap', uses: 'sleep@v1', with: { duration: 1 } },
    ]);
    job.pause();
    job.signal('approval:build/review', { decision: 'approve' });
    expect(job.step('review').status).toBe('success');
    expect(job.step('nap').status).toBe('pending');
    job.resume();
    expect(job.step('nap').status).toBe('running');
  });

  it('ends when nothing is left of it', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    job.pause();
    job.end('one', success());
    expect(job.result?.status).toBe('success');
  });

  it('is ended by a cancellation, after which there is no pause', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }, { id: 'clean', if: 'always()' }]);
    job.claim();
    job.pause();
    job.end('one', success());
    job.cancel();
    expect(job.ran).toEqual(['one#1', 'clean#1']);
    const before = job.state;
    job.pause();
    job.resume();
    expect(job.state).toBe(before);
  });

  it('ends a step that only waited for the pause to end, as never begun', () => {
    const job = drive([{ id: 'one', if: "hashFiles('x') == ''" }]);
    job.claim();
    job.pause();
    job.tell({ type: 'evaluated', id: 'if/1/one/success', result: { ok: true } });
    job.cancel();
    expect(job.step('one')).toMatchObject({ outcome: 'cancelled', attempts: 0 });
  });

  it('is paused and resumed once, however often it is asked', () => {
    const job = drive([{ id: 'one' }]);
    job.pause();
    const paused = job.state;
    job.pause();
    expect(job.state).toBe(paused);
    job.resume();
    const going = job.state;
    job.resume();
    expect(job.state).toBe(going);
  });

  it('may be paused before it starts', () => {
    const plan = planOf({ jobs: { build: { steps: [{ id: 'one' }] } } });
    const start = new RunDrive(plan).startOf('build');
    const paused = jobTransition(plan, startJob(plan, start), { type: 'pause_requested', at: 1, by: 'alice' });
    const started = jobTransition(plan, paused.state, { type: 'job_started', at: 2, start });
    expect(started.commands).toEqual([]);
    expect(outstandingJobCommands(started.state)).toEqual([]);
    const resumed = jobTransition(plan, started.state, { type: 'resume_requested', at: 3, by: 'alice' });
    expect(resumed.commands).toMatchObject([{ type: 'claim_agent' }, { timer: 'queue/1' }, {}].slice(0, 2));
  });
});
