import { describe, expect, it } from 'vitest';
import { failure, JobDrive, stepKey, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  const started = new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
  started.claim();
  return started;
}

describe('the retry of a step', () => {
  it('tries again after a delay that grows up to its maximum, and succeeds', () => {
    const job = drive([{ id: 'one', retry: { attempts: 5, initial: 1000, coefficient: 3, maximum: 5000 } }]);
    const delays: number[] = [];
    for (const attempt of [1, 2, 3]) {
      job.end('one', failure(), attempt);
      delays.push(job.step('one').retry_delay_ms ?? -1);
      expect(job.step('one')).toMatchObject({ status: 'retrying', attempts: attempt, error: { code: 'STEP_FAILED' } });
      job.fire(`retry/1/one/${attempt + 1}`);
    }
    job.end('one', success({ x: 1 }), 4);
    expect(delays).toEqual([1000, 3000, 5000]);
    expect(job.ran).toEqual(['one#1', 'one#2', 'one#3', 'one#4']);
    expect(job.step('one')).toMatchObject({ outcome: 'success', attempts: 4, outputs: { x: 1 } });
    expect(job.result).toMatchObject({ status: 'success', attempts: 1 });
  });

  it('leaves the step begun when its first attempt began, as the agent says', () => {
    const job = drive([{ id: 'one', retry: { attempts: 2 } }]);
    const begin = (attempt: number) =>
      job.tell({ type: 'step_started', step: stepKey('one'), attempt, job_attempt: 1 });
    begin(1);
    const began = job.at;
    job.end('one', failure());
    job.fire('retry/1/one/2');
    begin(2);
    expect(job.step('one').started_at).toBe(began);
  });

  it('fails the step with its last error when no attempt is left', () => {
    const job = drive([{ id: 'one', retry: { attempts: "${{ fromJSON('2') }}" } }]);
    job.end('one', failure());
    job.fire('retry/1/one/2');
    job.end('one', failure('timeout'), 2);
    expect(job.step('one')).toMatchObject({ outcome: 'failure', attempts: 2 });
    expect(job.result?.status).toBe('failure');
  });

  it.each(['failure', 'timeout', 'lost'] as const)('covers %s by default', (retryClass) => {
    const job = drive([{ id: 'one', retry: {} }]);
    job.end('one', failure(retryClass));
    expect(job.step('one').status).toBe('retrying');
  });

  it.each(['limit', 'denied', 'none'] as const)('does not cover %s by default', (retryClass) => {
    const job = drive([{ id: 'one', retry: {} }]);
    job.end('one', failure(retryClass));
    expect(job.step('one').status).toBe('failure');
  });

  it('covers only the classes that it names', () => {
    const job = drive([
      { id: 'one', retry: { on: ['denied'] } },
      { id: 'two', if: 'always()', retry: { on: ['denied'] } },
    ]);
    job.end('one', failure('failure'));
    job.end('two', failure('denied'));
    expect(job.step('one').status).toBe('failure');
    expect(job.step('two').status).toBe('retrying');
  });

  it('adds up the host calls of all attempts', () => {
    const job = drive([{ id: 'one', retry: {} }]);
    job.end('one', { ...failure(), host_calls: { allowed: 2, denied: 1 } });
    job.fire('retry/1/one/2');
    job.end('one', { ...success(), host_calls: { allowed: 3, denied: 0 } }, 2);
    expect(job.step('one').host_calls).toEqual({ allowed: 5, denied: 1 });
  });

  it('stays finite however large its numbers are', () => {
    const job = drive([{ id: 'one', retry: { attempts: 3, initial: 1, coefficient: 1e300, maximum: 7 } }]);
    job.end('one', failure());
    job.fire('retry/1/one/2');
    job.end('one', failure(), 2);
    expect(job.step('one').retry_delay_ms).toBe(7);
  });
});

describe('the retry of a job', () => {
  const steps = [{ id: 'one' }, { id: 'two' }];

  it('releases the agent, waits, and starts over from the first step with another claim', () => {
    const job = drive(steps, { retry: { attempts: 2, initial: 4000 } });
    job.end('one', success({ x: 1 }));
    expect(job.end('two', failure())).toEqual([
      { type: 'cancel_timer', timer: 'timeout/1/1' },
      { type: 'release_agent', job_attempt: 1, workspace: 'remove' },
      { type: 'start_timer', timer: 'retry/2', due: job.at + 4000 },
    ]);
    expect(job.fire('retry/2')).toMatchObject([
      { type: 'claim_agent', queue: 'local', job_attempt: 2 },
      { type: 'start_timer', timer: 'queue/2' },
    ]);
    expect(job.step('one')).toMatchObject({ status: 'pending', job_attempt: 2 });
    job.claim(2);
    job.end('one', success(), 1, 2);
    job.end('two', success(), 1, 2);
    expect(job.ran).toEqual(['one#1', 'two#1', 'one#1', 'two#1']);
    expect(job.result).toMatchObject({ status: 'success', attempts: 2 });
  });

  it('covers a lost agent, also before it was there', () => {
    const job = new JobDrive(planOf({ jobs: { build: { steps, retry: {} } } }));
    job.tell({ type: 'agent_lost', job_attempt: 1, reason: 'no heartbeat' });
    job.fire('retry/2');
    job.claim(2);
    job.tell({ type: 'agent_lost', job_attempt: 2, reason: 'no heartbeat' });
    job.fire('retry/3');
    job.claim(3);
    job.tell({ type: 'agent_lost', job_attempt: 3, reason: 'no heartbeat' });
    expect(job.result).toMatchObject({ status: 'failure', attempts: 3, error: { code: 'AGENT_LOST' } });
  });

  it('covers the timeout of the job, which counts for each attempt', () => {
    const job = drive([{ id: 'one' }], { timeout: 1, retry: { attempts: 2 } });
    job.fire('timeout/1/1');
    job.end('one', failure());
    job.fire('retry/2');
    job.claim(2);
    const [second] = job.last.filter((command) => command.type === 'start_timer');
    expect(second).toEqual({ type: 'start_timer', timer: 'timeout/2/1', due: job.at + 60_000 });
  });

  it('takes an answer of the attempt before for nothing', () => {
    const job = drive(steps, { retry: {} });
    job.end('one', failure());
    job.fire('retry/2');
    job.claim(2);
    const before = job.state;
    job.end('one', success(), 1, 1);
    job.tell({ type: 'timer_fired', timer: 'timeout/1/1' });
    job.tell({ type: 'timer_fired', timer: 'retry/2' });
    expect(job.state).toBe(before);
  });

  it('covers no failure without a class: what cannot be evaluated, and inputs that are wrong', () => {
    for (const step of [{ if: "fromJSON('{')" }, { id: 'one' }]) {
      const job = new JobDrive(planOf({ jobs: { build: { steps: [step], retry: {} } } }));
      if (job.result === undefined) {
        job.claim();
        job.end('one', failure('none'));
      }
      expect(job.result).toMatchObject({ status: 'failure', attempts: 1 });
    }
  });
});
