import { describe, expect, it } from 'vitest';
import { claim, failure, JobDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, type WorkflowSketch } from '../../testing/plans.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  return new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }));
}

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
    expect(job.result?.outputs).toEqual({ tag: ['v1'], where: claim.workspace, fixed: '1', none: '' });
  });

  it('of a job are texts, but for lists and objects', () => {
    const outputs = {
      done: "${{ steps.one.outcome == 'success' }}",
      large: '${{ 1e21 }}',
      skipped: '${{ steps.two.outputs.tag }}',
      all: '${{ steps.one.outputs }}',
    };
    const job = drive([{ id: 'one' }, { id: 'two', if: 'false' }], { outputs });
    job.claim();
    job.end('one', success({ list: [1] }));
    expect(job.result?.outputs).toEqual({ done: 'true', large: '1E+21', skipped: '', all: { list: [1] } });
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
    expect(job.result).toMatchObject({ status: 'failure', outputs: {}, error: { code: 'LIMIT_EXCEEDED', line: 1 } });
  });

  it('of a failed step are kept', () => {
    const job = drive([{ id: 'one' }], { outputs: { code: '${{ steps.one.outputs.code }}' } });
    job.claim();
    job.end('one', failure('failure', { code: 7 }));
    expect(job.result?.outputs).toEqual({ code: '7' });
  });

  it('of a step over 1 MiB fail it and are dropped', () => {
    const job = drive([{ id: 'one' }, { id: 'two', if: 'always()' }]);
    job.claim();
    job.end('one', success({ x: 'é'.repeat(524_288) }));
    expect(job.step('one')).toMatchObject({ outcome: 'failure', outputs: {}, error: { code: 'OUTPUT_TOO_LARGE' } });
    job.end('two', success({ x: 'é'.repeat(524_283) }));
    expect(job.step('two').outcome).toBe('success');
  });

  it('of a step that failed are dropped over 1 MiB; why it failed stays', () => {
    const job = drive([{ id: 'one' }]);
    job.claim();
    job.end('one', failure('failure', { x: 'x'.repeat(1_048_576) }));
    expect(job.step('one')).toMatchObject({ outcome: 'failure', outputs: {}, error: { code: 'STEP_FAILED' } });
  });

  it('of all steps over 16 MiB fail the step with which they are too many', () => {
    const steps = Array.from({ length: 17 }, () => ({}));
    const job = drive(steps);
    job.claim();
    for (const index of steps.keys()) job.end(String(index), success({ x: 'x'.repeat(1_048_000) }));
    expect(job.step('15').outcome).toBe('success');
    expect(job.step('16')).toMatchObject({ outcome: 'failure', error: { code: 'OUTPUT_TOO_LARGE' } });
  });

  it('count nothing where there are none, also at the limit', () => {
    // Each is 1 MiB to the byte, as JSON.
    const full = success({ x: 'x'.repeat(1_048_576 - '{"x":""}'.length) });
    const job = drive(Array.from({ length: 17 }, () => ({})));
    job.claim();
    for (let index = 0; index < 16; index += 1) job.end(String(index), full);
    job.end('16', success());
    expect(job.result).toMatchObject({ status: 'success', output_bytes: 16 * 1_048_576 });
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
