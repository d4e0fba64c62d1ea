import { describe, expect, it } from 'vitest';
import type { JsonObject, StepTask } from '../../../schemas/index.ts';
import { claim, failure, JobDrive, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, type WorkflowSketch } from '../testing/plans.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  return new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }));
}

function lastTask(job: JobDrive): StepTask {
  const found = job.commands.findLast((command) => command.type === 'run_step');
  if (found?.type !== 'run_step') throw new Error('no step was run');
  return found.task;
}

describe('the agent of a job', () => {
  it('is asked for at the first plugin step, and released at the end', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }]);
    expect(job.commands).toEqual([{ type: 'claim_agent', queue: 'local', job_attempt: 1 }]);
    job.claim();
    expect(job.ran).toEqual(['one#1']);
    job.end('one', success());
    expect(job.end('two', success())).toMatchObject([
      { type: 'cancel_timer', timer: 'timeout/1/held' },
      { type: 'release_agent', job_attempt: 1 },
      { type: 'finish_job', result: { status: 'success', attempts: 1, outputs: {} } },
    ]);
  });

  it('is not asked for by a job of control nodes, nor by plugin steps that are skipped', () => {
    const job = drive([{ uses: 'sleep@v1', with: { duration: '1s' } }, { if: 'false' }]);
    job.fire('sleep/1/0/1');
    expect(job.commands.map(({ type }) => type)).toEqual(['start_timer', 'start_timer', 'cancel_timer', 'finish_job']);
    expect(job.result?.status).toBe('success');
  });

  it('is asked for where a condition reads the runner', () => {
    const job = drive([
      { id: 'mac', if: "runner.os == 'macOS'" },
      { id: 'linux', if: "runner.os == 'Linux'" },
    ]);
    expect(job.commands).toMatchObject([{ type: 'claim_agent' }]);
    job.claim();
    expect(job.ran).toEqual(['linux#1']);
    expect(job.step('mac').skip_reason?.read).toEqual([{ path: 'runner.os', value: 'Linux' }]);
  });

  it('fails the attempt and the running step when it is lost; nothing more runs', () => {
    const job = drive([
      { id: 'one', goesOn: true },
      { id: 'clean', if: 'always()' },
    ]);
    job.claim();
    job.tell({ type: 'agent_lost', job_attempt: 1, reason: 'no heartbeat' });
    expect(job.step('one')).toMatchObject({ outcome: 'failure', error: { code: 'AGENT_LOST' } });
    expect(job.step('clean')).toMatchObject({
      status: 'skipped',
      skip_reason: { condition: 'always()', read: [{ path: 'runner', value: null }] },
    });
    expect(job.result).toMatchObject({ status: 'failure', error: { code: 'AGENT_LOST' } });
    expect(job.commands.map(({ type }) => type)).not.toContain('release_agent');
  });

  it('fails the job with the reason for which a claim is refused', () => {
    const job = drive([{ id: 'one' }], { retry: {} });
    const error = { code: 'PLUGIN_MISSING', message: 'work@v1 is missing', remedy: 'install it' } as const;
    job.tell({ type: 'claim_refused', job_attempt: 1, error });
    expect(job.result).toMatchObject({ status: 'failure', attempts: 1, error });
  });
});

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
  expect(job.commands).toMatchObject([{ type: 'claim_agent' }]);
  job.claim();
  job.end('one', success({ x: 'y' }));
  expect(job.ran).toEqual(['one#1', 'two#1']);
});

describe('conditions that only the agent can evaluate', () => {
  const steps = [{ id: 'one', if: "hashFiles('lock') != steps.zero.outputs.hash" }];

  it('go to the agent with their contexts, and keep what it read', () => {
    const job = drive(steps);
    expect(job.commands.map(({ type }) => type)).toEqual(['claim_agent']);
    job.claim();
    expect(job.last[0]).toMatchObject({
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
    expect(job.last[0]).toMatchObject({ task: { context: { env: { KEY: '***', MODE: 'x y' } } } });
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

describe('the task of a step', () => {
  it('holds the templates and the slice of context that they read, and no secret', () => {
    const inputs: JsonObject = {
      tag: '${{ steps.one.outputs.tag }}',
      token: '${{ secrets.TOKEN }}',
      home: '${{ env.HOME_PAGE }}',
    };
    const job = new JobDrive(
      planOf({
        env: { HOME_PAGE: 'x', KEY: '${{ secrets.TOKEN }}' },
        jobs: {
          build: {
            env: { JOINED: 'a-${{ env.KEY }}' },
            steps: [{ id: 'one' }, { id: 'two', with: { ...inputs, all: '${{ toJSON(env) }}' } }],
          },
        },
      }),
      { secrets: ['TOKEN'] },
    );
    job.claim();
    job.end('one', success({ tag: 'v1', other: 'unused' }));
    const task = lastTask(job);
    expect(task.context).toEqual({ steps: { one: { outputs: { tag: 'v1' } } }, env: { HOME_PAGE: 'x' } });
    expect(task.env).toHaveLength(3);
    expect(task.with).toMatchObject({ kind: 'object' });
    expect(JSON.stringify(task.context)).not.toContain('***');
  });

  it('lets a condition ask whether an env key that reads a secret is set', () => {
    const steps = [
      { id: 'one', if: "env.KEY != ''" },
      { id: 'two', if: "env.NONE != ''" },
    ];
    const env = { KEY: '${{ secrets.TOKEN }}', NONE: '${{ secrets.ABSENT }}' };
    const job = new JobDrive(planOf({ jobs: { build: { env, steps } } }), { secrets: ['TOKEN'] });
    job.claim();
    job.end('one', success());
    expect(job.ran).toEqual(['one#1']);
    expect(job.step('two').status).toBe('skipped');
  });

  it('carries the permissions of workflow, job and step, evaluated', () => {
    const entry = (url: string) => ({ net: [{ url }] });
    const steps = [{ id: 'one', permissions: entry('https://${{ job.status }}') }];
    const job = drive(steps, { permissions: entry('https://job') }, { permissions: entry('https://${{ tenant.id }}') });
    job.claim();
    expect(lastTask(job).permissions).toMatchObject([
      { layer: 'workflow', permissions: entry('https://default') },
      { layer: 'job', permissions: entry('https://job') },
      { layer: 'step', permissions: entry('https://success') },
    ]);
  });

  it('is refused where it refers to more than 1 MiB of context', () => {
    const big = { x: 'x'.repeat(700_000) };
    const both = "${{ format('{0}{1}', steps.one.outputs.x, steps.two.outputs.x) }}";
    const job = drive([{ id: 'one' }, { id: 'two' }, { id: 'three', with: { both } }]);
    job.claim();
    job.end('one', success(big));
    job.end('two', success(big));
    expect(job.step('three')).toMatchObject({ status: 'failure', error: { code: 'LIMIT_EXCEEDED' } });
  });

  it('gets the own timeout of the step within the rest of the job, or that rest alone', () => {
    const job = drive([{ id: 'one', timeout: 1 }, { id: 'two' }, { id: 'three', timeout: 100 }], { timeout: 10 });
    job.claim();
    expect(lastTask(job).timeout).toEqual({ ms: 60_000, own: true });
    job.end('one', success());
    expect(lastTask(job).timeout).toEqual({ ms: 599_000, own: false });
    job.end('two', success());
    expect(lastTask(job).timeout).toEqual({ ms: 598_000, own: true });
  });
});

describe('events that answer nothing', () => {
  it('change nothing: twice, of another attempt, of a step that does not run, or after the end', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }]);
    job.claim();
    job.end('one', success());
    const before = job.state;
    job.claim();
    job.claim(2);
    job.end('one', failure());
    job.end('two', success(), 2);
    job.end('two', success(), 1, 2);
    job.tell({ type: 'agent_lost', job_attempt: 2, reason: 'old' });
    job.tell({ type: 'evaluated', id: 'if/1/two/success', result: { ok: true } });
    job.tell({ type: 'timer_fired', timer: 'timeout/1/none' });
    expect(job.state).toBe(before);
    job.end('two', success());
    const ended = job.state;
    job.end('two', failure());
    job.cancel();
    expect(job.state).toBe(ended);
  });

  it('counts a step as started when the agent says so, once', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    const [, started] = [
      job.tell({ type: 'step_started', step: lastTask(job).step, attempt: 1, job_attempt: 1 }),
      job.at,
    ];
    job.tell({ type: 'step_started', step: lastTask(job).step, attempt: 1, job_attempt: 1 });
    expect(job.step('one')).toMatchObject({ status: 'running', started_at: started });
  });
});

describe('outputs', () => {
  it('of a job are evaluated when its steps are over', () => {
    const outputs = {
      tag: '${{ steps.one.outputs.tag }}',
      where: '${{ job.workspace }}',
      fixed: 1,
      none: '${{ steps.one.outputs.no }}',
    };
    const job = drive([{ id: 'one' }], { outputs });
    job.claim();
    job.end('one', success({ tag: ['v1'] }));
    expect(job.result?.outputs).toEqual({ tag: ['v1'], where: claim.workspace, fixed: 1, none: null });
  });

  it('of a job that cannot be evaluated fail it; the others are kept', () => {
    const job = drive([{ id: 'one' }], { outputs: { good: '${{ steps.one.outcome }}', bad: "${{ fromJSON('{') }}" } });
    job.claim();
    job.end('one', success());
    expect(job.result).toMatchObject({
      status: 'failure',
      outputs: { good: 'success' },
      error: { code: 'EVALUATION_FAILED' },
    });
  });

  it('of a job hold the texts of numbers that JSON lacks', () => {
    const job = drive([{ id: 'one' }], { outputs: { nan: '${{ NaN }}', infinite: '${{ Infinity }}' } });
    job.claim();
    job.end('one', success());
    expect(job.result?.outputs).toEqual({ nan: 'NaN', infinite: 'Infinity' });
  });

  it('of a job that nest too deeply fail it', () => {
    const deep = '${{ fromJSON(steps.one.outputs.text) }}';
    const text = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const job = drive([{ id: 'one' }], { outputs: { deep } });
    job.claim();
    job.end('one', success({ text }));
    expect(job.result).toMatchObject({ status: 'failure', outputs: {}, error: { code: 'EVALUATION_FAILED', line: 1 } });
  });

  it('of a failed step are kept', () => {
    const job = drive([{ id: 'one' }], { outputs: { code: '${{ steps.one.outputs.code }}' } });
    job.claim();
    job.end('one', failure('failure', { code: 7 }));
    expect(job.result?.outputs).toEqual({ code: 7 });
  });

  it('of a step over 1 MiB fail it and are dropped', () => {
    const job = drive([{ id: 'one' }, { id: 'two', if: 'always()' }]);
    job.claim();
    job.end('one', success({ x: 'é'.repeat(524_288) }));
    expect(job.step('one')).toMatchObject({ outcome: 'failure', outputs: {}, error: { code: 'OUTPUT_TOO_LARGE' } });
    job.end('two', success({ x: 'é'.repeat(524_283) }));
    expect(job.step('two').outcome).toBe('success');
  });

  it('of all steps over 16 MiB fail the step with which they are too many', () => {
    const steps = Array.from({ length: 17 }, () => ({}));
    const job = drive(steps);
    job.claim();
    for (const index of steps.keys()) job.end(String(index), success({ x: 'x'.repeat(1_048_000) }));
    expect(job.step('15').outcome).toBe('success');
    expect(job.step('16')).toMatchObject({ outcome: 'failure', error: { code: 'OUTPUT_TOO_LARGE' } });
  });

  it('of a job over 1 MiB fail it', () => {
    const text = 'x'.repeat(600_000);
    const job = drive([{ id: 'one' }], {
      outputs: { a: '${{ steps.one.outputs.x }}', b: '${{ steps.one.outputs.x }}' },
    });
    job.claim();
    job.end('one', success({ x: text }));
    expect(job.result).toMatchObject({ status: 'failure', outputs: {}, error: { code: 'OUTPUT_TOO_LARGE' } });
  });
});

it('fails a job at once whose env cannot be evaluated', () => {
  const job = drive([{ id: 'one' }], { env: { A: "${{ fromJSON('{') }}" } });
  expect(job.commands).toMatchObject([
    { type: 'finish_job', result: { status: 'failure', attempts: 1, error: { code: 'EVALUATION_FAILED' } } },
  ]);
});
