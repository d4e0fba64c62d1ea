import { describe, expect, it } from 'vitest';
import { compileMarked, steps } from '../testing/mistakes.ts';

describe('outputs of jobs', () => {
  const file = (outputs: string, reader: string): string =>
    `jobs:\n  one:\n    outputs: { ${outputs} }\n    ${steps}\n  two:\n    needs: one\n    steps:\n      - run: x\n        env: { A: "\${{ ${reader} }}" }\n`;

  it.each([
    ['one that nobody reads', file('▸UNUSED_OUTPUT▸a: 1', 'needs.one.result')],
    ['each that nobody reads', file('▸UNUSED_OUTPUT▸a: 1, b: 2, ▸UNUSED_OUTPUT▸c: 3', 'needs.one.outputs.b')],
    [
      'one of a workflow that is started by a webhook',
      `on: { webhook: { secret: A } }\n${file('▸UNUSED_OUTPUT▸a: 1', 'needs.one.result')}`,
    ],
  ])('warns of %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it.each([
    ['one that is read, in whatever letter case', file('Tag: 1', "NEEDS.one.Outputs['TAG']")],
    ['those of a job that no other needs', `jobs:\n  one:\n    outputs: { a: 1 }\n    ${steps}\n`],
    ['all where they are read together', file('a: 1', 'toJSON(needs.one.outputs)')],
    ['all where the job is read as a whole', file('a: 1', 'toJSON(needs.one)')],
    ['all where every job is read', file('a: 1', 'toJSON(needs.*.outputs)')],
    ['one that is read by a name that is computed', file('a: 1', 'needs.one.outputs[vars.name]')],
    ['those of a workflow that another file may call', `on: workflow_call\n${file('a: 1', 'needs.one.result')}`],
    [
      'those of a file that others call and people start',
      `on: [manual, workflow_call]\n${file('a: 1', 'needs.one.result')}`,
    ],
  ])('says nothing of %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('says nothing while the file has errors, which may hide who reads it', () => {
    expect(compileMarked(file('a: 1', 'needs.one.outputs.a x')).reported).toEqual(['EXPRESSION_SYNTAX 9:44']);
  });
});
