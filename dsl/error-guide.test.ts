import { describe, expect, it } from 'vitest';
import { errorGuide, errorKinds } from '../schemas/index.ts';
import { compile } from './index.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';
import { testCatalogue } from './testing/catalogue.ts';

const entries = Object.entries(errorGuide);
const workflows = entries.flatMap(([code, { example }]) =>
  'workflow' in example ? [[code, example.workflow] as const] : [],
);

describe('the guide to error codes', () => {
  it('has every code once', () => {
    expect(entries.map(([code]) => code).toSorted()).toEqual(Object.keys(errorKinds).toSorted());
  });

  it('has a workflow for each code that the reader reports', () => {
    expect(workflows.length).toBeGreaterThanOrEqual(29);
  });

  it.each(workflows)('shows a file that gets %s, and nothing else', (code, workflow) => {
    const { diagnostics } = compile(workflow, { file: 'example.yml', catalogue: testCatalogue });
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
  });

  it('is shown on its page as it is, but for what is too long or no text', () => {
    const shown = blocksOn('docs/errors.md', { language: 'yaml' }).map(({ under, text }) => [under, text] as const);
    expect(shown.map(([code]) => code)).toEqual(workflows.map(([code]) => code));
    const shortened = shown.filter(([code, text]) => !workflows.some((each) => each[0] === code && each[1] === text));
    expect(shortened.map(([code]) => code)).toEqual([
      'YAML_TOO_DEEP',
      'ENCODING',
      'FILE_TOO_LARGE',
      'EXPRESSION_LIMIT',
    ]);
  });

  it.each(entries)('says why %s happens, and what to do, in sentences', (_code, { cause, remedy }) => {
    expect(cause).toMatch(/^[A-Z`].*\.$/s);
    expect(remedy).toMatch(/^[A-Z`].*\.$/s);
  });
});
