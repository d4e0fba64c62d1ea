import {
  array,
  assert,
  constantFrom,
  dictionary,
  integer,
  jsonValue,
  oneof,
  property,
  string,
  tuple,
  uint8Array,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, renderDiagnostic } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';

const valid = `name: Release
run-name: Release to \${{ inputs.target }}
on:
  manual:
    inputs:
      target: { type: choice, options: [a, b], default: a }
env: &env { A: "\${{ inputs.target }}" }
defaults: { run: { shell: sh, working-directory: 'a/\${{ inputs.target }}' } }
concurrency: release-\${{ inputs.target }}
jobs:
  build:
    runs-on: local
    strategy: { matrix: { os: [linux, macos], include: [{ os: linux, fast: true }] } }
    outputs: { commit: '\${{ steps.source.outputs.commit }}' }
    steps:
      - id: source
        uses: checkout@v1
        with: { repository: "https://example.com/a.git", depth: 1 }
      - run: |
          make "\${{ matrix.os }}"
          echo done
        if: success() && matrix.os == 'linux'
        retry: { attempts: 2, on: [failure] }
        permissions: { net: [{ url: 'https://example.com/*' }] }
  deploy:
    needs: [build]
    runs-on: { queue: web, hosts: 50%, batch: 2, max-failures: '\${{ vars.share }}%', canary: 1 }
    concurrency: { group: "deploy \${{ needs.build.result }}", cancel-in-progress: "\${{ vars.hurry == 'yes' }}" }
    environment: { name: live, url: "https://\${{ vars.host }}", approval: { approvers: [alice, 'x-\${{ vars.team }}'], timeout: 1h } }
    queue-timeout: 1h
    keep-workspace: true
    env: { <<: *env, B: 'it''s' }
    steps:
      - uses: http@v1
        with:
          url: "https://example.com/\\u00e9/\${{ needs.build.outputs.commit }}"
          headers: { Authorization: 'Bearer \${{ secrets.TOKEN }}' }
      - id: loop
        uses: for-each@v1
        with:
          items: \${{ fromJSON(vars.items) }}
          steps:
            - uses: if@v1
              with:
                condition: each.index > 0
                then: [{ id: one, run: make, if: each.value.x }]
                else: [{ uses: sleep@v1, with: { duration: 1s } }]
                outputs: { a: '\${{ steps.one.outputs.a }}' }
          outputs: { b: '\${{ each.value }}' }
      - uses: wait-for@v1
        with: { signal: go, schema: { type: object, properties: { a: { enum: [1] } } } }
        if: steps.loop.outputs.b[0]
`;

/** What holds of the answer to any source. */
function check(source: Uint8Array | string): void {
  const { plan, diagnostics } = compile(source, { file: 'any.yml', catalogue: testCatalogue });
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
  expect(plan === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  let previous = { line: 0, column: 0 };
  for (const diagnostic of diagnostics) {
    const { line = 0, column = 0, message, remedy } = diagnostic;
    expect(message).not.toBe('');
    expect(remedy).not.toBe('');
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
    expect(line > previous.line || (line === previous.line && column >= previous.column)).toBe(true);
    previous = { line, column };
    expect(renderDiagnostic(diagnostic, text)).not.toMatch(/(?![\t\n])\p{Cc}/u);
  }
}

/** Pieces that mean something to YAML, to expressions or to the language. */
const piece = constantFrom(
  '\n',
  '\n  ',
  '\n    - ',
  ' ',
  ': ',
  ', ',
  '- ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|',
  '>',
  '|2-\n',
  '# ',
  '&a ',
  '*a',
  '<<: *a',
  '!x ',
  '! ',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '\t',
  '\\',
  '${{',
  '}}',
  'inputs.x',
  'steps',
  '!',
  '&&',
  "'a'",
  'jobs',
  'on',
  'needs',
  'run',
  'uses',
  'with',
  'env',
  'if',
  'matrix',
  'include',
  'permissions',
  'retry',
  'then',
  'each.value',
  'for-each@v1',
  '\r\n',
  '\uFEFF',
  '😀',
  'é',
  '0x',
  '1e9',
  '.nan',
  '~',
  'null',
);

describe('compile, on anything', () => {
  it('answers any bytes', () => {
    assert(property(uint8Array({ maxLength: 200 }), check), { numRuns: 300 });
  });

  it('answers any text', () => {
    assert(property(string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
  });

  it('answers any sequence of what YAML and the language are made of', () => {
    assert(
      property(array(piece, { maxLength: 40 }), (pieces) => check(pieces.join(''))),
      { numRuns: 1_000 },
    );
  });

  it('answers any data under the keys of the language', () => {
    const key = constantFrom(
      'name',
      'on',
      'manual',
      'inputs',
      'env',
      'permissions',
      'jobs',
      'a',
      'steps',
      'needs',
      'strategy',
      'matrix',
      'include',
      'exclude',
      'retry',
      'with',
      'uses',
      'run',
      'if',
      'net',
    );
    const value = oneof(
      jsonValue(),
      constantFrom('${{ inputs.a }}', '${{ x', 'run@v1', 'a', 1, true, null),
      dictionary(key, jsonValue()),
    );
    const data = dictionary(
      key,
      oneof(value, dictionary(key, oneof(value, array(dictionary(key, value), { maxLength: 2 })))),
    );
    assert(
      property(data, (workflow) => check(JSON.stringify(workflow))),
      { numRuns: 500 },
    );
  });

  it('answers a valid file in which anything was replaced', () => {
    const change = tuple(
      integer({ min: 0, max: valid.length }),
      integer({ min: 0, max: 12 }),
      array(piece, { maxLength: 3 }),
    );
    check(valid);
    expect(compile(valid, { file: 'valid.yml', catalogue: testCatalogue }).diagnostics).toEqual([]);
    assert(
      property(array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let source = valid;
        for (const [at, length, pieces] of changes)
          source = source.slice(0, at) + pieces.join('') + source.slice(at + length);
        check(source);
      }),
      { numRuns: 1_000 },
    );
  });

  it('answers a valid file in which bytes were changed', () => {
    const bytes = new TextEncoder().encode(valid);
    const change = tuple(integer({ min: 0, max: bytes.length - 1 }), integer({ min: 0, max: 255 }));
    assert(
      property(array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, value] of changes) changed[at] = value;
        check(changed);
      }),
      { numRuns: 300 },
    );
  });
});
