import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Carried, carriedAfter, nothingCarried, type StepResult } from '../../../../schemas/index.ts';
import { append, type Chunks, noChunks } from '../../chunks.ts';
import { cancelled, failure, JobDrive, stepKey, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch, type WorkflowSketch } from '../../testing/plans.ts';
import { carriedBy } from './carried.ts';
import type { EndedStep } from './sequence.ts';

function claimed(steps: readonly StepSketch[], job: JobSketch = {}, workflow: Omit<WorkflowSketch, 'jobs'> = {}) {
  const drive = new JobDrive(planOf({ ...workflow, jobs: { build: { ...job, steps } } }), { secrets: ['TOKEN'] });
  drive.claim();
  return drive;
}

function leaving(variables: Carried['variables'], path: Carried['path'] = [], result = success()): StepResult {
  // An agent of another version could leave something with any result.
  return { ...result, carried: { variables, path } } as StepResult;
}

const approval: StepSketch = { id: 'ok', uses: 'approval@v1' };

describe('what a step leaves', () => {
  it('is in the tasks of the later ones, the last value and the last folder first, and not in its own', () => {
    const job = claimed([{ id: 'one' }, { id: 'two' }, { id: 'three' }]);
    expect(job.lastTask).not.toHaveProperty('carried');
    job.end('one', leaving({ A: '1', B: '1' }, ['/b', '/a']));
    expect(job.lastTask.carried).toEqual({ variables: { A: '1', B: '1' }, path: ['/b', '/a'] });
    job.throughJson();
    job.end('two', leaving({ A: '2' }, ['/c', '/a']));
    expect(job.lastTask.carried).toEqual({ variables: { A: '2', B: '1' }, path: ['/c', '/a', '/b'] });
    expect(job.step('one')).not.toHaveProperty('carried');
  });

  it('is what `env` says in expressions of later steps, under what those say themselves, and over secrets of the job', () => {
    const env = { A: 'job', KEY: '${{ secrets.TOKEN }}', DERIVED: '${{ env.A }}' };
    const job = claimed(
      [
        { id: 'one' },
        { id: 'two', if: "env.A == 'left'", with: { a: '${{ env.A }} ${{ env.KEY }} ${{ env.DERIVED }}' } },
        { id: 'three', if: "env.A == 'own'", env: { A: 'own' } },
      ],
      { env, outputs: { a: '${{ env.A }}' } },
      { env: { A: 'workflow' } },
    );
    job.end('one', leaving({ A: 'left', KEY: 'plain' }));
    expect(job.lastTask).toMatchObject({
      step: 'two',
      context: { env: { A: 'left', KEY: 'plain', DERIVED: 'workflow' } },
    });
    job.end('two', success());
    expect(job.lastTask.step).toBe('three');
    job.end('three', success());
    expect(job.result?.outputs).toEqual({ a: 'left' });
  });

  it('is that of its last attempt, and counts where it failed', () => {
    const job = claimed([
      { id: 'one', retry: { attempts: 2, initial: 1000 } },
      { id: 'two', if: 'always()' },
    ]);
    job.end('one', leaving({ FIRST: '1' }, [], failure()));
    job.fire('retry/1/one/2');
    expect(job.lastTask).not.toHaveProperty('carried');
    job.end('one', leaving({ SECOND: '1' }, [], failure()), 2);
    expect(job.lastTask.carried?.variables).toEqual({ SECOND: '1' });
  });

  it('is nothing where it was cancelled', () => {
    const job = claimed([{ id: 'one' }, { id: 'two', if: 'always()' }]);
    job.cancel();
    job.end('one', leaving({ A: '1' }, [], cancelled()));
    expect(job.lastTask).not.toHaveProperty('carried');
  });

  it('goes from the steps of a branch to those after it, and from an iteration to no other', () => {
    const gate: StepSketch = { id: 'gate', condition: 'true', then: [{ id: 'a' }, { id: 'b' }] };
    const loop: StepSketch = { id: 'loop', items: [1, 2], concurrency: 1, steps: [{ id: 'x' }, { id: 'y' }] };
    const job = claimed([{ id: 'one' }, gate, loop, { id: 'last' }]);
    job.end('one', leaving({ A: 'one', B: 'one' }));
    job.end('gate.a', leaving({ A: 'a' }));
    expect(job.lastTask).toMatchObject({ step: 'gate.b', carried: { variables: { A: 'a', B: 'one' } } });
    job.end('gate.b', leaving({ C: 'b' }));
    const before = { A: 'a', B: 'one', C: 'b' };
    expect(job.lastTask).toMatchObject({ step: 'loop[0].x', carried: { variables: before } });
    job.end('loop[0].x', leaving({ A: 'x' }));
    expect(job.lastTask).toMatchObject({ step: 'loop[0].y', carried: { variables: { ...before, A: 'x' } } });
    job.end('loop[0].y', success());
    expect(job.lastTask).toMatchObject({ step: 'loop[1].x', carried: { variables: before } });
    job.end('loop[1].x', success());
    job.end('loop[1].y', success());
    expect(job.lastTask).toMatchObject({ step: 'last', carried: { variables: before, path: [] } });
    // Nothing of it is kept twice.
    expect(JSON.stringify(job.state).split('"C":"b"')).toHaveLength(3);
  });

  it('is forgotten with the step where something is pushed back, and kept of those before', () => {
    const job = claimed([{ id: 'one' }, { id: 'two' }, approval]);
    job.end('one', leaving({ A: 'one' }));
    job.end('two', leaving({ A: 'two' }));
    job.signal('approval:build/ok', { decision: 'push-back', to: 'two' });
    expect(job.lastTask).toMatchObject({ step: 'two', carried: { variables: { A: 'one' } } });
  });

  it('stays where the job goes on from a later step, and goes where it starts over', () => {
    const job = claimed([{ id: 'one' }, { id: 'two' }], { keepWorkspace: true });
    job.end('one', leaving({ A: '1' }));
    job.end('two', failure());
    job.startAgain({ step: stepKey('two') });
    job.throughJson();
    job.claim(2);
    expect(job.lastTask).toMatchObject({ step: 'two', carried: { variables: { A: '1' } } });
    job.end('two', failure(), 1, 2);
    job.startAgain();
    job.claim(3);
    expect(job.lastTask).toMatchObject({ step: 'one' });
    expect(job.lastTask).not.toHaveProperty('carried');
  });

  it('is too much over 64 KiB, 500 variables or 100 folders of a job: the step fails that goes over it', () => {
    const job = claimed([{ id: 'one' }, { id: 'two' }, { id: 'three', if: 'always()' }]);
    job.end('one', leaving({ A: 'é'.repeat(20_000) }));
    job.end('two', leaving({ B: 'é'.repeat(20_000) }));
    expect(job.step('two')).toMatchObject({ outcome: 'failure', error: { code: 'LIMIT_EXCEEDED' } });
    expect(job.step('two').error?.message).toContain('they may take 65536 in a job');
    expect(Object.keys(job.lastTask.carried?.variables ?? {})).toEqual(['A']);
    const names = (count: number): Carried['variables'] =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, '']));
    const folders = Array.from({ length: 101 }, (_, index) => `/f${index}`);
    for (const result of [leaving(names(501)), leaving({}, folders)]) {
      const other = claimed([{ id: 'one' }]);
      other.end('one', result);
      expect(other.step('one')).toMatchObject({ outcome: 'failure', error: { code: 'LIMIT_EXCEEDED' } });
    }
    const fits = claimed([{ id: 'one' }]);
    fits.end('one', leaving(names(500), folders.slice(1)));
    expect(fits.step('one').outcome).toBe('success');
  });
});

describe('what many steps leave together', () => {
  const carried = fc.option(
    fc.record({
      variables: fc.dictionary(fc.constantFrom('A', 'B', '__proto__', 'constructor'), fc.constantFrom('1', '2', '')),
      path: fc.uniqueArray(fc.constantFrom('/a', '/b', '/c')),
    }),
    { nil: undefined },
  );

  it('is the same however their list is cut, and each folder stands there once', () => {
    fc.assert(
      fc.property(fc.array(carried, { maxLength: 150 }), (all: readonly (Carried | undefined)[]) => {
        // Of a step that is over nothing else is read here.
        const steps = all.map((one) => (one === undefined ? {} : { carried: one })) as unknown as readonly EndedStep[];
        const chunks = steps.reduce<Chunks<EndedStep>>((list, step) => append(list, step), noChunks);
        const expected = all.reduce<Carried>((sum, one = nothingCarried) => carriedAfter(sum, one), nothingCarried);
        expect(carriedBy(chunks)).toEqual(expected);
        expect(new Set(expected.path).size).toBe(expected.path.length);
      }),
    );
  });
});
