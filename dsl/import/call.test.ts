import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { testCatalogue } from '../testing/catalogue.ts';
import { type ImportedWorkflow, importWorkflow } from './index.ts';

function imported(text: string): ImportedWorkflow {
  const result = importWorkflow(text, { file: 'ci.yml', catalogue: testCatalogue });
  if ('unreadable' in result) throw new Error(JSON.stringify(result.unreadable));
  return result;
}

describe('the import of calls', () => {
  it('calls the same workflow of this repository', () => {
    const text =
      "on: workflow_dispatch\njobs:\n  one:\n    uses: ./.github/workflows/a.yml # here\n    with: { a: '${{ github.run_id }}' }\n    secrets: inherit\n";
    const { workflow, entries } = imported(text);
    expect(parse(workflow).jobs.one).toEqual({
      uses: './a.yml',
      with: { a: '${{ workflow.run_id }}' },
      secrets: 'inherit',
    });
    expect(workflow).toContain('./a.yml # here');
    expect(entries.map(({ outcome, path }) => `${outcome} ${path}`)).toEqual([
      'changed on',
      'changed jobs.one.uses',
      'changed jobs.one.with.a',
    ]);
  });

  it('says of the workflows that are called only that they are not there, or not right, yet', () => {
    const called = 'on: push\njobs: { a: { runs-on: [self-hosted, linux], steps: [] } }\n';
    const result = importWorkflow('jobs: { one: { uses: ./.github/workflows/a.yml } }\n', {
      file: 'ci.yml',
      catalogue: testCatalogue,
      readWorkflow: (path) => (path === 'a.yml' ? { source: called } : { missing: 'there is none' }),
    });
    if ('unreadable' in result) throw new Error('it was not read');
    expect(result.diagnostics).toMatchObject([{ file: 'ci.yml', code: 'INVALID_VALUE' }]);
    expect(result.complete).toBe(false);
  });

  it('asks who calls a workflow for the repository to check out', () => {
    const job = 'jobs: { one: { steps: [{ uses: actions/checkout@v4 }] } }\n';
    const inputsOf = (on: string): unknown => {
      const read = parse(imported(`on: ${on}\n${job}`).workflow).on;
      return Object.fromEntries(
        Object.entries(read as Record<string, { inputs?: object }>).map(([name, value]) => [
          name,
          Object.keys(value?.inputs ?? {}),
        ]),
      );
    };
    expect(inputsOf('workflow_call')).toEqual({ workflow_call: ['repository'] });
    expect(inputsOf('[workflow_call, workflow_dispatch]')).toEqual({
      manual: ['repository'],
      workflow_call: ['repository'],
    });
    expect(inputsOf('{ workflow_call: { inputs: { Repository: } }, workflow_dispatch: }')).toEqual({
      manual: ['repository-2'],
      workflow_call: ['Repository', 'repository-2'],
    });
  });

  it('makes a job that calls a workflow of another repository one that fails', () => {
    const { workflow, entries, diagnostics } = imported(
      'on: workflow_dispatch\njobs: { one: { uses: acme/ci/.github/workflows/a.yml@v1, with: { a: 1 }, secrets: inherit } }\n',
    );
    expect(parse(workflow).jobs.one.steps).toHaveLength(1);
    expect(entries.filter(({ outcome }) => outcome === 'todo').map(({ path }) => path)).toEqual([
      'jobs.one.uses',
      'jobs.one.with',
      'jobs.one.secrets',
    ]);
    expect(diagnostics).toEqual([]);
  });
});
