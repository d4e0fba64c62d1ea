import { describe, expect, it } from 'vitest';
import { failure, JobDrive, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, type WorkflowSketch } from '../testing/plans.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  return new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }));
}

describe('conditions of steps', () => {
  it('skips the steps after a failure, but for those that ask for it', () => {
    const job = drive([
      { id: 'one' },
      { id: 'two' },
      { id: 'three', if: "steps.one.outcome == 'failure'" },
      { id: 'four', if: 'failure()' },
      { id: 'five', if: 'always()' },
    ]);
    job.claim();
    job.end('one', failure());
    job.end('four', success());
    job.end('five', success());
    expect(job.ran).toEqual(['one#1', 'four#1', 'five#1']);
    expect(job.step('two').skip_reason).toEqual({
      condition: 'success()',
      read: [{ path: 'job.status', value: 'failure' }],
      result: false,
    });
    expect(job.step('three').skip_reason?.condition).toBe("success() && (steps.one.outcome == 'failure')");
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'STEP_FAILED' } });
  });

  it('goes on after a failure that continue-on-error covers', () => {
    const job = drive([
      { id: 'one', goesOn: "${{ inputs.absent == '' }}" },
      { id: 'two', if: "steps.one.outcome == 'failure' && steps.one.conclusion == 'success'" },
    ]);
    job.claim();
    job.end('one', failure());
    expect(job.step('one')).toMatchObject({ outcome: 'failure', conclusion: 'success', status: 'success' });
    expect(job.ran).toEqual(['one#1', 'two#1']);
    job.end('two', success());
    expect(job.result?.status).toBe('success');
  });

  it('fails a step whose condition or own fields cannot be evaluated', () => {
    for (const step of [
      { if: "fromJSON('{')" },
      { timeout: "${{ fromJSON('{') }}" },
      { timeout: "${{ 'soon' }}" },
      { goesOn: "${{ 'yes' }}" },
      { retry: { attempts: "${{ fromJSON('0') }}" } },
      { name: "${{ fromJSON('{') }}" },
      { permissions: { net: "${{ 'all' }}" } },
      { permissions: { net: "${{ fromJSON('[]') }}" } },
      { permissions: { net: ['${{ fromJSON(\'{"url":"*"}\') }}'] } },
    ]) {
      const job = drive([{ id: 'one', ...step }, { id: 'two' }]);
      if (job.result === undefined) job.claim();
      expect(job.ran).toEqual([]);
      expect(job.step('one')).toMatchObject({
        status: 'failure',
        attempts: 0,
        error: { code: 'EVALUATION_FAILED', line: 1 },
      });
      expect(job.result?.status).toBe('failure');
    }
  });

  it('sees in `steps` only steps that are over and have an id, whatever the case of the name', () => {
    const all = '${{ toJSON(steps) }}';
    const job = drive([
      {},
      { id: 'One' },
      { id: 'two', if: "steps.ONE.outputs.x == 'y'", name: all },
      { id: 'three', if: 'steps.three' },
    ]);
    job.claim();
    job.end('0', success({ hidden: true }));
    job.end('One', success({ x: 'Y' }));
    expect(JSON.parse(job.step('two').name)).toEqual({
      One: { outputs: { x: 'Y' }, outcome: 'success', conclusion: 'success' },
    });
    job.end('two', success());
    expect(job.step('three').status).toBe('skipped');
  });

  it('sees the status of the job, and the env of workflow, job and step, each over the one outside', () => {
    const steps = [
      {
        id: 'one',
        env: { C: 'step ${{ env.B }}' },
        name: '${{ env.A }} ${{ env.B }} ${{ env.C }} ${{ job.status }} ${{ job.workspace }}',
      },
    ];
    const job = drive(steps, { env: { B: 'job ${{ env.A }}' } }, { env: { A: 'workflow', B: 'hidden', C: 'hidden' } });
    job.claim();
    expect(job.step('one').name).toBe('workflow job workflow step job workflow success /work');
  });
});

it('reads through the env of a step whatever that reads', () => {
  const env = { RESULT: '${{ steps.one.outputs.x }}', SYSTEM: '${{ runner.os }}' };
  const job = drive([
    { id: 'zero', env, if: "env.SYSTEM != 'Linux'" },
    { id: 'one' },
    { id: 'two', env, if: "env.result == 'y'" },
  ]);
  expect(job.commands).toMatchObject([{ type: 'claim_agent' }, { timer: 'queue/1' }]);
  job.claim();
  job.end('one', success({ x: 'y' }));
  expect(job.ran).toEqual(['one#1', 'two#1']);
});

it('asks for the agent before a control node whose inputs read what only a claim gives', () => {
  const nap = { id: 'nap', uses: 'sleep@v1', with: { duration: "${{ runner.os == 'Linux' && 5 || 1 }}" } };
  const job = drive([nap, { id: 'one' }]);
  expect(job.commands).toMatchObject([{ type: 'claim_agent' }, { timer: 'queue/1' }]);
  expect(job.claim()).toContainEqual({ type: 'start_timer', timer: 'sleep/1/nap/1', due: job.at + 5000 });
});

describe('conditions that only the agent can evaluate', () => {
  const steps = [{ id: 'one', if: "hashFiles('lock') != steps.zero.outputs.hash" }];

  it('go to the agent with their contexts, and keep what it read', () => {
    const job = drive(steps);
    expect(job.commands.map(({ type }) => type)).toEqual(['claim_agent', 'start_timer']);
    job.claim();
    expect(job.last[1]).toMatchObject({
      type: 'evaluate_on_agent',
      task: { id: 'if/1/one/success', job: 'build', status: { success: true } },
    });
    const read = [{ path: "hashFiles('lock')", value: 'x' }];
    job.tell({ type: 'evaluated', id: 'if/1/one/success', result: { ok: false, read } });
    expect(job.step('one')).toMatchObject({ status: 'skipped', skip_reason: { read, result: false } });
  });

  it('see the env of their step too, and of a secret in it whether it is set', () => {
    const env = { KEY: '${{ secrets.TOKEN }}', MODE: 'x ${{ inputs.mode }}' };
    const step = { id: 'one', env, if: "hashFiles('lock') == env.MODE && env.KEY != ''" };
    const job = new JobDrive(planOf({ jobs: { build: { steps: [step] } } }), {
      inputs: { mode: 'y' },
      secrets: ['TOKEN'],
    });
    job.claim();
    expect(job.last[1]).toMatchObject({ task: { context: { env: { KEY: '***', MODE: 'x y' } } } });
  });

  it('are truthy as everywhere, and fail their step with the error of the agent', () => {
    const fine = drive(steps);
    fine.claim();
    fine.tell({ type: 'evaluated', id: 'if/1/one/success', result: { ok: 'yes' } });
    expect(fine.ran).toEqual(['one#1']);
    const bad = drive(steps);
    bad.claim();
    const error = { code: 'EVALUATION_FAILED', message: 'no such file', remedy: 'make it' } as const;
    bad.tell({ type: 'evaluated', id: 'if/1/one/success', result: { error } });
    expect(bad.step('one').error).toEqual(error);
  });

  it('are not asked where the status of the job alone decides', () => {
    const job = drive([{ id: 'zero' }, ...steps]);
    job.claim();
    job.end('zero', failure());
    expect(job.commands.map(({ type }) => type)).not.toContain('evaluate_on_agent');
    expect(job.result?.status).toBe('failure');
  });

  it('are asked again if the job was cancelled meanwhile', () => {
    const job = drive([{ id: 'one', if: "cancelled() || hashFiles('x') == ''" }]);
    job.claim();
    job.cancel();
    expect(job.tell({ type: 'evaluated', id: 'if/1/one/success', result: { ok: false } })).toMatchObject([
      { type: 'evaluate_on_agent', task: { id: 'if/1/one/cancelled', status: { cancelled: true } } },
    ]);
    job.tell({ type: 'evaluated', id: 'if/1/one/cancelled', result: { ok: true } });
    expect(job.ran).toEqual(['one#1']);
  });
});
