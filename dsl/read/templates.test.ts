import { describe, expect, it } from 'vitest';
import { compileMarked, job, step, steps } from '../testing/mistakes.ts';

describe('expressions', () => {
  it.each([
    ['a syntax error', step('run: x\nif: a ▸EXPRESSION_SYNTAX▸b')],
    ["an expression that isn't closed", step('run: echo ▸EXPRESSION_SYNTAX▸${{ vars.x')],
    ['an unknown function', step('run: ${{ ▸UNKNOWN_FUNCTION▸contians(vars.x, 1) }}')],
    ['a wrong number of arguments', step('run: ${{ ▸WRONG_ARGUMENT_COUNT▸contains(vars.x) }}')],
    ['a status function outside of if', step('run: ${{ ▸UNKNOWN_FUNCTION▸always() }}')],
    ['text around a condition', step('run: x\nif: ▸CONDITION_TEXT▸${{ true }} && false')],
    [
      'text around a condition in quotes, from the quote on',
      step('run: x\nif: ▸CONDITION_TEXT▸"${{ true }} && false"'),
    ],
    ['a condition of nothing, from the quote on', step("run: x\nif: ▸EXPRESSION_SYNTAX▸''")],
    ['an expression in a condition in quotes', step('run: x\nif: "${{ vars.x ▸EXPRESSION_SYNTAX▸y }}"')],
    ['a secret in a condition', step("run: x\nif: ▸CONTEXT_NOT_AVAILABLE▸secrets.a != ''")],
    [
      'a variable with a secret that a condition reads',
      step("run: x\nenv: { A: '${{ secrets.a }}' }\nif: ▸SECRET_NOT_READABLE▸env.A == 'x'"),
    ],
    ['a secret that is compared', step('run: x\nenv: { A: "${{ ▸SECRET_NOT_READABLE▸secrets.a == \'x\' }}" }')],
    ["an input that isn't declared", step('run: x\nname: ${{ inputs.▸UNKNOWN_PROPERTY▸a }}')],
    [
      'a step that comes later',
      job('steps:\n  - run: x\n    name: ${{ steps.▸UNKNOWN_PROPERTY▸b.outcome }}\n  - { id: b, run: x }'),
    ],
    ['the step itself', step('id: b\nrun: x\nname: ${{ steps.▸UNKNOWN_PROPERTY▸b.outcome }}')],
    [
      "a job that isn't needed",
      `jobs:\n  a: { ${steps} }\n  b: { if: needs.▸UNKNOWN_PROPERTY▸a.result == 'x', ${steps} }`,
    ],
    [
      "an output that the job doesn't have",
      `jobs:\n  a: { outputs: { x: y }, ${steps} }\n  b: { needs: a, name: '\${{ needs.a.outputs.▸UNKNOWN_PROPERTY▸y }}', ${steps} }`,
    ],
    [
      "an output that the node doesn't have",
      job(
        "outputs: { a: '${{ steps.a.outputs.▸UNKNOWN_PROPERTY▸path }}' }\nsteps: [{ id: a, uses: checkout@v1, with: { repository: x } }]",
      ),
    ],
    [
      'a secret in with of a control node',
      step("uses: sleep@v1\nwith: { duration: '${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.x }}' }"),
    ],
    ['each outside of a loop', step('run: x\nname: ${{ ▸CONTEXT_NOT_AVAILABLE▸each.value }}')],
    ['a place in a literal block', step('run: |\n  one\n\n  two ${{ vars.a ==\n    ▸UNKNOWN_CONTEXT▸var.b }}')],
    ['a place after escapes', step('run: "\\u00e9 \\" ${{ ▸UNKNOWN_CONTEXT▸var.b }}"')],
    ['a place after doubled quotes', step("run: 'it''s ${{ ▸UNKNOWN_CONTEXT▸var.b }}'")],
    ['a place in a folded text', step('name: a\n  b ${{ ▸UNKNOWN_CONTEXT▸var.b }}\nrun: x')],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it("says that a step runs later, and that a job isn't needed", () => {
    const later = compileMarked(job('steps:\n  - { run: x, name: "${{ steps.b.outcome }}" }\n  - { id: b, run: x }'));
    expect(later.diagnostics[0]?.message).toContain("doesn't run before");
    const other = compileMarked(`jobs:\n  a: { ${steps} }\n  b: { if: "needs['a'].result == 'x'", ${steps} }`);
    expect(other.diagnostics[0]?.remedy).toContain('`needs`');
  });

  it('takes any output of a script, and of the jobs and steps around', () => {
    const { marked, reported } = compileMarked(`on: { manual: { inputs: { tag: } } }
jobs:
  a:
    outputs: { x: '\${{ steps.s.outputs.anything }}' }
    steps: [{ id: s, run: x }]
  b:
    needs: a
    if: needs.a.result == 'success' && inputs.tag != ''
    steps:
      - run: x
        env: { X: '\${{ needs.a.outputs.x }}\${{ secrets.S }}\${{ job.status }}\${{ runner.os }}\${{ workflow.run_id }}' }
`);
    expect(reported).toEqual(marked);
  });

  it('limits how deep and how long an expression is', () => {
    const deep = compileMarked(step(`run: x\nif: ${'('.repeat(60)}true${')'.repeat(60)}`));
    expect(deep.diagnostics.map(({ code }) => code)).toEqual(['EXPRESSION_LIMIT']);
    const long = compileMarked(step(`run: x\nif: "'${'x'.repeat(30_000)}' == ''"`));
    expect(long.diagnostics.map(({ code }) => code)).toEqual(['EXPRESSION_LIMIT']);
  });
});

describe('script injection', () => {
  const file = (run: string): string => `on: { manual: { inputs: { a: } } }
jobs:
  one: { outputs: { x: y }, steps: [{ run: x }] }
  two:
    needs: one
    steps:
      - { id: s, run: x }
      - ${run}
  three: { needs: one, name: '\${{ needs.one.outputs.x }}', steps: [{ run: x }] }
`;

  it.each([
    ['an input', file('run: echo ${{ ▸SCRIPT_INJECTION▸inputs.a }}')],
    ["a step's output", file('run: echo ${{ ▸SCRIPT_INJECTION▸steps.s.outputs.x }}')],
    ["a job's output", file('run: echo ${{ ▸SCRIPT_INJECTION▸needs.one.outputs.x }}')],
    ['all steps', file('run: echo ${{ ▸SCRIPT_INJECTION▸toJSON(steps) }}')],
    ['a script under with', file("uses: run@v1\n        with: { script: 'echo ${{ ▸SCRIPT_INJECTION▸inputs.a }}' }")],
  ])('warns of %s in a script', (_what, source) => {
    const { marked, reported, diagnostics } = compileMarked(source);
    expect(reported).toEqual(marked);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
  });

  it.each([
    ['a variable', file('run: echo "$A"\n        env: { A: \'${{ inputs.a }}\' }')],
    ['a result', file('run: echo ${{ needs.one.result }} ${{ steps.s.outcome }}')],
    ['what the operator sets', file('run: echo ${{ vars.a }}')],
    ['the folder of a script, which is no code', file('run: ls\n        working-directory: ${{ inputs.a }}')],
  ])('says nothing of %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('gives the fix', () => {
    expect(compileMarked(file('run: echo ${{ inputs.a }}')).diagnostics[0]?.remedy).toBe(
      'Add `env: { A: \'${{ inputs.a }}\' }` to the step, and write "$A" in the script.',
    );
  });

  it.each([
    ['PATH', 'steps.s.outputs.path'],
    ['GIT_DIR', 'steps.s.outputs.git-dir'],
    ['BASH_ENV', 'steps.s.outputs.bash_env'],
  ])('never proposes %s, which means something to shells and programs', (name, source) => {
    expect(compileMarked(file(`run: echo \${{ ${source} }}`)).diagnostics[0]?.remedy).toContain(`"$INPUT_${name}"`);
  });
});
