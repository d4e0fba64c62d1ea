import { describe, expect, it } from 'vitest';
import { compile, fixSource } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, step, steps } from '../testing/mistakes.ts';

/** A file with inputs of every type. */
const inputs = (source: string): string => `on:
  manual:
    inputs:
      flag: { type: boolean }
      count: { type: number }
      stage: { type: choice, options: [staging, production] }
      data: { type: json }
      name:
${source}`;

describe('conditions and comparisons', () => {
  it.each([
    ['an input that is true or false', inputs(step("run: x\nif: inputs.flag == ▸NEVER_TRUE▸'true'"))],
    ['a word that is no option', inputs(step("run: x\nif: inputs.stage == ▸NEVER_TRUE▸'prod'"))],
    ['a text beside a number', inputs(step("run: x\nif: inputs.count == ▸NEVER_TRUE▸'many'"))],
    [
      'an outcome that is none',
      job("steps:\n  - { id: a, run: x }\n  - run: x\n    if: steps.a.outcome == ▸NEVER_TRUE▸'sucess'"),
    ],
    ['an end of a job that is none', job("steps:\n  - run: x\n    if: job.status == ▸NEVER_TRUE▸'failed'")],
    ['a system that no agent has', job("steps:\n  - run: x\n    if: runner.os == ▸NEVER_TRUE▸'Windows'")],
    [
      'a cell that is not there',
      job(
        "strategy: { matrix: { os: [linux, macos] } }\nsteps:\n  - run: x\n    if: matrix.os == ▸NEVER_TRUE▸'windows'",
      ),
    ],
    [
      'an output of another type',
      step("id: a\nuses: http@v1\nwith: { url: 'https://example.com' }") +
        "      - { run: x, if: steps.a.outputs.status == ▸NEVER_TRUE▸'ok' }\n",
    ],
    [
      'a value in an environment',
      inputs(step("run: x\nenv: { A: \"${{ inputs.flag == ▸NEVER_TRUE▸'on' && 'a' || 'b' }}\" }")),
    ],
    [
      'a need as a whole',
      `jobs:\n  a: { ${steps} }\n  b: { needs: a, if: ▸NEVER_TRUE▸needs.a == 'success', ${steps} }`,
    ],
    [
      'a list of results',
      `jobs:\n  a: { ${steps} }\n  b: { needs: a, if: "contains(needs.*.result, ▸NEVER_TRUE▸'failed')", ${steps} }`,
    ],
    ['a condition of a literal', step('run: x\nif: ▸CONSTANT_CONDITION▸true')],
    ['a condition of a literal between braces', step('run: x\nif: ${{ ▸CONSTANT_CONDITION▸true }}')],
    ['a default that is always there', inputs(step("run: x\nif: ▸CONSTANT_CONDITION▸inputs.flag || 'yes'"))],
    ['two literals', step("run: x\nif: ${{ ▸CONSTANT_CONDITION▸'a' == 'b' }}")],
    ['a step that is switched off', step('run: x\nif: ▸UNREACHABLE▸false')],
    ['a job that is switched off', job(`if: ▸UNREACHABLE▸false\n${steps}`)],
    ['a job that waits for the failure of none', job(`if: ▸UNREACHABLE▸failure()\n${steps}`)],
    [
      'a job that needs one that never runs',
      `jobs:\n  a: { if: ▸UNREACHABLE▸false, ${steps} }\n  b: { needs: [▸UNREACHABLE▸a], ${steps} }`,
    ],
    [
      'a job below one that never runs, but not one that runs anyway',
      `jobs:\n  a: { if: ▸UNREACHABLE▸false, ${steps} }\n  b: { needs: a, if: always(), ${steps} }\n  c: { needs: ▸UNREACHABLE▸b, ${steps} }`,
    ],
  ])('warns of %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    [
      'a value that the declared types allow',
      inputs(step("run: x\nif: inputs.stage == 'staging' && inputs.count > 2 && inputs.flag")),
    ],
    ['an input of any type', inputs(step("run: x\nif: inputs.data == 'x'"))],
    [
      'what include adds to a matrix',
      job(
        "strategy: { matrix: { os: [linux], include: [{ os: windows, x: 1 }] } }\nsteps:\n  - run: x\n    if: matrix.os == 'windows' && matrix.x == 1",
      ),
    ],
    [
      'a matrix that an expression makes',
      job(
        "strategy: { matrix: { os: '${{ fromJSON(vars.systems) }}' } }\nsteps:\n  - run: x\n    if: matrix.os == 'windows'",
      ),
    ],
    [
      'cells that are objects',
      job(
        "strategy: { matrix: { os: [{ name: a }, { name: b }] } }\nsteps:\n  - run: x\n    if: matrix.os.name == 'c'",
      ),
    ],
    ['failure() where a job is needed', `jobs:\n  a: { ${steps} }\n  b: { needs: a, if: failure(), ${steps} }`],
    ['failure() in a step', step('run: x\nif: failure()')],
    [
      'a job that runs whatever became of a job that never runs',
      `jobs:\n  a: { if: ▸UNREACHABLE▸false, ${steps} }\n  b: { needs: a, if: always(), ${steps} }`,
    ],
  ])('says nothing of %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('says what failure() asks about where a job needs none', () => {
    const { diagnostics } = compileMarked(job(`if: ▸UNREACHABLE▸failure()\n${steps}`));
    expect(diagnostics[0]?.remedy).toContain('Add `needs`');
  });

  it('takes an input for anything that two triggers declare differently', () => {
    const { diagnostics } = compileMarked(
      `on:\n  manual: { inputs: { a: { type: boolean } } }\n  workflow_call: { inputs: { a: { type: string } } }\n${step("run: x\nif: inputs.a == 'true'")}`,
    );
    expect(diagnostics).toEqual([]);
  });

  it('writes the word that was meant, and a boolean without its quotes', () => {
    const source = inputs(
      "jobs:\n  job:\n    steps:\n      - { id: a, run: x }\n      - run: x\n        if: steps.a.outcome == 'sucess'\n      - run: x\n        if: \"inputs.flag == 'true'\"\n",
    );
    const { text } = fixSource(source, (read) => compile(read, { file: 'test.yml', catalogue: testCatalogue }));
    expect(text).toContain("if: steps.a.outcome == 'success'\n");
    expect(text).toContain('if: "inputs.flag == true"\n');
  });
});
