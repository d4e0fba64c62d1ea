import { describe, expect, it } from 'vitest';

import { cancelled, failure, JobDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';
import { outstandingJobCommands } from '../outstanding.ts';
import { stepChanges, stepViews } from '../views/steps.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

function claimed(steps: readonly StepSketch[], job: JobSketch = {}) {
  const started = drive(steps, job);
  started.claim();
  return started;
}

const gate: StepSketch = {
  id: 'gate',
  condition: "steps.test.outputs.ok == 'yes'",
  then: [{ id: 'deploy' }, { id: 'smoke' }],
  else: [{ id: 'report' }, {}],
  outputs: { url: '${{ steps.deploy.outputs.url || steps.report.outputs.url }}' },
};

describe('if@v1', () => {
  it('runs the then-steps one after another where its condition holds, with keys under its own', () => {
    const job = claimed([{ id: 'test' }, gate, { id: 'after' }]);
    job.end('test', success({ ok: 'yes' }));
    expect(job.ran).toEqual(['test#1', 'gate.deploy#1']);
    job.end('gate.deploy', success({ url: 'x' }));
    job.end('gate.smoke', success());
    expect(job.step('gate')).toMatchObject({ status: 'success', attempts: 1, outputs: { url: 'x' } });
    expect(job.ran).toEqual(['test#1', 'gate.deploy#1', 'gate.smoke#1', 'after#1']);
    job.end('after', success());
    expect(job.result?.status).toBe('success');
  });

  it('runs the else-steps where it does not; those without an id count on after the then-steps', () => {
    const job = claimed([{ id: 'test' }, gate]);
    job.end('test', success({ ok: 'no' }));
    job.end('gate.report', success({ url: 'y' }));
    job.end('gate.3', success());
    expect(job.ran).toEqual(['test#1', 'gate.report#1', 'gate.3#1']);
    expect(job.step('gate').outputs).toEqual({ url: 'y' });
  });

  it('starts as a success inside, where job.status still says what became of the job', () => {
    const inside = [{ id: 'x', with: { status: '${{ job.status }}' } }];
    const job = claimed([{ id: 'one' }, { id: 'gate', if: 'failure()', condition: 'true', then: inside }]);
    job.end('one', failure());
    expect(job.lastTask).toMatchObject({ step: 'gate.x', context: { job: { status: 'failure' } } });
  });

  it('fails by its own timeout, also where a step inside had failed before', () => {
    const inside = [{ id: 'x' }, { id: 'clean', if: 'always()' }];
    const job = claimed([{ id: 'gate', condition: 'true', then: inside, timeout: 1 }]);
    job.end('gate.x', failure());
    job.fire('limit/1/gate/1');
    job.end('gate.clean', cancelled());
    expect(job.step('gate')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('is a success where nothing is left to run', () => {
    const job = drive([{ condition: 'false', then: [{}] }, { condition: 'true' }]);
    expect(job.result?.status).toBe('success');
    expect(stepViews(job.plan, job.state).map(({ key, status }) => `${key} ${status}`)).toEqual([
      '0 success',
      '1 success',
    ]);
  });

  it('takes its condition as it stands, whatever became of the job so far', () => {
    const job = claimed([{ id: 'one' }, { id: 'gate', if: 'always()', condition: '1 == 1', then: [{ id: 'x' }] }]);
    job.end('one', failure());
    expect(job.ran).toEqual(['one#1', 'gate.x#1']);
  });

  it('fails with its condition', () => {
    const job = drive([{ id: 'gate', condition: "fromJSON('{')", then: [{}] }]);
    expect(job.step('gate')).toMatchObject({ status: 'failure', error: { code: 'EVALUATION_FAILED' } });
  });

  it('asks the agent for a condition that only it can evaluate', () => {
    const job = drive([{ id: 'gate', condition: "hashFiles('lock') == 'x'", then: [{ id: 'one' }], else: [{}] }]);
    job.claim();
    expect(job.last[1]).toMatchObject({ type: 'evaluate_on_agent', task: { id: 'condition/1/gate/1' } });
    expect(outstandingJobCommands(job.state).map(({ type }) => type)).toEqual(['start_timer', 'evaluate_on_agent']);
    job.tell({ type: 'evaluated', id: 'condition/1/gate/1', result: { ok: 1 } });
    expect(job.ran).toEqual(['gate.one#1']);
  });

  it('ends cancelled, after the answer, where it is cancelled while the agent evaluates its condition', () => {
    const job = claimed([{ id: 'gate', condition: "hashFiles('lock') == 'x'", then: [{ id: 'one' }] }]);
    expect(job.cancel()).toEqual([]);
    job.tell({ type: 'evaluated', id: 'condition/1/gate/1', result: { ok: true } });
    expect(job.step('gate').outcome).toBe('cancelled');
    expect(job.ran).toEqual([]);
    expect(job.result?.status).toBe('cancelled');
  });
});

describe('the contexts inside of a step', () => {
  it('have the steps before it and those before inside; what comes after sees its outputs alone', () => {
    const reads = { all: '${{ toJSON(steps) }}' };
    const job = claimed([
      { id: 'one' },
      {
        id: 'gate',
        condition: 'true',
        then: [{ id: 'a' }, { id: 'b', with: reads }],
        outputs: { x: '${{ steps.a.outcome }}' },
      },
      { id: 'last', with: reads },
    ]);
    job.end('one', success({ x: 1 }));
    job.end('gate.a', success({ x: 2 }));
    expect(Object.keys(Object(job.lastTask.context['steps']))).toEqual(['one', 'a']);
    job.end('gate.b', success());
    expect(job.lastTask.context['steps']).toEqual({
      one: { outputs: { x: 1 }, outcome: 'success', conclusion: 'success' },
      gate: { outputs: { x: 'success' }, outcome: 'success', conclusion: 'success' },
    });
  });
});

describe('a failure inside of a step', () => {
  const steps: readonly StepSketch[] = [
    { id: 'gate', condition: 'true', then: [{ id: 'a' }, { id: 'b' }, { id: 'c', if: 'failure()' }] },
  ];

  it('skips the rest of the body but for steps that ask for it, and fails the step with its error and class', () => {
    const job = claimed(steps);
    job.end('gate.a', failure('limit'));
    expect(job.step('gate.b').status).toBe('skipped');
    expect(job.step('gate.b').skip_reason?.read).toEqual([{ path: 'job.status', value: 'failure' }]);
    job.end('gate.c', success());
    expect(job.step('gate')).toMatchObject({ status: 'failure', error: { code: 'STEP_FAILED' } });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'STEP_FAILED' } });
  });

  it('is covered by continue-on-error of the step around', () => {
    const job = claimed([{ ...steps[0], goesOn: true }, { id: 'after' }]);
    job.end('gate.a', failure());
    job.end('gate.c', success());
    expect(job.step('gate')).toMatchObject({ outcome: 'failure', conclusion: 'success' });
    job.end('after', success());
    expect(job.result?.status).toBe('success');
  });

  it('does not count inside of a body that began after it', () => {
    const job = claimed([
      { id: 'one' },
      { id: 'gate', if: 'failure()', condition: 'true', then: [{ id: 'a' }, { id: 'never', if: 'failure()' }] },
    ]);
    job.end('one', failure());
    expect(job.ran).toEqual(['one#1', 'gate.a#1']);
    job.end('gate.a', success());
    expect(job.step('gate.never').status).toBe('skipped');
    expect(job.step('gate').status).toBe('success');
    expect(job.result?.status).toBe('failure');
  });

  it('may be retried by the step that failed, not by the one around', () => {
    const job = claimed([
      {
        id: 'gate',
        retry: { attempts: 2 },
        condition: 'true',
        then: [{ id: 'a', retry: { attempts: 2, initial: 1000 } }],
      },
    ]);
    job.end('gate.a', failure());
    job.fire('retry/1/gate.a/2');
    expect(job.ran).toEqual(['gate.a#1', 'gate.a#2']);
    job.end('gate.a', failure(), 2);
    expect(job.result?.status).toBe('failure');
  });

  it('of outputs that cannot be evaluated fails the step, which keeps the others', () => {
    const outputs = { good: '${{ 1 }}', bad: "${{ fromJSON('{') }}" };
    const job = drive([{ id: 'gate', condition: 'true', outputs }]);
    expect(job.step('gate')).toMatchObject({ status: 'failure', outputs: { good: 1 } });
  });
});

describe('cancelling inside of a step', () => {
  it('tells what runs to end, and lets always() steps inside run', () => {
    const job = claimed([
      { id: 'gate', condition: 'true', then: [{ id: 'a' }, { id: 'b' }, { id: 'c', if: 'always()' }] },
      { id: 'last', if: 'cancelled()' },
    ]);
    expect(job.cancel()).toMatchObject([{ type: 'cancel_step', step: 'gate.a', reason: 'cancelled' }]);
    job.end('gate.a', cancelled());
    expect(job.ran).toEqual(['gate.a#1', 'gate.c#1']);
    job.end('gate.c', success());
    expect(job.step('gate').outcome).toBe('cancelled');
    job.end('last', success());
    expect(job.result?.status).toBe('cancelled');
  });

  it('goes by each condition inside also where the step around goes on', () => {
    const job = claimed([
      { id: 'clean', if: 'always()', condition: 'true', then: [{ id: 'a' }, { id: 'b', if: 'always()' }] },
    ]);
    job.cancel();
    expect(job.last).toMatchObject([{ type: 'cancel_step', step: 'clean.a' }]);
    job.end('clean.a', success());
    expect(job.ran).toEqual(['clean.a#1', 'clean.b#1']);
    job.end('clean.b', success());
    expect(job.step('clean').outcome).toBe('success');
  });
});

describe('timeout-minutes of a step that holds steps', () => {
  const steps: readonly StepSketch[] = [
    { id: 'gate', timeout: 5, condition: 'true', then: [{ id: 'a' }, { id: 'b', if: 'always()' }] },
    { id: 'after', if: 'always()' },
  ];

  it('ends what runs inside, and nothing more of it begins', () => {
    const job = claimed([{ id: 'first' }, ...steps]);
    job.end('first', success());
    expect(job.lastTask.timeout).toEqual({ ms: 300_000, own: false });
    expect(job.fire('limit/1/gate/1')).toMatchObject([{ type: 'cancel_step', step: 'gate.a', reason: 'timeout' }]);
    job.end('gate.a', cancelled());
    expect(job.step('gate.a')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.step('gate.b').skip_reason?.read).toEqual([{ path: 'gate.timeout-minutes', value: 5 }]);
    expect(job.step('gate')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.ran).toEqual(['first#1', 'gate.a#1', 'after#1']);
  });

  it('lets no step begin whose condition the agent still evaluates', () => {
    const inside: StepSketch = { id: 'a', if: "hashFiles('x') != '' || always()" };
    const job = claimed([{ id: 'gate', timeout: 5, condition: 'true', then: [inside] }]);
    expect(job.fire('limit/1/gate/1')).toEqual([]);
    job.tell({ type: 'evaluated', id: 'if/1/gate.a/success', result: { ok: true } });
    expect(job.ran).toEqual([]);
    expect(job.step('gate')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
  });

  it('is withdrawn when the body ends in time', () => {
    const job = claimed(steps);
    job.end('gate.a', success());
    expect(job.end('gate.b', success())).toContainEqual({ type: 'cancel_timer', timer: 'limit/1/gate/1' });
  });

  it('reaches bodies within the body', () => {
    const job = claimed([
      {
        id: 'outer',
        timeout: 5,
        condition: 'true',
        then: [{ id: 'inner', condition: 'true', then: [{ id: 'a' }, {}] }],
      },
    ]);
    job.fire('limit/1/outer/1');
    expect(job.last).toMatchObject([{ type: 'cancel_step', step: 'outer.inner.a', reason: 'timeout' }]);
    job.end('outer.inner.a', success());
    expect(job.step('outer.inner')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
  });
});

describe('the end of the job while a body runs', () => {
  it('by its timeout gives always() steps inside their time of grace', () => {
    const job = claimed([{ id: 'gate', condition: 'true', then: [{ id: 'a' }, { id: 'b', if: 'always()' }, {}] }], {
      timeout: 10,
    });
    job.fire('timeout/1/1');
    expect(job.last).toContainEqual(expect.objectContaining({ type: 'cancel_step', reason: 'timeout' }));
    job.end('gate.a', cancelled());
    expect(job.ran).toEqual(['gate.a#1', 'gate.b#1']);
    job.fire('grace/1/1');
    expect(job.step('gate.b')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.step('gate')).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    expect(job.result?.status).toBe('failure');
  });

  it('by the loss of its agent fails what runs inside and each step around', () => {
    const job = claimed([
      {
        id: 'outer',
        condition: 'true',
        then: [{ id: 'inner', condition: 'true', then: [{ id: 'a' }, { if: 'always()' }] }],
      },
    ]);
    job.tell({ type: 'agent_lost', job_attempt: 1, reason: 'no heartbeat' });
    for (const key of ['outer.inner.a', 'outer.inner', 'outer']) {
      expect(job.step(key)).toMatchObject({ outcome: 'failure', error: { code: 'AGENT_LOST' } });
    }
    expect(job.step('outer.inner.1').status).toBe('skipped');
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'AGENT_LOST' } });
  });
});

describe('views of steps inside of a step', () => {
  it('come in file order, those that have begun, also once it is over', () => {
    const job = claimed([gate, { id: 'after' }]);
    job.end('gate.report', success());
    const keys = () => stepViews(job.plan, job.state).map(({ key, status }) => `${key} ${status}`);
    expect(keys()).toEqual(['gate running', 'gate.report success', 'gate.3 running', 'after pending']);
    job.end('gate.3', success());
    expect(stepChanges(job.plan, job.before, job.state).map(({ key, status }) => `${key} ${status}`)).toEqual([
      'gate.3 success',
      'gate success',
      'after running',
    ]);
    expect(keys()).toEqual(['gate success', 'gate.report success', 'gate.3 success', 'after running']);
    expect(job.step('GATE.Report')).toMatchObject({ key: 'gate.report', uses: 'work@v1', outcome: 'success' });
    expect(() => job.step('gate.deploy')).toThrow('no step');
  });
});
