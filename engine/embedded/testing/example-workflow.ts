import type { ExampleStep, ExampleWorkflow } from '../../contract/plans.ts';

const retry = { attempts: 50, initialMs: 5, on: ['lost', 'failure'] } as const;

function chain(name: string): readonly ExampleStep[] {
  return [1, 2, 3, 4].map((number) => ({
    id: `${name}${number}`,
    with: { takes_ms: 5, log: `${name}${number}\n`, outputs: { number } },
    retry,
  }));
}

/** Parallel jobs, retries, a matrix, a sleep, a failure, an always() job; every step may be lost. */
export const exampleWorkflow: ExampleWorkflow = {
  left: { steps: [...chain('l'), { id: 'flaky', with: { fail_times: 1, takes_ms: 2 }, retry }] },
  right: { steps: chain('r'), outputs: { last: '${{ steps.r4.outputs.number }}' } },
  nap: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '40ms' } }] },
  cells: {
    needs: ['right'],
    matrix: { part: ['a', 'b', 'c'] },
    steps: [
      {
        id: 'cell',
        with: { takes_ms: 5, outputs: { got: '${{ needs.right.outputs.last }}${{ matrix.part }}' } },
        retry,
      },
    ],
  },
  breaks: {
    needs: ['nap'],
    retry: { attempts: 2, initialMs: 5, on: ['failure'] },
    steps: [
      { id: 'look', with: { files: true }, retry },
      { id: 'make', with: { write: 'file' }, retry },
      { id: 'fails', with: { fail_times: 99 }, retry: { ...retry, on: ['lost'] } },
    ],
  },
  last: { needs: ['left', 'cells', 'breaks'], if: 'always()', steps: [{ id: 'tidy', retry }] },
};
