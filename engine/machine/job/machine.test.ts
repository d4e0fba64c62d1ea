import { describe, expect, it } from 'vitest';
import { failure, JobDrive, success } from '../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, type WorkflowSketch } from '../testing/plans.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  return new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }));
}

describe('the agent of a job', () => {
  it('is asked for at the first plugin step, and released at the end', () => {
    const job = drive([{ id: 'one' }, { id: 'two' }]);
    expect(job.commands).toEqual([
      { type: 'claim_agent', queue: 'local', job_attempt: 1 },
      { type: 'start_timer', timer: 'queue/1', due: 86_401_000 },
    ]);
    job.claim();
    expect(job.ran).toEqual(['one#1']);
    job.end('one', success());
    expect(job.end('two', success())).toMatchObject([
      { type: 'cancel_timer', timer: 'timeout/1/1' },
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
    expect(job.commands).toMatchObject([{ type: 'claim_agent' }, { timer: 'queue/1' }]);
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
    job.tell({ type: 'timer_fired', timer: 'timeout/1/2' });
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
      job.tell({ type: 'step_started', step: job.lastTask.step, attempt: 1, job_attempt: 1 }),
      job.at,
    ];
    job.tell({ type: 'step_started', step: job.lastTask.step, attempt: 1, job_attempt: 1 });
    expect(job.step('one')).toMatchObject({ status: 'running', started_at: started });
  });
});

it('fails a job at once whose env cannot be evaluated', () => {
  const job = drive([{ id: 'one' }], { env: { A: "${{ fromJSON('{') }}" } });
  expect(job.commands).toMatchObject([
    { type: 'finish_job', result: { status: 'failure', attempts: 1, error: { code: 'EVALUATION_FAILED' } } },
  ]);
});
