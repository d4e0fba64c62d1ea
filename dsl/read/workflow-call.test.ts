import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked } from '../testing/mistakes.ts';

const jobs = "jobs: { a: { steps: [{ run: make, env: { A: '${{ inputs.a }}', B: '${{ inputs.b }}' } }] } }\n";
const read = (text: string): ReturnType<typeof compile> => compile(text, { file: 'w.yml', catalogue: testCatalogue });

describe('on.workflow_call', () => {
  it('gives its inputs to a run by hand, where nothing else does', () => {
    const { plan, diagnostics } = read(`on: { workflow_call: { inputs: { a: , b: { type: number } } } }\n${jobs}`);
    expect(diagnostics).toEqual([]);
    expect(plan?.inputs).toMatchObject({ a: { type: 'string' }, b: { type: 'number' } });
    expect(plan?.call).toEqual({ outputs: {}, secrets: {} });
  });

  it('leaves to manual its own inputs, and expressions read those of both', () => {
    const { plan, diagnostics } = read(
      `on: { manual: { inputs: { a: } }, workflow_call: { inputs: { b: { required: true } } } }\n${jobs}`,
    );
    expect(diagnostics).toEqual([]);
    expect(Object.keys(plan?.inputs ?? {})).toEqual(['a']);
  });

  it('can stand alone, in a list, or with nothing below it', () => {
    for (const on of ['workflow_call', '[manual, workflow_call]', '{ workflow_call: }']) {
      expect(read(`on: ${on}\njobs: { a: { steps: [{ run: make }] } }\n`).plan?.call).toBeDefined();
    }
    expect(read('jobs: { a: { steps: [{ run: make }] } }\n').plan?.call).toBeUndefined();
  });

  it.each([
    ['an unknown key', '▸UNKNOWN_KEY▸input: {}'],
    ['an input of an unknown type', 'inputs: { a: { type: ▸INVALID_VALUE▸strng } }'],
    ['secrets as a list', 'secrets: ▸WRONG_TYPE▸[A]'],
    ['a secret with a value', 'secrets: { A: ▸WRONG_TYPE▸x }'],
    ['a secret of no name', 'secrets: { ▸INVALID_VALUE▸A.B: }'],
    ['one secret twice', 'secrets: { A: , ▸DUPLICATE_ID▸a: }'],
    ['required as a text', 'secrets: { A: { required: ▸WRONG_TYPE▸yes } }'],
    ['an output of no name', 'outputs: { ▸INVALID_VALUE▸a b: c }'],
    ['an output that is a list', 'outputs: { a: ▸WRONG_TYPE▸[b] }'],
  ])('reports %s', (_what, lines) => {
    const { marked, reported } = compileMarked(
      `on:\n  workflow_call:\n    ${lines}\njobs: { a: { steps: [{ run: make }] } }\n`,
    );
    expect(reported).toEqual(marked);
  });

  it.each([
    ['workflow_run', 'webhook'],
    ['workflow-call', 'Did you mean `workflow_call`'],
    ['schedul', 'Did you mean `schedule`'],
    ['cron', 'Did you mean `schedule`'],
    ['push', 'on: manual'],
  ])('says of the trigger %s what to write', (trigger, remedy) => {
    const { diagnostics } = read(`on: ${trigger}\njobs: { a: { steps: [{ run: make }] } }\n`);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.remedy).toContain(remedy);
  });
});
