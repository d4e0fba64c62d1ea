import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, steps } from '../testing/mistakes.ts';

describe('concurrency', () => {
  it.each([
    ['nothing', `concurrency: ▸EMPTY▸\n${job(steps)}`.replace('concurrency: ▸EMPTY▸', '▸EMPTY▸concurrency:')],
    ['an empty name', `concurrency: ▸EMPTY▸''\n${job(steps)}`],
    ['a list', `concurrency: ▸WRONG_TYPE▸[a]\n${job(steps)}`],
    ['no group', job(`▸MISSING_KEY▸concurrency: { cancel-in-progress: true }\n${steps}`)],
    ['a misspelt group once', job(`concurrency: { ▸UNKNOWN_KEY▸gruop: a }\n${steps}`)],
    ['a key that there is not', job(`concurrency: { group: a, ▸UNKNOWN_KEY▸priority: 1 }\n${steps}`)],
    ['a group without a name', job(`concurrency: { group: ▸WRONG_TYPE▸[a] }\n${steps}`)],
    ['a word for true', job(`concurrency: { group: a, cancel-in-progress: ▸WRONG_TYPE▸yes }\n${steps}`)],
    ['a name that is too long', job(`concurrency: ▸INVALID_VALUE▸${'a'.repeat(401)}\n${steps}`)],
    [
      'text around an expression that is too long',
      job(`concurrency: ▸INVALID_VALUE▸${'a'.repeat(401)}\${{ vars.a }}\n${steps}`),
    ],
    ["the workflow's group in a job", `concurrency: Deploy\n${job(`concurrency: ▸INVALID_VALUE▸deploy\n${steps}`)}`],
    [
      "an expression of the workflow's group in a job",
      `concurrency: a-\${{ vars.b }}\n${job(`concurrency: { group: '▸INVALID_VALUE▸a-\${{ vars.b }}' }\n${steps}`)}`.replace(
        "'▸INVALID_VALUE▸",
        "▸INVALID_VALUE▸'",
      ),
    ],
    ['a job that the workflow names', `concurrency: \${{ ▸CONTEXT_NOT_AVAILABLE▸needs.a }}\n${job(steps)}`],
    ['a secret', job(`concurrency: \${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.A }}\n${steps}`)],
    ['a step', job(`concurrency: { group: '\${{ ▸CONTEXT_NOT_AVAILABLE▸steps.a }}' }\n${steps}`)],
    ['an axis that there is not', job(`concurrency: \${{ matrix.▸UNKNOWN_PROPERTY▸region }}\n${steps}`)],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['a number for a name', job(`concurrency: 5\n${steps}`)],
    ['a name of 400 characters', job(`concurrency: ${'a'.repeat(400)}\n${steps}`)],
    [
      'what a workflow knows of its run',
      `concurrency: \${{ workflow.name }}-\${{ workflow.run_id }}-\${{ vars.a }}-\${{ tenant.id }}\n${job(steps)}`,
    ],
    [
      'what a job knows of its cell',
      `jobs:
  a: { ${steps} }
  b:
    needs: a
    strategy: { matrix: { region: [eu] } }
    concurrency:
      group: \${{ matrix.region }}-\${{ needs.a.result }}-\${{ workflow.name }}-\${{ strategy.job-index }}-\${{ env.X }}
      cancel-in-progress: \${{ vars.hurry == 'yes' }}
    ${steps}
`,
    ],
  ])('takes %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('plans a name alone as a group whose newcomers wait', () => {
    const { plan } = compile(
      `concurrency: deploy\n${job(`concurrency: { group: x, cancel-in-progress: true }\n${steps}`)}`,
      {
        file: 'w.yml',
        catalogue: testCatalogue,
      },
    );
    expect(plan?.concurrency).toEqual({
      group: { kind: 'literal', value: 'deploy' },
      cancel_in_progress: { kind: 'literal', value: false },
      at: { file: 'w.yml', line: 1, column: 1 },
    });
    expect(plan?.jobs[0]?.concurrency).toMatchObject({
      group: { kind: 'literal', value: 'x' },
      cancel_in_progress: { kind: 'literal', value: true },
    });
  });
});

describe('run-name', () => {
  it.each([
    ['an empty one', `run-name: ▸EMPTY▸''\n${job(steps)}`],
    ['a mapping', `run-name: ▸WRONG_TYPE▸{ a: b }\n${job(steps)}`],
    ['one that is too long', `run-name: ▸INVALID_VALUE▸${'a'.repeat(256)}\n${job(steps)}`],
    ['a secret', `run-name: 'with \${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.A }}'\n${job(steps)}`],
    ["an input that isn't declared", `run-name: \${{ inputs.▸UNKNOWN_PROPERTY▸tag }}\n${job(steps)}`],
    ['a property that the workflow does not have', `run-name: \${{ workflow.▸UNKNOWN_PROPERTY▸actor }}\n${job(steps)}`],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('is planned as a template over what a run begins with', () => {
    const { plan, diagnostics } = compile(`run-name: Build \${{ workflow.run_attempt }}\n${job(steps)}`, {
      file: 'w.yml',
      catalogue: testCatalogue,
    });
    expect(diagnostics).toEqual([]);
    expect(plan?.run_name).toMatchObject({ kind: 'text', parts: ['Build ', { source: 'workflow.run_attempt' }] });
  });
});
