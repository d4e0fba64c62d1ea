import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../schemas/index.ts';
import { cancelled, failure, JobDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';
import { outstandingJobCommands } from '../outstanding.ts';
import { stepChanges, stepViews } from '../views/steps.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}, inputs: Record<string, Json> = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }), { inputs });
}

function loop(change: Partial<StepSketch> = {}, after: readonly StepSketch[] = []) {
  const steps = [{ id: 'loop', items: ['a', 'b', 'c'], steps: [{ id: 'build' }], ...change }, ...after];
  const job = drive(steps);
  job.claim();
  return job;
}

const gathers: Partial<StepSketch> = { outputs: { url: '${{ steps.build.outputs.url }}' } };

describe('for-each@v1', () => {
  it('runs its steps for one item after another, each with its value and index', () => {
    const seen = { seen: '${{ each.value }} ${{ each.index }}' };
    const job = loop({ steps: [{ id: 'build', with: seen }, { id: 'test' }] });
    expect(job.lastTask.context).toEqual({ each: { value: 'a', index: 0 } });
    job.end('loop[0].build', success());
    job.end('loop[0].test', success());
    expect(job.lastTask.context).toEqual({ each: { value: 'b', index: 1 } });
    expect(job.ran).toEqual(['loop[0].build#1', 'loop[0].test#1', 'loop[1].build#1']);
  });

  it('gathers outputs in the order of the items, whatever comes first', () => {
    const job = loop({ ...gathers, concurrency: 3 }, [{ id: 'after', with: { all: '${{ steps.loop.outputs.url }}' } }]);
    expect(job.ran).toEqual(['loop[0].build#1', 'loop[1].build#1', 'loop[2].build#1']);
    job.end('loop[2].build', success({ url: 'z' }));
    job.end('loop[0].build', success({ url: 'x' }));
    job.end('loop[1].build', success({ url: ['y'] }));
    expect(job.step('loop')).toMatchObject({
      status: 'success',
      outputs: { url: ['x', ['y'], 'z'] },
      iterations: { total: 3, success: 3, failure: 0, cancelled: 0, skipped: 0 },
    });
    expect(job.lastTask.context).toEqual({ steps: { loop: { outputs: { url: ['x', ['y'], 'z'] } } } });
  });

  it('has null where an iteration gave nothing, and a list of each name even without items', () => {
    const job = loop({ ...gathers, failFast: false });
    job.end('loop[0].build', success({ url: 'x' }));
    job.end('loop[1].build', failure());
    job.end('loop[2].build', success({}));
    expect(job.step('loop').outputs).toEqual({ url: ['x', null, null] });
    expect(drive([{ id: 'loop', items: [], ...gathers }]).step('loop')).toMatchObject({
      status: 'success',
      outputs: { url: [] },
      iterations: { total: 0 },
    });
  });

  it('is cancelled where the job is, also when an iteration has failed before', () => {
    const job = loop({ concurrency: 2 });
    job.end('loop[0].build', failure());
    job.cancel();
    job.end('loop[1].build', cancelled());
    expect(job.step('loop')).toMatchObject({ outcome: 'cancelled', iterations: { failure: 1, cancelled: 1 } });
  });

  it('begins as many iterations at once as it says, and the next when one ends', () => {
    const job = loop({ items: [1, 2, 3, 4], concurrency: '${{ 2 }}' });
    expect(job.ran).toEqual(['loop[0].build#1', 'loop[1].build#1']);
    job.end('loop[1].build', success());
    expect(job.ran.at(-1)).toBe('loop[2].build#1');
    expect(outstandingJobCommands(job.state).map(({ type }) => type)).toEqual(['start_timer', 'run_step', 'run_step']);
    expect(job.step('loop').iterations).toEqual({ total: 4, success: 1, failure: 0, cancelled: 0, skipped: 0 });
  });

  it('sees the items of an expression, and the innermost each', () => {
    const inner: StepSketch = {
      id: 'inner',
      items: '${{ each.value }}',
      steps: [{ id: 'x', with: { v: '${{ each.value }}' } }],
      outputs: { v: '${{ steps.x.outputs.v }}' },
    };
    const outer: StepSketch = {
      id: 'outer',
      items: '${{ fromJSON(inputs.rows) }}',
      steps: [inner, { id: 'sum', with: { v: '${{ each.index }} ${{ steps.inner.outputs.v }}' } }],
      outputs: { v: '${{ steps.inner.outputs.v }}' },
    };
    const job = drive([outer], {}, { rows: '[[1,2],[3]]' });
    job.claim();
    job.end('outer[0].inner[0].x', success({ v: 'p' }));
    expect(job.lastTask).toMatchObject({ step: 'outer[0].inner[1].x', context: { each: { value: 2 } } });
    job.end('outer[0].inner[1].x', success({ v: 'q' }));
    expect(job.lastTask.context).toEqual({
      each: { index: 0 },
      steps: { inner: { outputs: { v: ['p', 'q'] } } },
    });
    job.end('outer[0].sum', success());
    job.end('outer[1].inner[0].x', success({ v: 'r' }));
    job.end('outer[1].sum', success());
    expect(job.step('outer').outputs).toEqual({ v: [['p', 'q'], ['r']] });
  });

  it.each<[string, Partial<StepSketch>, string]>([
    ['items that are no list', { items: '${{ inputs.list }}' }, 'INVALID_INPUT'],
    ['items that fail', { items: "${{ fromJSON('{') }}" }, 'EVALUATION_FAILED'],
    ['no iteration at once', { concurrency: '${{ 0 }}' }, 'EVALUATION_FAILED'],
    ['more at once than it can', { concurrency: '${{ 101 }}' }, 'EVALUATION_FAILED'],
    ['fail-fast that is no flag', { failFast: "${{ 'yes' }}" }, 'EVALUATION_FAILED'],
  ])('refuses %s, with the place', (_, change, code) => {
    const job = drive([{ id: 'loop', items: [1], steps: [{ id: 'x' }], ...change }], {}, { list: 'no' });
    expect(job.step('loop')).toMatchObject({ status: 'failure', error: { code, line: 1 } });
    expect(job.result?.status).toBe('failure');
  });
});

describe('a failed iteration', () => {
  it('by default cancels those in flight, and no further one begins', () => {
    const job = loop({ items: [1, 2, 3, 4], concurrency: 2 }, [{ id: 'after', if: 'failure()' }]);
    expect(job.end('loop[1].build', failure('limit'))).toMatchObject([
      { type: 'cancel_step', step: 'loop[0].build', reason: 'cancelled' },
    ]);
    job.end('loop[0].build', cancelled());
    expect(job.step('loop')).toMatchObject({
      outcome: 'failure',
      error: { code: 'STEP_FAILED' },
      iterations: { total: 4, success: 0, failure: 1, cancelled: 1, skipped: 2 },
    });
    expect(job.ran.at(-1)).toBe('after#1');
  });

  it('lets always() steps of a cancelled iteration run', () => {
    const job = loop({ concurrency: 2, steps: [{ id: 'build' }, { id: 'clean', if: 'always()' }, { id: 'not' }] });
    job.end('loop[0].build', failure());
    expect(job.ran.at(-1)).toBe('loop[0].clean#1');
    job.end('loop[0].clean', success());
    expect(job.last).toMatchObject([{ type: 'cancel_step', step: 'loop[1].build' }]);
    job.end('loop[1].build', success());
    expect(job.ran.at(-1)).toBe('loop[1].clean#1');
    job.end('loop[1].clean', success());
    expect(job.step('loop').iterations).toMatchObject({ failure: 1, cancelled: 1, skipped: 1 });
    expect(job.step('loop[1].not').skip_reason?.read).toEqual([{ path: 'job.status', value: 'cancelled' }]);
  });

  it('lets the others run without fail-fast, and fails the loop with what failed first', () => {
    const job = loop({ failFast: false });
    const first = failure();
    job.end('loop[0].build', first);
    job.end('loop[1].build', failure('limit'));
    job.end('loop[2].build', success());
    expect(job.step('loop')).toMatchObject({ outcome: 'failure', iterations: { success: 1, failure: 2 } });
    expect(job.result?.status).toBe('failure');
  });

  it('is none where continue-on-error of its step covers it', () => {
    const job = loop({ steps: [{ id: 'build', goesOn: true }] });
    for (const index of [0, 1, 2]) job.end(`loop[${index}].build`, failure());
    expect(job.step('loop')).toMatchObject({ status: 'success', iterations: { success: 3 } });
  });
});

describe('cancelling a loop', () => {
  it('ends what is in flight, and no further iteration begins', () => {
    const job = loop({ items: [1, 2, 3], concurrency: 2 });
    expect(job.cancel()).toMatchObject([
      { type: 'cancel_step', step: 'loop[0].build' },
      { type: 'cancel_step', step: 'loop[1].build' },
    ]);
    job.end('loop[0].build', cancelled());
    job.end('loop[1].build', success());
    expect(job.step('loop')).toMatchObject({ outcome: 'cancelled', iterations: { cancelled: 2, skipped: 1 } });
    expect(job.result?.status).toBe('cancelled');
  });

  it('by its own timeout ends it as a timeout', () => {
    const job = loop({ items: [1, 2, 3], concurrency: 2, timeout: 1 });
    job.fire('limit/1/loop/1');
    job.end('loop[0].build', success());
    job.end('loop[1].build', cancelled());
    expect(job.step('loop')).toMatchObject({
      outcome: 'failure',
      error: { code: 'TIMEOUT' },
      iterations: { success: 0, failure: 2, skipped: 1 },
    });
  });

  it('by the loss of the agent fails each iteration in flight', () => {
    const job = loop({ items: [1, 2, 3], concurrency: 2 });
    job.tell({ type: 'agent_lost', job_attempt: 1, reason: 'no heartbeat' });
    expect(job.step('loop')).toMatchObject({
      error: { code: 'AGENT_LOST' },
      iterations: { failure: 2, cancelled: 0, skipped: 1 },
    });
    expect(job.result?.status).toBe('failure');
    expect(outstandingJobCommands(job.state).map(({ type }) => type)).toEqual(['finish_job']);
  });
});

describe('what comes after a loop within a loop', () => {
  const inner: StepSketch = { id: 'inner', items: [1, 2], concurrency: 2, steps: [{ id: 'x' }] };
  const outer: StepSketch = { id: 'outer', items: [1, 2], concurrency: 2, steps: [inner] };

  it('is reached in the event that ends both', () => {
    const job = drive([outer, { id: 'clean', if: 'always()', condition: 'true', then: [{ id: 'y', if: 'always()' }] }]);
    job.cancel();
    job.claim();
    expect(job.ran).toEqual(['clean.y#1']);
  });

  it('may be another loop', () => {
    const job = drive([
      { ...outer, goesOn: true, timeout: 1 },
      { ...inner, id: 'next' },
    ]);
    job.fire('limit/1/outer/1');
    job.claim();
    expect(job.ran).toEqual(['next[0].x#1', 'next[1].x#1']);
  });
});

describe('what is left of iterations', () => {
  it('are their ends in what an event changed, and then views of the first steps and of those that failed', () => {
    const job = loop({ items: Array.from({ length: 300 }, (_, index) => index), failFast: false });
    for (let index = 0; index < 300; index += 1) {
      job.end(`loop[${index}].build`, index % 2 === 0 ? success({ x: index }) : failure());
      const ended = stepChanges(job.plan, job.before, job.state).filter(({ ended_at }) => ended_at !== undefined);
      expect(ended[0]).toMatchObject({ key: `loop[${index}].build`, outcome: index % 2 === 0 ? 'success' : 'failure' });
    }
    const views = stepViews(job.plan, job.state).slice(1);
    expect(views).toHaveLength(200);
    expect(views.slice(0, 3)).toMatchObject([
      { key: 'loop[0].build', status: 'success', outputs: { x: 0 }, uses: 'work@v1' },
      { key: 'loop[1].build', status: 'failure' },
      { key: 'loop[2].build', status: 'success' },
    ]);
    expect(views.slice(100).every(({ status }) => status === 'failure')).toBe(true);
    expect(views[199]?.key).toBe('loop[299].build');
    expect(job.step('loop[101].build').status).toBe('failure');
    expect(() => job.step('loop[100].build')).toThrow('no step');
  });

  it('are not large outputs of those steps', () => {
    const job = loop({ items: [1], steps: [{ id: 'build' }] });
    job.end('loop[0].build', success({ x: 'x'.repeat(5000) }));
    expect(job.step('loop[0].build').outputs).toEqual({});
    expect(job.result?.output_bytes).toBeLessThan(100);
  });

  it('follow one another in iterations with several steps', () => {
    const job = loop({ items: [1, 2], concurrency: 2, steps: [{ id: 'a' }, { id: 'b' }] });
    job.end('loop[1].a', success());
    job.end('loop[1].b', success());
    job.end('loop[0].a', success());
    job.end('loop[0].b', success());
    expect(stepViews(job.plan, job.state).map(({ key }) => key)).toEqual([
      'loop',
      'loop[0].a',
      'loop[0].b',
      'loop[1].a',
      'loop[1].b',
    ]);
  });
});

it('counts an iteration whose steps only waited for the agent as failed where the time of the loop is up', () => {
  const job = drive([{ id: 'loop', items: [1], timeout: 1, steps: [{ id: 'x' }] }]);
  job.fire('limit/1/loop/1');
  expect(job.step('loop')).toMatchObject({ outcome: 'failure', iterations: { success: 0, failure: 1 } });
});
