import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { evaluateTemplate } from './evaluate.ts';
import { sliceContexts } from './slice.ts';
import { parseTemplate, referencesOf } from './template.ts';
import { inLine } from './testing/sources.ts';

const contexts = {
  steps: {
    build: { outputs: { path: 'a', size: 3 }, outcome: 'success' },
    test: { outputs: {}, outcome: 'failure' },
  },
  inputs: { Tag: 'v1', list: [1, 2], nested: { a: { b: 1, c: 2 } } },
  env: { HOME: '/' },
};

describe('sliceContexts', () => {
  test.each([
    [[], {}],
    [[['inputs']], { inputs: contexts.inputs }],
    [[['steps', 'build', 'outputs', 'path']], { steps: { build: { outputs: { path: 'a' } } } }],
    [
      [
        ['inputs', 'nested', 'a', 'c'],
        ['inputs', 'nested', 'a', 'b'],
      ],
      { inputs: { nested: { a: { b: 1, c: 2 } } } },
    ],
    [
      [
        ['inputs', 'nested', 'a', 'c'],
        ['inputs', 'nested'],
        ['inputs', 'nested', 'a'],
      ],
      { inputs: { nested: { a: { b: 1, c: 2 } } } },
    ],
    [[['INPUTS', 'tag']], { inputs: { Tag: 'v1' } }],
    [[['inputs', 'list', '0']], { inputs: { list: [1, 2] } }],
    [[['inputs', 'Tag', 'first']], { inputs: { Tag: 'v1' } }],
    [[['steps', 'gone', 'outputs']], { steps: {} }],
    [[['matrix', 'os']], {}],
    [[[]], {}],
    [[['constructor'], ['inputs', '__proto__', 'x']], { inputs: {} }],
  ])('%j', (references, slice) => {
    expect(sliceContexts(contexts, references)).toEqual(slice);
  });

  test('keeps the order of keys', () => {
    const slice = sliceContexts(contexts, [['env'], ['inputs', 'list'], ['inputs', 'Tag'], ['steps', 'test']]);
    expect(JSON.stringify(slice)).toBe(
      JSON.stringify({ steps: { test: contexts.steps.test }, inputs: { Tag: 'v1', list: [1, 2] }, env: { HOME: '/' } }),
    );
  });

  test('a template gives the same over the slice that it refers to as over everything', () => {
    const path = fc.constantFrom(
      'steps.build.outputs.path',
      'STEPS.Build',
      'steps.*.outcome',
      'inputs.tag',
      "inputs['list'][0]",
      'inputs.nested.a.b',
      'inputs.nested[inputs.tag]',
      'env.home',
      'inputs.list[1]',
      'matrix.os',
      "toJSON(steps['test'])",
      'inputs.nested.a == inputs.nested.a',
    );
    fc.assert(
      fc.property(fc.array(path, { minLength: 1 }), (paths) => {
        const text = paths.map((source) => `\${{ ${source} }}`).join(' ');
        const { template } = parseTemplate(text, inLine(1, 1));
        const slice = sliceContexts(contexts, referencesOf(template));
        expect(evaluateTemplate(template, { contexts: slice })).toEqual(evaluateTemplate(template, { contexts }));
      }),
    );
  });
});
