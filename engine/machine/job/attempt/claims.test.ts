import { describe, expect, it } from 'vitest';

import { claim, failure, JobDrive, RunDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';
import { jobTransition, startJob } from '../machine.ts';
import { outstandingJobCommands } from '../outstanding.ts';
import { jobProgress } from '../views/progress.ts';
import { heldClaim, keptClaim } from './claims.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

describe('the time that a claim may wait', () => {
  it('fails the job when it is over, and withdraws the claim', () => {
    const job = drive([{ id: 'one' }, { id: 'clean', if: 'always()' }]);
    expect(job.fire('queue/1')).toMatchObject([
      { type: 'release_agent', job_attempt: 1, workspace: 'remove' },
      { type: 'finish_job' },
    ]);
    expect(job.at).toBe(1000 + 86_400_000);
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'QUEUE_TIMEOUT' } });
    expect(job.result?.error?.message).toBe('no agent of queue local took the job within 24h');
    expect(job.step('clean').status).toBe('skipped');
  });

  it('is what queue-timeout says, for each attempt of the job anew', () => {
    const job = drive([{ id: 'one' }], { queueTimeout: 5000, retry: { attempts: 2, on: ['lost'], initial: 1000 } });
    job.fire('queue/1');
    expect(job.at).toBe(6000);
    job.fire('retry/2');
    job.fire('queue/2');
    expect(job.at).toBe(12_000);
    expect(job.result).toMatchObject({ attempts: 2, error: { code: 'QUEUE_TIMEOUT' } });
  });

  it('is over once the agent is there', () => {
    const job = drive([{ id: 'one' }]);
    expect(job.claim()).toContainEqual({ type: 'cancel_timer', timer: 'queue/1' });
  });
});

describe('what is known of an agent', () => {
  it('that its queue has none shows, and changes nothing else', () => {
    const job = drive([{ id: 'one' }]);
    expect(job.tell({ type: 'queue_blocked', job_attempt: 1, reason: 'nobody serves it' })).toEqual([]);
    expect(jobProgress(job.state)).toMatchObject({ state: 'blocked', reason: 'nobody serves it' });
    const blocked = job.state;
    job.tell({ type: 'queue_blocked', job_attempt: 1, reason: 'nobody serves it' });
    job.tell({ type: 'queue_blocked', job_attempt: 2 });
    expect(job.state).toBe(blocked);
    job.tell({ type: 'queue_blocked', job_attempt: 1 });
    expect(jobProgress(job.state)).toEqual({
      attempt: 1,
      job_attempt: 1,
      state: 'waiting_for_agent',
      claim_until: expect.any(Number),
    });
  });

  it('that it is not heard of shows, and changes nothing else', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    expect(job.tell({ type: 'agent_suspect', job_attempt: 1, suspect: true })).toEqual([]);
    expect(jobProgress(job.state)).toMatchObject({ state: 'working', suspect: true });
    expect(heldClaim(job.state)).toEqual({ claim, job_attempt: 1 });
    job.tell({ type: 'agent_suspect', job_attempt: 1, suspect: false });
    expect(jobProgress(job.state)).toEqual({ attempt: 1, job_attempt: 1, state: 'working' });
  });

  it('is asked for by its host where the job is of a fleet', () => {
    const plan = planOf({ jobs: { build: {} } });
    const start = { ...new RunDrive(plan).startOf('build'), host: 'web-3' };
    const { state, commands } = jobTransition(plan, startJob(plan, start), { type: 'job_started', at: 1, start });
    expect(commands[0]).toEqual({ type: 'claim_agent', queue: 'local', host: 'web-3', job_attempt: 1 });
    expect(outstandingJobCommands(state)[0]).toEqual(commands[0]);
  });
});

describe('keep-workspace', () => {
  it('keeps the workspace of the last attempt, also where it failed', () => {
    const job = drive([{ id: 'one' }], { keepWorkspace: true, retry: { attempts: 2 } });
    job.claim();
    expect(job.end('one', failure())).toContainEqual({ type: 'release_agent', job_attempt: 1, workspace: 'remove' });
    job.fire('retry/2');
    job.claim(2);
    expect(job.end('one', failure(), 1, 2)).toContainEqual({
      type: 'release_agent',
      job_attempt: 2,
      workspace: 'keep',
    });
    expect(job.result).toMatchObject({ status: 'failure', workspace_kept: true });
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 2 });
  });

  it('has nothing to keep where there was no agent, or it was lost', () => {
    const skipped = drive([{ if: 'false' }], { keepWorkspace: true });
    expect(skipped.result?.workspace_kept).toBeUndefined();
    const lost = drive([{ id: 'one' }], { keepWorkspace: true });
    lost.claim();
    lost.tell({ type: 'agent_lost', job_attempt: 1, reason: 'bad luck' });
    expect(keptClaim(lost.state)).toBeUndefined();
    const withdrawn = drive([{ id: 'one' }], { keepWorkspace: true });
    expect(withdrawn.cancel()).toContainEqual({ type: 'release_agent', job_attempt: 1, workspace: 'remove' });
    expect(withdrawn.result?.workspace_kept).toBeUndefined();
  });

  it('is not without it', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    expect(job.end('one', success())).toContainEqual({ type: 'release_agent', job_attempt: 1, workspace: 'remove' });
    expect(job.result?.workspace_kept).toBeUndefined();
  });
});
