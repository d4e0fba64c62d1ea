import { describe, expect, it } from 'vitest';
import { ApiProblem } from '../../api/problem.ts';
import type { Run } from '../../api/types.ts';
import { BulkWork } from './bulk-work.ts';

const runsNamed = (...names: readonly string[]): readonly Run[] =>
  names.map((id) => ({
    id,
    tenant_id: 'default',
    workflow: 'w',
    name: id,
    file: 'w.yml',
    status: 'running',
    attempt: 1,
    labels: {},
    origin: { kind: 'api', id: '', by: '' },
    created_at: '2026-05-01T12:00:00Z',
  }));

const problemWith = (status: number, retryAfter?: number): ApiProblem =>
  new ApiProblem(status, { code: 'X', message: '', remedy: '', retryAfter });

describe('the same for several runs', () => {
  it('is done for each, and says for which it is not', async () => {
    const done: string[] = [];
    const work = new BulkWork(runsNamed('a', 'b', 'c', 'd', 'e', 'f'), {
      operate: async ({ id }) => {
        if (id === 'b') throw problemWith(409);
      },
      wait: async () => {},
      done: ({ id }) => done.push(id),
    });
    await work.run();
    expect(work.progress.value).toMatchObject({ done: 5, left: 0, state: 'over' });
    expect(work.progress.value.failed.map(({ run }) => run.id)).toEqual(['b']);
    expect(done.toSorted()).toEqual(['a', 'c', 'd', 'e', 'f']);
  });

  it('waits as long as the server says that it has too much to do, and goes on', async () => {
    const waits: number[] = [];
    const answers = new Map([
      ['a', [problemWith(429, 3), problemWith(503, 7)]],
      ['b', [problemWith(429)]],
    ]);
    const work = new BulkWork(runsNamed('a', 'b'), {
      operate: async ({ id }) => {
        const problem = answers.get(id)?.shift();
        if (problem !== undefined) throw problem;
      },
      wait: async (ms) => void waits.push(ms),
      done: () => {},
    });
    await work.run();
    expect(work.progress.value).toEqual({ done: 2, failed: [], left: 0, state: 'over' });
    expect(waits.toSorted((one, other) => one - other)).toEqual([2000, 3000, 7000]);
  });

  it('asks for nothing more once it is stopped, and says for how many', async () => {
    const begun: string[] = [];
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const work = new BulkWork(runsNamed('a', 'b', 'c', 'd', 'e', 'f'), {
      operate: async ({ id }) => {
        begun.push(id);
        await answered;
      },
      wait: async () => {},
      done: () => {},
    });
    const over = work.run();
    work.stop();
    expect(work.progress.value).toMatchObject({ state: 'stopping', left: 2 });
    answer();
    await over;
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect(work.progress.value).toEqual({ done: 4, failed: [], left: 2, state: 'over' });
  });
});
