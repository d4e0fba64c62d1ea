import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../schemas/index.ts';
import { compile, renderDiagnostic } from './index.ts';
import { testCatalogue } from './testing/catalogue.ts';
import { compileMarked } from './testing/mistakes.ts';

function planOf(source: string): Plan {
  const { plan, diagnostics } = compile(source, { file: 'ci/build.yml', catalogue: testCatalogue });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (plan === undefined) throw new Error('the test needs a plan');
  return plan;
}

const literal = (value: unknown): unknown => ({ kind: 'literal', value });

describe('compile', () => {
  it('makes a plan with every default filled in', () => {
    const source = 'jobs:\n  build:\n    steps:\n      - run: make\n';
    expect(planOf(source)).toEqual({
      version: 1,
      name: 'build.yml',
      file: 'ci/build.yml',
      source: `sha256:${createHash('sha256').update(source).digest('hex')}`,
      inputs: {},
      env: literal({}),
      jobs: [
        {
          id: 'build',
          needs: [],
          runs_on: literal('local'),
          timeout_minutes: literal(360),
          lost_after_ms: 120_000,
          env: literal({}),
          outputs: literal({}),
          steps: [
            {
              key: '0',
              uses: 'run@v1',
              kind: 'plugin',
              with: literal({ script: 'make' }),
              env: literal({}),
              continue_on_error: literal(false),
              references: [],
              outputs: [],
              at: { file: 'ci/build.yml', line: 4, column: 9 },
            },
          ],
          at: { file: 'ci/build.yml', line: 2, column: 3 },
        },
      ],
    });
  });

  it('reads everything that a workflow may say', () => {
    const plan = planOf(`
name: Release
on:
  workflow_dispatch:
    inputs:
      target: { description: where to, type: choice, options: [staging, production], default: staging }
      count: { type: number, required: true }
      tag: { pattern: '^v[0-9]+$' }
env: { LEVEL: 3, FLAG: true, EMPTY: }
permissions: { net: [{ url: 'https://\${{ inputs.target }}.example.com/*', reason: deploys }], fs: [] }
jobs:
  build:
    name: Build \${{ matrix.os }}
    runs-on: \${{ matrix.os }}
    timeout-minutes: 1.5
    lost-after: 1m
    retry: { attempts: 2, on: lost }
    strategy:
      fail-fast: false
      max-parallel: 2
      matrix:
        os: [linux, macos]
        include: [{ os: linux, fast: true }]
        exclude: \${{ fromJSON(vars.exclude) }}
    outputs: { commit: '\${{ steps.source.outputs.commit }}' }
    steps:
      - id: source
        name: Get \${{ inputs.tag }}
        uses: checkout@v1
        with: { repository: 'https://example.com/\${{ inputs.tag }}', depth: 1 }
      - run: make \${{ matrix.fast }}
        shell: sh
        working-directory: sub
        if: success() && hashFiles('**/Makefile') != ''
        continue-on-error: \${{ matrix.fast == true }}
        timeout-minutes: 5
        retry: { initial-interval: 500ms, backoff-coefficient: 1.5, maximum-interval: 1m }
        permissions: {}
        env: { TOKEN: '\${{ secrets.TOKEN }}', COMMIT: '\${{ steps.source.outputs.commit }}' }
  deploy:
    needs: build
    if: always()
    steps:
      - uses: sleep@v1
        with: { duration: 5s }
`);
    expect(plan.name).toBe('Release');
    expect(plan.inputs).toMatchObject({
      target: { type: 'choice', required: false, default: 'staging', options: ['staging', 'production'] },
      count: { type: 'number', required: true },
      tag: { type: 'string', pattern: '^v[0-9]+$', at: { line: 8, column: 7 } },
    });
    expect(plan.env).toEqual(literal({ LEVEL: '3', FLAG: 'true', EMPTY: '' }));
    expect(plan.permissions?.entries).toMatchObject({
      kind: 'object',
      entries: [
        ['net', { kind: 'array' }],
        ['fs', {}],
      ],
    });
    const [build, deploy] = plan.jobs;
    expect(build).toMatchObject({
      runs_on: { kind: 'expression' },
      name: { kind: 'text', parts: ['Build ', { source: 'matrix.os' }] },
      timeout_minutes: literal(1.5),
      lost_after_ms: 60_000,
      retry: {
        attempts: literal(2),
        initial_interval_ms: 1000,
        backoff_coefficient: 2,
        maximum_interval_ms: 100_000,
        on: ['lost'],
      },
      strategy: {
        matrix: [['os', literal(['linux', 'macos'])]],
        include: literal([{ os: 'linux', fast: true }]),
        exclude: { kind: 'expression', expression: { source: 'fromJSON(vars.exclude)' } },
        fail_fast: literal(false),
        max_parallel: literal(2),
      },
    });
    expect(build?.steps[0]).toMatchObject({ key: 'source', id: 'source', references: [['inputs', 'tag']] });
    expect(build?.steps[0]?.outputs).toEqual(['commit', 'ref']);
    expect(build?.steps[1]).toMatchObject({
      key: '1',
      uses: 'run@v1',
      with: {
        kind: 'object',
        entries: [
          ['script', { kind: 'text' }],
          ['shell', literal('sh')],
          ['working-directory', literal('sub')],
        ],
      },
      if: { calls_status_function: true, on_agent: true },
      continue_on_error: { kind: 'expression' },
      retry: { attempts: literal(3), initial_interval_ms: 500, backoff_coefficient: 1.5, maximum_interval_ms: 60_000 },
      permissions: { entries: literal({}) },
      references: [
        ['secrets', 'TOKEN'],
        ['steps', 'source', 'outputs', 'commit'],
        ['matrix', 'fast'],
      ],
    });
    expect(deploy).toMatchObject({ needs: ['build'], if: { expression: { source: 'always()' }, on_agent: false } });
    expect(deploy?.steps[0]?.kind).toBe('control');
  });

  it('lists what the env layers around a step read among its references', () => {
    const plan = planOf(`
on: { manual: { inputs: { a: } } }
env: { A: '\${{ inputs.a }}' }
jobs:
  j:
    env: { B: '\${{ vars.b }}' }
    steps: [{ run: echo }]
`);
    expect(plan.jobs[0]?.steps[0]?.references).toEqual([
      ['inputs', 'a'],
      ['vars', 'b'],
    ]);
  });

  it.each(['on: manual', 'on: [manual]', 'on: { manual: }', 'on: workflow_dispatch', '"on": manual', 'name: x'])(
    'takes `%s` for a manual start',
    (trigger) => {
      expect(planOf(`${trigger}\njobs: { a: { steps: [{ run: x }] } }`).inputs).toEqual({});
    },
  );

  it('keeps an input or key named like a property of every object apart', () => {
    const plan = planOf(`
on: { manual: { inputs: { constructor: , valueOf: { type: number } } } }
env: { hasOwnProperty: a, toString: b }
jobs: { a: { steps: [{ run: 'echo \${{ env.toString }}' }] } }
`);
    expect(Object.keys(plan.inputs)).toEqual(['constructor', 'valueOf']);
    expect(plan.env.kind === 'literal' && Object.keys(plan.env.value ?? {})).toEqual(['hasOwnProperty', 'toString']);
  });

  it('gives JSON: a plan survives being written and read', () => {
    const plan = planOf('jobs: { a: { steps: [{ run: "echo ${{ vars.x }}", if: "true" }] } }');
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  it('is the same plan from bytes, with a byte order mark or without', () => {
    const source = 'jobs: { a: { steps: [{ run: "é" }] } }';
    const bytes = new TextEncoder().encode(`\uFEFF${source}`);
    const { plan } = compile(bytes, { file: 'ci/build.yml', catalogue: testCatalogue });
    expect({ ...plan, source: '' }).toEqual({ ...planOf(source), source: '' });
  });

  it('makes no plan where there is an error, and one where there are only warnings', () => {
    const warned = compile('jobs: { a: { env: { V: 1.10 }, steps: [{ run: x }] } }', {
      file: 'w.yml',
      catalogue: testCatalogue,
    });
    expect(warned.diagnostics.map(({ severity }) => severity)).toEqual(['warning']);
    expect(warned.plan).toBeDefined();
    const wrong = compile('jobs: { a: { steps: [] } }', { file: 'w.yml', catalogue: testCatalogue });
    expect(wrong.plan).toBeUndefined();
  });

  it('reports twelve planted mistakes of twelve sorts, each at its place', () => {
    const { marked, reported, diagnostics } = compileMarked(`name: planted
on:
  manual:
    inputs:
      target: { type: choice, options: [staging, production], default: ▸INVALID_VALUE▸prod }
▸UNKNOWN_KEY▸permisions: {}
jobs:
  build:
    needs: [▸UNKNOWN_NEED▸tset]
    outputs:
      commit: \${{ steps.source.outputs.▸UNKNOWN_PROPERTY▸comit }}
    steps:
      - id: source
        uses: checkout@v1
        with:
          repository: https://example.com/a.git
          depth: ▸WRONG_TYPE▸"3"
      - uses: ▸PLUGIN_NOT_FOUND▸htpp@v1
      - run: |
          echo "$TARGET"
          echo \${{ ▸UNKNOWN_CONTEXT▸input.target }}
        ▸YAML_DUPLICATE_KEY▸run: echo again
  test:
    needs: build
    if: ▸CONTEXT_NOT_AVAILABLE▸matrix.os == 'linux'
    steps:
      - id: source
        uses: ▸MISSING_INPUT▸http@v1
        with: { method: GET }
      - id: ▸DUPLICATE_ID▸source
        run: echo
        if: ▸CONDITION_TEXT▸\${{ failure() }} || true
`);
    expect(reported).toEqual(marked);
    expect(new Set(diagnostics.map(({ code }) => code)).size).toBe(12);
    expect(diagnostics.every(({ remedy, end_line, end_column }) => remedy !== '' && end_line && end_column)).toBe(true);
    expect(renderDiagnostic(diagnostics[1] ?? raise(), 'name\n\n\n\n\npermisions: {}')).toContain('^^^^^^^^^^');
  });
});

function raise(): never {
  throw new Error('nothing was reported');
}
