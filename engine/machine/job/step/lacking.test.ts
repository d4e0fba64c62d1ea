import { describe, expect, it } from 'vitest';
import { awaitedSecrets, isLacking, jobProgress, outstandingJobCommands } from '../../index.ts';
import { failure, JobDrive, stepKey, success } from '../../testing/drive.ts';
import { planOf, type StepSketch } from '../../testing/plans.ts';

function drive(steps: readonly StepSketch[]): JobDrive {
  const job = new JobDrive(planOf({ jobs: { build: { steps } } }));
  job.claim();
  return job;
}

/** The driver has no values of these for the first attempt of a step. */
function lack(job: JobDrive, step: string, ...secrets: readonly string[]): void {
  job.tell({ type: 'secrets_awaited', step: stepKey(step), attempt: 1, job_attempt: 1, secrets });
}

function begin(job: JobDrive, step: string): void {
  job.tell({ type: 'step_started', step: stepKey(step), attempt: 1, job_attempt: 1 });
}

describe('a step whose secrets are missing', () => {
  it('waits for them by their names until it begins, and its job with it', () => {
    const job = drive([{ id: 'use' }]);
    lack(job, 'use', 'TOKEN', 'KEY');
    expect(job.step('use')).toMatchObject({ status: 'waiting', attempts: 0, lacks: ['TOKEN', 'KEY'] });
    expect(jobProgress(job.state).state).toBe('waiting');
    expect(awaitedSecrets(job.state)).toEqual([
      { kind: 'secrets', name: 'secrets:build/use', job: 'build', step: 'use', secrets: ['TOKEN', 'KEY'] },
    ]);
    const before = job.state;
    lack(job, 'use', 'TOKEN', 'KEY');
    expect(job.state).toBe(before);
    lack(job, 'use');
    expect(awaitedSecrets(job.state)).toEqual([]);
    expect(isLacking(job.state, { step: stepKey('use'), attempt: 1, job_attempt: 1 })).toBe(true);
    begin(job, 'use');
    expect(job.step('use')).toMatchObject({ status: 'running', attempts: 1, started_at: job.at });
    expect(isLacking(job.state, { step: stepKey('use'), attempt: 1, job_attempt: 1 })).toBe(false);
    lack(job, 'use', 'TOKEN');
    expect(job.step('use').status).toBe('running');
  });

  it('is asked for again after a crash, and no time of the job passes meanwhile', () => {
    const job = drive([{ id: 'use' }]);
    lack(job, 'use', 'TOKEN');
    expect(job.last).toMatchObject([{ type: 'cancel_timer' }]);
    expect(outstandingJobCommands(job.state)).toMatchObject([{ type: 'run_step', task: { step: 'use' } }]);
    begin(job, 'use');
    expect(job.last).toMatchObject([{ type: 'start_timer' }]);
  });

  it('ends with its job, without an agent: cancelled, or failed where it goes on to tidy up', () => {
    const plain = drive([{ id: 'use' }, { id: 'clean', if: 'always()' }]);
    lack(plain, 'use', 'TOKEN');
    plain.cancel();
    expect(plain.step('use')).toMatchObject({ status: 'cancelled', attempts: 0 });
    expect(plain.last.map(({ type }) => type)).toEqual(['cancel_step', 'run_step', 'start_timer']);
    lack(plain, 'clean', 'TOKEN');
    expect(plain.step('clean')).toMatchObject({ status: 'failure', attempts: 0, error: { code: 'SECRET_MISSING' } });
    expect(plain.state).toMatchObject({ state: 'ended', result: { status: 'cancelled' } });

    const always = drive([{ id: 'use', if: 'always()' }]);
    lack(always, 'use', 'TOKEN');
    always.cancel();
    expect(always.step('use')).toMatchObject({ status: 'failure', error: { code: 'SECRET_MISSING' } });
  });

  it('fails after a failure, and is not tried again', () => {
    const job = drive([{ id: 'breaks' }, { id: 'tell', if: 'failure()', retry: {} }]);
    job.end('breaks', failure());
    lack(job, 'tell', 'TOKEN');
    expect(job.step('tell')).toMatchObject({ status: 'failure', error: { code: 'SECRET_MISSING' } });
    expect(job.state.state).toBe('ended');
  });

  it('waits in an iteration beside others that go on', () => {
    const inside = [{ id: 'work' }];
    const job = drive([{ id: 'loop', items: [1, 2], concurrency: 2, steps: inside }]);
    lack(job, 'loop[1].work', 'TOKEN');
    expect(jobProgress(job.state).state).toBe('working');
    job.end('loop[0].work', success());
    expect(jobProgress(job.state).state).toBe('waiting');
    begin(job, 'loop[1].work');
    job.end('loop[1].work', success());
    expect(job.state).toMatchObject({ state: 'ended', result: { status: 'success' } });
  });
});
