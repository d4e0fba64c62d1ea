import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { explanationAt, suggestionsAt } from './complete.ts';

// The file is a JSON Schema, which an object is.
const schema = JSON.parse(
  readFileSync(new URL('../../schemas/workflow.schema.json', import.meta.url), 'utf8'),
) as JsonObject;
const known = { schema, catalogue: testCatalogue, queues: ['local', 'gpu/large'] };

/** What is offered at `▸`, and the text in whose place. */
function offered(marked: string): { readonly written: string; readonly names: readonly string[] } {
  const offset = marked.indexOf('▸');
  const text = marked.replace('▸', '');
  const found = suggestionsAt(text, offset, known);
  return {
    written: found === undefined ? '' : text.slice(found.from, offset),
    names: found?.options.map((option) => option.text) ?? [],
  };
}

const job = (line: string): string => `on:
  manual:
    inputs:
      target: { type: string }
jobs:
  build:
    outputs:
      file: \${{ steps.make.outputs.file }}
    steps:
      - run: make
  ship:
    needs: [build]
    strategy:
      matrix:
        os: [linux]
    steps:
      - id: source
        uses: checkout@v1
        with:
          repository: https://example.com/a.git
      - id: twice
        uses: for-each@v1
        with:
          items: [a]
          steps:
            - id: inner
              run: |
                if true: then
                  echo
${line}
`;

describe('completion', () => {
  it.each([
    ['▸', '', ['jobs', 'on', 'name']],
    ['jobs:\n  a:\n    ne▸', 'ne', ['needs', 'steps', 'runs-on']],
    ['jobs:\n  a:\n    runs-on: gpu/▸', 'gpu/', ['gpu/large', 'local']],
    ['jobs:\n  a:\n    runs-on:\n      queue: ▸', '', ['gpu/large', 'local']],
    ['jobs:\n  a:\n    steps:\n      - ▸', '', ['uses', 'run', 'with']],
    ['jobs:\n  a:\n    steps:\n    - run: x\n      n▸', 'n', ['name', 'if', 'env']],
    ['jobs:\n  a:\n    steps:\n      - uses: ht▸', 'ht', ['http@v1', 'checkout@v1']],
    [
      'jobs:\n  a:\n    steps:\n      - uses: http@v1\n        with:\n          m▸\n        name: b',
      'm',
      ['method', 'url', 'headers'],
    ],
    [
      'jobs:\n  a:\n    steps:\n      - uses: if@v1\n        with:\n          then:\n            - u▸',
      'u',
      ['uses', 'run'],
    ],
    ['jobs:\n  a:\n    keep-workspace: ▸', '', ['true', 'false']],
    ['jobs:\n  a: {}\n  b: {}\n  c:\n    needs: ▸', '', ['a', 'b']],
    ['jobs:\n  a: {}\n  c:\n    needs:\n      - ▸', '', ['a']],
    ['permissions:\n  ▸', '', ['net', 'fs']],
  ])('offers in %j, for %j', (marked, written, names) => {
    const found = offered(marked);
    expect(found.written).toBe(written);
    expect(found.names).toEqual(expect.arrayContaining(names));
  });

  it('offers no key twice, and none of a node besides its own', () => {
    expect(offered('name: a\n▸').names).not.toContain('name');
    const { names } = offered(job('      - uses: http@v1\n        with:\n          url: a\n          ▸'));
    expect(names).toEqual(['method', 'headers', 'expect', 'body']);
  });

  it.each([
    ['${{ ▸ }}', ['inputs', 'needs', 'steps', 'format']],
    ['${{ inputs.▸ }}', ['target']],
    ['${{ inputs.ta▸', ['target']],
    ['${{ needs.▸ }}', ['build']],
    ['${{ needs.build.▸ }}', ['result', 'outputs']],
    ['${{ needs.build.outputs.▸ }}', ['file']],
    ['${{ steps.▸ }}', ['source', 'twice', 'inner']],
    ['${{ steps.source.outputs.▸ }}', ['commit', 'ref']],
    ['${{ matrix.▸ }}', ['os']],
    ['${{ workflow.▸ }}', ['name', 'run_id', 'run_attempt', 'file']],
  ])('offers what %s can read', (written, names) => {
    expect(offered(job(`      - run: echo ${written}`)).names).toEqual(expect.arrayContaining(names));
  });

  it('takes a condition for an expression, and a script only where one begins in it', () => {
    expect(offered(job('      - if: needs.▸\n        run: x')).names).toEqual(['build']);
    expect(offered(job('                name▸')).names).toEqual([]);
    expect(offered(job('                ${{ inputs.▸')).names).toEqual(['target']);
    expect(offered('jobs: # na▸').names).toEqual([]);
  });
});

describe('explanations', () => {
  it.each([
    ['jobs:\n  a:\n    nee▸ds: b', 'needs', /must have ended/u],
    ['jobs:\n  a:\n    steps:\n      - uses: http▸@v1', 'http@v1', /HTTP request/u],
    [
      'jobs:\n  a:\n    steps:\n      - uses: checkout@v1\n        with:\n          reposi▸tory: b',
      'repository',
      /what to clone/u,
    ],
  ])('are of keys, nodes and inputs: %j', (marked, title, info) => {
    const found = explanationAt(marked.replace('▸', ''), marked.indexOf('▸'), known);
    expect([found?.title, found?.info]).toEqual([title, expect.stringMatching(info)]);
  });

  it('are of nothing else', () => {
    for (const marked of ['jobs:\n  ▸mine:', 'name: na▸me', '▸', '# jo▸bs:']) {
      expect(explanationAt(marked.replace('▸', ''), marked.indexOf('▸'), known), marked).toBeUndefined();
    }
  });
});
