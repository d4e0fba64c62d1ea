import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../schemas/index.ts';
import { failure, JobDrive, success } from '../../testing/drive.ts';
import { planOf, type StepSketch } from '../../testing/plans.ts';
import { outstandingJobCommands } from '../outstanding.ts';

function loop(change: Partial<StepSketch>, inputs: Record<string, Json> = {}) {
  const sketch = { id: 'loop', items: '${{ fromJSON(inputs.items) }}', steps: [{ id: 'build' }], ...change };
  return new JobDrive(planOf({ jobs: { build: { steps: [sketch] } } }), { inputs });
}

function listOf(length: number): string {
  return `[${Array.from({ length }, (_, index) => index).join(',')}]`;
}

describe('the items of a loop', () => {
  it('are at most 100,000', () => {
    expect(loop({}, { items: listOf(100_001) }).step('loop')).toMatchObject({
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('100001 items') },
    });
    const job = loop({}, { items: listOf(100_000) });
    job.claim();
    expect(job.ran).toEqual(['loop[0].build#1']);
  });

  it('take at most 16 MiB', () => {
    const items = '${{ fromJSON(format(\'["{0}"]\', inputs.text)) }}';
    const job = loop({ items }, { text: 'x'.repeat(16 * 1024 * 1024) });
    expect(job.step('loop').error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('what iterations give', () => {
  it('takes at most 1 MiB together: one too many fails, and what fits stays', () => {
    const outputs = { x: '${{ steps.build.outputs.x }}' };
    const job = loop({ items: [1, 2, 3], failFast: false, outputs });
    job.claim();
    job.end('loop[0].build', success({ x: 'a' }));
    job.end('loop[1].build', success({ x: 'b'.repeat(600_000) }));
    job.end('loop[2].build', success({ x: 'c'.repeat(600_000) }));
    expect(job.step('loop')).toMatchObject({
      outcome: 'failure',
      error: { code: 'OUTPUT_TOO_LARGE' },
      outputs: { x: ['a', 'b'.repeat(600_000), null] },
    });
  });

  it('is all that counts against the limit of the run: what their steps gave is gone', () => {
    const job = loop({ items: '${{ fromJSON(inputs.items) }}' }, { items: listOf(40) });
    job.claim();
    for (let index = 0; index < 40; index += 1) {
      job.end(`loop[${index}].build`, success({ x: 'x'.repeat(1_000_000) }));
    }
    expect(job.result).toMatchObject({ status: 'success' });
  });
});

describe('the state of a loop', () => {
  /** The size of the state, as JSON, after so many of 10,001 iterations. */
  function sizesAt(points: readonly number[], end: (index: number) => ReturnType<typeof success>) {
    const job = loop({ failFast: false }, { items: listOf(10_001) });
    job.claim();
    return Array.from({ length: 10_000 }, (_, index) => {
      job.end(`loop[${index}].build`, end(index));
      return points.includes(index + 1) ? [JSON.stringify(job.state).length] : [];
    }).flat();
  }

  it('is as large after 10,000 iterations as after 1,000, but for the digits of numbers', () => {
    const [early = 0, late = 0] = sizesAt([1000, 10_000], (index) => success({ x: index }));
    expect(Math.abs(late - early)).toBeLessThan(100);
  });

  it('remembers of many failures only so many', () => {
    const [early = 0, late = 0] = sizesAt([2000, 10_000], () => failure());
    expect(Math.abs(late - early)).toBeLessThan(100);
  });

  it('shares all that an event does not change, however many iterations are behind it', () => {
    const outputs = { x: '${{ steps.build.outputs.x }}' };
    const job = loop({ outputs, concurrency: 2 }, { items: listOf(10_000) });
    job.claim();
    const copied = (index: number) => {
      job.end(`loop[${index}].build`, success({ x: 'y' }));
      return countNew(job.state, job.before);
    };
    const counts = Array.from({ length: 5000 }, (_, index) => copied(index));
    expect(Math.max(...counts.slice(4000))).toBeLessThanOrEqual(2 * Math.max(...counts.slice(300, 1300)));
    expect(Math.max(...counts)).toBeLessThan(600);
  });
});

describe('very many iterations that need nothing', () => {
  it('run in portions, with a breath between them', () => {
    const job = loop({ steps: [{ if: 'false' }], concurrency: 100 }, { items: listOf(1200) });
    expect(job.last).toContainEqual({ type: 'start_timer', timer: 'breath/1/loop/1/500', due: job.at });
    expect(job.step('loop').iterations).toMatchObject({ success: 500 });
    // A breath is no wait for others, so the time of the job runs.
    expect(job.last).toContainEqual(expect.objectContaining({ type: 'start_timer', timer: 'timeout/1/1' }));
    job.fire('breath/1/loop/1/500');
    job.fire('breath/1/loop/1/1000');
    expect(job.step('loop')).toMatchObject({ status: 'success', iterations: { total: 1200, success: 1200 } });
    expect(job.result?.status).toBe('success');
  });

  it('end while they take a breath where the job is cancelled', () => {
    const job = loop({ steps: [{ if: 'false' }] }, { items: listOf(1200) });
    expect(job.cancel()).toContainEqual({ type: 'cancel_timer', timer: 'breath/1/loop/1/500' });
    expect(job.step('loop')).toMatchObject({ outcome: 'cancelled', iterations: { success: 500, skipped: 700 } });
    expect(job.result?.status).toBe('cancelled');
  });
});

it('bounds how many iterations of loops within loops run at once', () => {
  const within = (levels: number): StepSketch =>
    levels === 0
      ? { id: 'x' }
      : { id: `l${levels}`, items: '${{ fromJSON(inputs.items) }}', concurrency: 100, steps: [within(levels - 1)] };
  const job = new JobDrive(planOf({ jobs: { build: { steps: [within(4)] } } }), { inputs: { items: listOf(100) } });
  const breathe = (): void => {
    const breaths = outstandingJobCommands(job.state).flatMap((command) =>
      command.type === 'start_timer' && command.timer.startsWith('breath/') ? [command.timer] : [],
    );
    for (const timer of breaths) job.fire(timer);
    if (breaths.length > 0) breathe();
  };
  breathe();
  job.claim();
  breathe();
  expect(job.ran.length).toBeLessThanOrEqual(1000);
  expect(job.ran.length).toBeGreaterThan(100);
});

/** How many objects and arrays of a value another doesn't share, with their entries. */
function countNew(value: unknown, before: unknown): number {
  const known = new Set<unknown>();
  const learn = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || known.has(part)) return;
    known.add(part);
    for (const inner of Object.values(part)) learn(inner);
  };
  learn(before);
  const count = (part: unknown): number => {
    if (typeof part !== 'object' || part === null || known.has(part)) return 0;
    return Object.values(part).reduce<number>((sum, inner) => sum + 1 + count(inner), 0);
  };
  return count(value);
}
