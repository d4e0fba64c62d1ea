import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../schemas/index.ts';
import type { JobStart } from '../../run/protocol.ts';
import { claim, facts, JobDrive, jobKey, RunDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, templateOf, type WorkflowSketch } from '../../testing/plans.ts';
import { jobTransition, startJob } from '../machine.ts';
import { stepViews } from '../views/steps.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  return new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }));
}

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
    const task = job.lastTask;
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

  it('carries the permissions of workflow, job and step, what expressions gave apart from what is written around it', () => {
    const entry = (url: string) => ({ net: [{ url }] });
    const steps = [{ id: 'one', permissions: entry('https://${{ job.status }}/*') }];
    const job = drive(steps, { permissions: entry('https://job') }, { permissions: entry('${{ tenant.id }}') });
    job.claim();
    const url = (value: object) => ({ net: [{ kind: 'object', entries: [['url', value]] }] });
    const piece = (source: string, value: string) => ({ source, value, at: { file: 'workflow.yml', line: 1 } });
    expect(job.lastTask.permissions).toMatchObject([
      { layer: 'workflow', entries: url({ kind: 'expression', expression: piece('tenant.id', 'default') }) },
      { layer: 'job', entries: { net: [{ kind: 'literal', value: { url: 'https://job' } }] } },
      { layer: 'step', entries: url({ kind: 'text', parts: ['https://', piece('job.status', 'success'), '/*'] }) },
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
    expect(job.lastTask.timeout).toEqual({ ms: 60_000, own: true });
    job.end('one', success());
    expect(job.lastTask.timeout).toEqual({ ms: 599_000, own: false });
    job.end('two', success());
    expect(job.lastTask.timeout).toEqual({ ms: 598_000, own: true });
  });
});

describe('the task of a step in a called workflow', () => {
  it('is of that workflow, with the permissions of its callers first and its names of the secrets', () => {
    const called = {
      env: { A: 'called' },
      permissions: { fs: [{ read: '**' }] },
      jobs: { inner: { steps: [{ id: 'one' }] } },
    };
    const plan = planOf({
      env: { A: 'caller' },
      jobs: { outer: { calls: 'ci/called.yml' } },
      workflows: { 'ci/called.yml': called },
    });
    const at = { file: 'workflow.yml', line: 1, column: 1 };
    const net = [{ kind: 'literal', value: { url: 'https://caller' } }] as const;
    const callers = [{ version: 2, layer: 'job', entries: { net }, at }] as const;
    const start: JobStart = {
      ...new RunDrive(planOf({ jobs: { inner: {} } })).startOf('inner'),
      key: jobKey('outer / inner'),
      workflow: 'ci/called.yml',
      facts: { ...facts, secrets: ['KEY'], secret_names: { KEY: 'DEPLOY_KEY' }, permissions: callers },
    };
    const started = jobTransition(plan, startJob(plan, start), { type: 'job_started', at: 1, start });
    const { state, commands } = jobTransition(plan, started.state, {
      type: 'agent_claimed',
      at: 2,
      job_attempt: 1,
      claim,
    });
    expect(commands.find(({ type }) => type === 'run_step')).toMatchObject({
      task: {
        workflow: 'ci/called.yml',
        job: 'outer / inner',
        env: [templateOf({ A: 'called' }), templateOf({}), templateOf({})],
        permissions: [callers[0], { layer: 'workflow', entries: { fs: [{ kind: 'literal', value: { read: '**' } }] } }],
        secrets: { KEY: 'DEPLOY_KEY' },
      },
    });
    expect(stepViews(plan, state)).toMatchObject([{ key: 'one', status: 'running' }]);
  });

  it('has all secrets under their own names where no names are given', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    expect(job.lastTask).not.toHaveProperty('secrets');
  });
});
