import { describe, expect, it } from 'vitest';
import type { Plan, Template } from '../../schemas/index.ts';
import { compile, fixSource } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, steps } from '../testing/mistakes.ts';

function planOf(source: string): Plan {
  const { plan, diagnostics } = compile(source, { file: 'w.yml', catalogue: testCatalogue });
  expect(diagnostics).toEqual([]);
  if (plan === undefined) throw new Error('the test needs a plan');
  return plan;
}

const inputs = (plan: Plan): readonly Template[] =>
  plan.jobs.flatMap((planned) => planned.steps.map((step) => step.with));

describe('defaults of scripts', () => {
  it.each([
    ['nothing', `▸EMPTY▸defaults:\n${job(steps)}`],
    ['a shell in the wrong place', `defaults: { ▸UNKNOWN_KEY▸shell: sh }\n${job(steps)}`],
    ['another key', `defaults: { run: { ▸UNKNOWN_KEY▸timeout-minutes: 5 } }\n${job(steps)}`],
    ['a misspelt key', job(`defaults: { run: { ▸UNKNOWN_KEY▸workdir: a } }\n${steps}`)],
    [
      'a shell that there is not, once',
      `defaults: { run: { shell: ▸INVALID_VALUE▸zsh } }\n${job('steps: [{ run: x }, { run: y }]')}`,
    ],
    ['a folder that is a list', job(`defaults: { run: { working-directory: ▸WRONG_TYPE▸[a] } }\n${steps}`)],
    ['an empty key', job(`defaults: { run: { ▸WRONG_TYPE▸shell: } }\n${steps}`)],
    [
      'an expression that is none, though no script takes it',
      `defaults: { run: { working-directory: '\${{ a ▸EXPRESSION_SYNTAX▸= }}' } }\n${job('steps: [{ uses: sleep@v1, with: { duration: 1s } }]')}`,
    ],
    [
      'what no script may read, once',
      `defaults: { run: { working-directory: '\${{ matrix.▸UNKNOWN_PROPERTY▸part }}' } }\n${job('steps: [{ run: x }, { run: y }]')}`,
    ],
    [
      "what a script of the job can't read",
      job(
        `defaults: { run: { working-directory: '\${{ steps.▸UNKNOWN_PROPERTY▸b.outcome }}' } }\nsteps: [{ run: x }, { id: b, run: y }, { run: z }]`,
      ),
    ],
    [
      'a folder that is too long',
      job(`defaults: { run: { working-directory: ▸INVALID_VALUE▸${'a'.repeat(1001)} } }\n${steps}`),
    ],
    [
      'a long one with an expression',
      job(`defaults: { run: { working-directory: ▸INVALID_VALUE▸'\${{ vars.a }}${'a'.repeat(200)}' } }\n${steps}`),
    ],
    [
      'more expressions than each script should check',
      job(`defaults: { run: { working-directory: ▸INVALID_VALUE▸'${'${{ vars.a }}/'.repeat(6)}' } }\n${steps}`),
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['defaults: { shell: sh }', 'defaults: { run: { shell: sh } }'],
    ['defaults:\n  working-directory: a/b # here', 'defaults:\n  run: { working-directory: a/b } # here'],
    ['defaults: { shell: sh, working-directory: a }', 'defaults: { shell: sh, working-directory: a }'],
  ])('corrects `%s`', (slip, meant) => {
    const read = (source: string): ReturnType<typeof compile> =>
      compile(source, { file: 'w.yml', catalogue: testCatalogue });
    expect(fixSource(`${slip}\n${job(steps)}`, read).text).toBe(`${meant}\n${job(steps)}`);
  });

  it("are a step's own, else the job's, else the workflow's", () => {
    const plan = planOf(`defaults: { run: { shell: sh, working-directory: a } }
jobs:
  one: { steps: [{ run: x }, { run: y, shell: bash }] }
  two:
    defaults: { run: { working-directory: b } }
    steps: [{ run: x }, { run: y, working-directory: c }]
`);
    expect(inputs(plan)).toEqual(
      [
        { script: 'x', shell: 'sh', 'working-directory': 'a' },
        { script: 'y', shell: 'bash', 'working-directory': 'a' },
        { script: 'x', shell: 'sh', 'working-directory': 'b' },
        { script: 'y', shell: 'sh', 'working-directory': 'c' },
      ].map((value) => ({ kind: 'literal', value })),
    );
  });

  it('are of scripts alone', () => {
    const plan = planOf(
      'defaults: { run: { shell: sh } }\njobs: { a: { steps: [{ uses: sleep@v1, with: { duration: 1s } }] } }',
    );
    expect(inputs(plan)).toEqual([{ kind: 'literal', value: { duration: '1s' } }]);
  });

  it('may read what their step may, and are counted among what it reads', () => {
    const plan = planOf(`jobs:
  one:
    defaults: { run: { working-directory: '\${{ matrix.part }}/\${{ runner.os }}' } }
    strategy: { matrix: { part: [a, b] } }
    steps: [{ run: x }]
`);
    expect(plan.jobs[0]?.steps[0]?.references).toEqual([
      ['matrix', 'part'],
      ['runner', 'os'],
    ]);
  });
});
