import { describe, expect, it } from 'vitest';

import { cancelled, claim, failure, JobDrive, stepKey, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../testing/plans.ts';
import { keptClaim } from './attempt/claims.ts';
import { outstandingJobCommands } from './outstanding.ts';
import { jobProgress } from './views/progress.ts';
import { stepViews } from './views/steps.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

const steps: readonly StepSketch[] = [
  { id: 'one' },
  { id: 'two', with: { x: '${{ steps.one.outputs.x }} ${{ job.attempt }}' } },
  { id: 'three', if: 'always()' },
];

/** A job of three steps that has ended, its second step having failed. */
function failed(job: JobSketch = { keepWorkspace: true }) {
  const ended = drive(steps, job);
  ended.claim();
  ended.end('one', success({ x: 'x' }));
  ended.end('two', failure());
  ended.end('three', success());
  return ended;
}

function statuses(job: JobDrive): readonly string[] {
  return stepViews(job.plan, job.state).map(
    ({ key, status, reused }) => `${key} ${status}${reused === true ? ' reused' : ''}`,
  );
}

describe('a job that is started again', () => {
  it('runs from its first step, with attempts that count on, in a new workspace; a kept one is given back', () => {
    const job = failed();
    expect(job.startAgain()).toMatchObject([
      { type: 'release_agent', job_attempt: 1, workspace: 'remove' },
      { type: 'claim_agent', job_attempt: 2 },
      { timer: 'queue/2' },
    ]);
    expect(job.last[1]).not.toHaveProperty('keep');
    expect(jobProgress(job.state)).toMatchObject({ attempt: 1, job_attempt: 2 });
    job.claim(2);
    job.end('one', success({ x: 'y' }), 1, 2);
    expect(job.lastTask).toMatchObject({ job_attempt: 2, run_attempt: 2, context: { job: { attempt: 1 } } });
    job.end('two', success(), 1, 2);
    job.end('three', success(), 1, 2);
    expect(job.result).toMatchObject({ status: 'success', attempts: 1, workspace_kept: true });
    expect(statuses(job)).toEqual(['one success', 'two success', 'three success']);
  });

  it('has all its retries anew', () => {
    const job = drive([{ id: 'one' }], { retry: { attempts: 2, initial: 1000 } });
    const fail = (attempt: number) => {
      job.claim(attempt);
      job.end('one', failure(), 1, attempt);
    };
    fail(1);
    job.fire('retry/2');
    fail(2);
    job.startAgain();
    fail(3);
    job.fire('retry/4');
    expect(jobProgress(job.state)).toMatchObject({ attempt: 2, job_attempt: 4 });
    fail(4);
    expect(job.result).toMatchObject({ status: 'failure', attempts: 2 });
  });

  it('is so once an attempt of the run', () => {
    const job = failed();
    job.startAgain();
    job.cancel();
    const ended = job.state;
    job.repeatStart();
    expect(job.state).toBe(ended);
  });

  it('can be cancelled anew', () => {
    const job = drive([{ id: 'one' }]);
    job.cancel();
    expect(job.result?.status).toBe('cancelled');
    job.startAgain();
    job.claim(2);
    job.end('one', success(), 1, 2);
    expect(job.result?.status).toBe('success');
  });
});

describe('a job that is started again from a step', () => {
  it('takes over the steps before, marked, and goes on in the workspace that was kept', () => {
    const job = failed();
    expect(job.startAgain({ step: stepKey('two') })).toMatchObject([
      { type: 'claim_agent', job_attempt: 2, keep: claim },
      { timer: 'queue/2' },
    ]);
    expect(outstandingJobCommands(job.state)[0]).toEqual(job.last[0]);
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 1 });
    job.throughJson();
    job.claim(2);
    expect(keptClaim(job.state)).toBeUndefined();
    expect(job.lastTask).toMatchObject({ step: 'two', attempt: 1, job_attempt: 2 });
    expect(job.lastTask.context['steps']).toEqual({ one: { outputs: { x: 'x' } } });
    job.end('two', success(), 1, 2);
    job.end('three', success(), 1, 2);
    expect(statuses(job)).toEqual(['one success reused', 'two success', 'three success']);
    expect([job.step('one').job_attempt, job.step('two').job_attempt]).toEqual([1, 2]);
    expect(job.result).toMatchObject({ status: 'success', workspace_kept: true });
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 2 });
  });

  it('counts the outputs that it takes over, with those inside of the steps', () => {
    const gate = { id: 'gate', condition: 'true', then: [{ id: 'x' }] };
    const job = new JobDrive(planOf({ jobs: { build: { keepWorkspace: true, steps: [gate, { id: 'last' }] } } }));
    job.claim();
    job.end('gate.x', success({ o: 'x'.repeat(1000) }));
    job.end('last', success());
    const before = job.result?.output_bytes;
    job.startAgain({ step: stepKey('last') });
    job.claim(2);
    job.end('last', success(), 1, 2);
    expect(job.result?.output_bytes).toBe(before);
  });

  it('stays failed where a step failed that it takes over', () => {
    const job = failed();
    job.startAgain({ step: stepKey('three') });
    job.claim(2);
    job.end('three', success(), 1, 2);
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'STEP_FAILED' } });
  });

  it('fails at once where no workspace was kept, and names the fix', () => {
    const job = failed({});
    job.startAgain({ step: stepKey('two') });
    expect(job.result).toMatchObject({
      status: 'failure',
      error: { code: 'WORKSPACE_GONE', remedy: expect.stringContaining('keep-workspace: true') },
    });
  });

  it('needs no workspace where the job has no plugin step', () => {
    const job = drive([
      { id: 'a', uses: 'approval@v1' },
      { id: 'b', uses: 'approval@v1' },
    ]);
    job.signal('approval:build/a', { decision: 'approve' });
    job.signal('approval:build/b', { decision: 'reject' });
    job.startAgain({ step: stepKey('b') });
    job.signal('approval:build/b', { decision: 'approve' });
    expect(job.result?.status).toBe('success');
  });

  it('fails at once for a step that it has not, or did not come to', () => {
    for (const step of ['four', 'loop[0].x', '']) {
      const job = failed();
      job.startAgain({ step: stepKey(step) });
      expect(job.result).toMatchObject({ error: { code: 'INVALID_INPUT' }, workspace_kept: true });
    }
  });

  it('keeps the workspace for another time where it fails before it needed it', () => {
    const job = failed();
    job.startAgain({ step: stepKey('two') });
    expect(job.fire('queue/2')).toMatchObject([{ type: 'release_agent', job_attempt: 2, workspace: 'keep' }, {}]);
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 1 });
    job.startAgain({ step: stepKey('two') });
    job.claim(3);
    job.end('two', success(), 1, 3);
    job.end('three', success(), 1, 3);
    expect(job.result?.status).toBe('success');
  });

  it('fails where the workspace is gone after all, and knows so', () => {
    const job = failed();
    job.startAgain({ step: stepKey('two') });
    const error = { code: 'WORKSPACE_GONE', message: 'somebody removed it', remedy: 'run it again' } as const;
    job.tell({ type: 'claim_refused', job_attempt: 2, error });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'WORKSPACE_GONE' } });
    expect(keptClaim(job.state)).toBeUndefined();
  });

  it('keeps the workspace where it is cancelled before the agent is there', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }], { keepWorkspace: true });
    job.claim();
    job.end('one', success());
    job.end('two', failure());
    job.startAgain({ step: stepKey('two') });
    expect(job.cancel()).toContainEqual({ type: 'release_agent', job_attempt: 2, workspace: 'keep' });
    expect(job.result?.workspace_kept).toBe(true);
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 1 });
  });

  it('keeps the workspace where it is to start from its first step, and can not be started at all', () => {
    const env = { X: '${{ fromJSON(inputs.x) }}' };
    const plan = planOf({ jobs: { build: { env, keepWorkspace: true, steps: [{ id: 'one' }] } } });
    const job = new JobDrive(plan, { inputs: { x: '1' } });
    job.claim();
    job.end('one', success());
    expect(job.startAgain(undefined, { inputs: { x: '{' } })).toMatchObject([{ type: 'finish_job' }]);
    expect(keptClaim(job.state)).toEqual({ claim, job_attempt: 1 });
  });

  it('starts over in an empty workspace where its retry covers the loss of the agent', () => {
    const job = failed({ keepWorkspace: true, retry: { attempts: 2, on: ['lost'] } });
    job.startAgain({ step: stepKey('two') });
    job.claim(2);
    job.tell({ type: 'agent_lost', job_attempt: 2, reason: 'bad luck' });
    job.fire('retry/3');
    expect(job.last[0]).toEqual({ type: 'claim_agent', queue: 'local', job_attempt: 3 });
    job.claim(3);
    expect(job.lastTask).toMatchObject({ step: 'one', job_attempt: 3 });
  });

  it('gives a workspace back that it kept and never claimed, before it starts over without it', () => {
    const job = failed({ keepWorkspace: true, retry: { attempts: 2, on: ['lost'], initial: 0 } });
    job.startAgain({ step: stepKey('two') });
    expect(job.fire('queue/2')).toContainEqual({ type: 'release_agent', job_attempt: 1, workspace: 'remove' });
    expect(keptClaim(job.state)).toBeUndefined();
  });
});

describe('one iteration that runs again', () => {
  const loop: readonly StepSketch[] = [
    { id: 'one' },
    {
      id: 'loop',
      items: ['a', 'b', 'c'],
      failFast: false,
      steps: [{ id: 'x', with: { v: '${{ each.value }}' } }],
      outputs: { v: '${{ steps.x.outputs.v }}' },
    },
    { id: 'after', if: 'always()' },
  ];

  function ended(results = [success({ v: 1 }), failure(), success({ v: 3 })], change: Partial<StepSketch> = {}) {
    const job = drive(
      loop.map((step) => (step.id === 'loop' ? { ...step, ...change } : step)),
      { keepWorkspace: true },
    );
    job.claim();
    job.end('one', success());
    for (const [index, result] of results.entries()) job.end(`loop[${index}].x`, result);
    job.end('after', success());
    return job;
  }

  it('is the only one; what the others gave stays, and what comes after runs again', () => {
    const job = ended();
    expect(job.result?.status).toBe('failure');
    job.startAgain({ step: stepKey('loop'), iteration: 1 });
    job.claim(2);
    expect(job.lastTask).toMatchObject({ step: 'loop[1].x', context: { each: { value: 'b' } } });
    job.end('loop[1].x', success({ v: 2 }), 1, 2);
    expect(job.step('loop')).toMatchObject({
      status: 'success',
      outputs: { v: [1, 2, 3] },
      iterations: { total: 3, success: 3, failure: 0 },
    });
    expect(job.step('loop')).not.toHaveProperty('reused');
    job.end('after', success(), 1, 2);
    expect(job.result?.status).toBe('success');
    expect(statuses(job)).toEqual([
      'one success reused',
      'loop success',
      'loop[0].x success',
      'loop[1].x success',
      'loop[2].x success',
      'after success',
    ]);
  });

  it('counts the outputs of all iterations once', () => {
    const job = ended([success({ v: 'x'.repeat(1000) }), success({ v: 2 }), success({ v: 3 })]);
    const before = job.result?.output_bytes;
    job.startAgain({ step: stepKey('loop'), iteration: 1 });
    job.claim(2);
    job.end('loop[1].x', success({ v: 2 }), 1, 2);
    job.end('after', success(), 1, 2);
    expect(job.result?.output_bytes).toBe(before);
  });

  it('leaves the loop failed where another iteration had failed as well', () => {
    const job = ended([failure(), failure('limit'), success()]);
    job.startAgain({ step: stepKey('loop'), iteration: 0 });
    job.claim(2);
    job.end('loop[0].x', success(), 1, 2);
    expect(job.step('loop')).toMatchObject({ outcome: 'failure', iterations: { success: 2, failure: 1 } });
  });

  it('may fail again', () => {
    const job = ended();
    job.startAgain({ step: stepKey('loop'), iteration: 2 });
    job.claim(2);
    job.end('loop[2].x', failure(), 1, 2);
    expect(job.step('loop')).toMatchObject({ outputs: { v: [1, null, null] }, iterations: { success: 1, failure: 2 } });
  });

  it('is followed by those that had never begun', () => {
    const job = ended([success({ v: 1 }), failure()], { failFast: true });
    job.startAgain({ step: stepKey('loop'), iteration: 1 });
    job.claim(2);
    job.end('loop[1].x', success({ v: 2 }), 1, 2);
    expect(job.lastTask.step).toBe('loop[2].x');
    job.end('loop[2].x', success({ v: 3 }), 1, 2);
    expect(job.step('loop')).toMatchObject({ status: 'success', outputs: { v: [1, 2, 3] } });
  });

  it('does not hide that others were cancelled', () => {
    const job = drive([{ id: 'loop', items: [1, 2], concurrency: 2, steps: [{ id: 'x' }] }], { keepWorkspace: true });
    job.claim();
    job.end('loop[0].x', failure());
    job.end('loop[1].x', cancelled());
    job.startAgain({ step: stepKey('loop'), iteration: 0 });
    job.claim(2);
    job.end('loop[0].x', success(), 1, 2);
    expect(job.step('loop')).toMatchObject({ outcome: 'cancelled', iterations: { success: 1, cancelled: 1 } });
    expect(job.result?.status).toBe('failure');
  });

  it.each([
    ['that the loop does not have', 3],
    ['that never began', 2],
  ])('is refused for one %s', (_, iteration) => {
    const job = ended([success(), failure()], { failFast: true });
    job.startAgain({ step: stepKey('loop'), iteration });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'INVALID_INPUT' } });
    expect(statuses(job)[0]).toBe('one success reused');
    job.startAgain({ step: stepKey('loop'), iteration: 1 });
    job.claim(3);
    expect(job.lastTask.step).toBe('loop[1].x');
  });

  const control: StepSketch = { id: 'loop', items: '${{ fromJSON(inputs.items) }}', failFast: false };

  it('is refused where too many failed to remember how it ended', () => {
    const nap: StepSketch = { uses: 'sleep@v1', with: { duration: 'soon' } };
    const inputs = { items: JSON.stringify(Array.from({ length: 1100 }, (_, index) => index)) };
    const job = new JobDrive(planOf({ jobs: { build: { steps: [{ ...control, steps: [nap] }] } } }), { inputs });
    for (const next of [500, 1000]) job.fire(`breath/1/loop/1/${next}`);
    expect(job.step('loop').iterations).toMatchObject({ failure: 1100 });
    job.startAgain({ step: stepKey('loop'), iteration: 1050 });
    expect(job.result?.error).toMatchObject({ code: 'INVALID_INPUT', remedy: expect.stringContaining('step loop') });
    job.startAgain({ step: stepKey('loop'), iteration: 7 });
    expect(job.step('loop')).toMatchObject({ outcome: 'failure', iterations: { failure: 1100 } });
    expect(job.step('loop').error?.message).toContain('soon');
  });

  it('is refused where the items are not as many as before', () => {
    const job = new JobDrive(planOf({ jobs: { build: { steps: [{ ...control, steps: [] }] } } }), {
      inputs: { items: '[1,2]' },
    });
    job.startAgain({ step: stepKey('loop'), iteration: 1 }, { inputs: { items: '[1]' } });
    expect(job.step('loop').error).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('2 items'),
    });
  });

  it('is refused where the step is no loop', () => {
    const job = ended();
    job.startAgain({ step: stepKey('one'), iteration: 0 });
    expect(job.result?.error?.code).toBe('INVALID_INPUT');
  });
});
