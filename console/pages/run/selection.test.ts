import { describe, expect, it } from 'vitest';
import type { RunJob, RunStep } from '../../api/types.ts';
import { type KeyedJob, type Selected, Selection } from './selection.ts';

/** Jobs with steps of these statuses. */
function jobsWith(
  ...all: readonly (readonly [job: string, status: string, ...steps: readonly string[]])[]
): readonly KeyedJob[] {
  return all.map(([key, status, ...steps], index) => ({ key, job: jobOf(key, { index, status, steps }) }));
}

function jobOf(
  key: string,
  { index, status, steps }: { readonly index: number; readonly status: string; readonly steps: readonly string[] },
): RunJob {
  const of = steps.map((one, place): [string, RunStep] => [`${key}${place}`, stepOf(one, place)]);
  return { index, name: key, id: key, needs: [], status, attempts: 1, outputs: {}, steps: Object.fromEntries(of) };
}

function stepOf(status: string, index: number): RunStep {
  return { index, name: '', uses: '', status, attempts: 1, outputs: {}, host_calls: { allowed: 0, denied: 0 } };
}

const nothing = { job: null, step: null };
const keysOf = ({ job, step }: Selected): readonly (string | undefined)[] => [job?.key, step?.key];

describe('what is selected in a run', () => {
  it('stays where it was chosen while the run goes on, and says where that is', () => {
    const selection = new Selection();
    const first = selection.of(jobsWith(['a', 'running', 'running', 'pending'], ['b', 'waiting']), nothing);
    expect([keysOf(first), first.ahead]).toEqual([['a', 'a0'], undefined]);
    const second = selection.of(jobsWith(['a', 'running', 'success', 'running'], ['b', 'waiting']), nothing);
    expect(keysOf(second)).toEqual(['a', 'a0']);
    expect([second.ahead?.job.key, second.ahead?.step?.key]).toEqual(['a', 'a1']);
    const third = selection.of(jobsWith(['a', 'success', 'success', 'success'], ['b', 'running', 'running']), nothing);
    expect(keysOf(third)).toEqual(['a', 'a0']);
    expect([third.ahead?.job.key, third.ahead?.step]).toEqual(['b', undefined]);
    const ended = selection.of(jobsWith(['a', 'success', 'success', 'success'], ['b', 'failure', 'failure']), nothing);
    expect([keysOf(ended), ended.ahead]).toEqual([['a', 'a0'], undefined]);
  });

  it('is what failed, of a run that has ended', () => {
    const jobs = jobsWith(['a', 'success', 'success'], ['b', 'failure', 'success', 'failure'], ['c', 'skipped']);
    const failed = jobs.map((one) => (one.key === 'b' ? withConclusions(one) : one));
    expect(keysOf(new Selection().of(failed, nothing))).toEqual(['b', 'b1']);
  });

  it('is not chosen before anything has begun', () => {
    const selection = new Selection();
    selection.of(jobsWith(['a', 'queued'], ['b', 'waiting']), nothing);
    const begun = selection.of(jobsWith(['a', 'queued'], ['b', 'running', 'running']), nothing);
    expect(keysOf(begun)).toEqual(['b', 'b0']);
  });

  it('is what the address names, and what was chosen again without it', () => {
    const selection = new Selection();
    const jobs = jobsWith(['a', 'running', 'running'], ['b', 'success', 'success', 'success']);
    expect(keysOf(selection.of(jobs, nothing))).toEqual(['a', 'a0']);
    expect(keysOf(selection.of(jobs, { job: 'b', step: 'b1' }))).toEqual(['b', 'b1']);
    expect(keysOf(selection.of(jobs, nothing))).toEqual(['a', 'a0']);
  });

  it('tells that what the address names is not there', () => {
    const selection = new Selection();
    const jobs = jobsWith(['a', 'running', 'running']);
    expect(selection.of(jobs, { job: 'none', step: 'a0' })).toMatchObject({ missing: { job: 'none' } });
    expect(selection.of(jobs, { job: 'a', step: 'none' })).toMatchObject({ missing: { job: 'a', step: 'none' } });
    expect(selection.of(jobs, { job: 'a', step: 'a0' }).missing).toBeUndefined();
  });
});

function withConclusions({ key, job }: KeyedJob): KeyedJob {
  const steps = Object.entries(job.steps).map(([name, step]): [string, RunStep] => [
    name,
    { ...step, conclusion: step.status },
  ]);
  return { key, job: { ...job, steps: Object.fromEntries(steps) } };
}
