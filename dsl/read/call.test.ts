import { describe, expect, it } from 'vitest';
import { callable, calling, compileFiles } from '../testing/workflows.ts';

const other = callable(`inputs:
  tag: { required: true, description: what to deploy }
  count: { type: number, default: 1 }
  force: { type: boolean }
  stage: { type: choice, options: [staging, production] }
  settings: { type: json }
secrets:
  TOKEN: { required: true }
  OTHER:
outputs:
  url: '\${{ jobs.inner.outputs.x }}'
  state: { value: '\${{ jobs.inner.result }}', description: how it went }`);

const given = 'with: { tag: v1 }\nsecrets: inherit';

describe('a job that calls a workflow', () => {
  it('is planned with what it hands over, and with the plan of what it calls', () => {
    const { result } = compileFiles({
      'w.yml': `on: { manual: { inputs: { tag: } } }
jobs:
  first: { steps: [{ run: make }] }
  call:
    needs: first
    if: always()
    name: Deploy \${{ matrix.stage }}
    strategy: { matrix: { stage: [staging, production] } }
    concurrency: deploy
    permissions: {}
    uses: ./ci/other.yml
    with: { tag: '\${{ inputs.tag }}', count: 3, stage: '\${{ matrix.stage }}' }
    secrets: { TOKEN: '\${{ secrets.DEPLOY_TOKEN }}', OTHER: "\${{ secrets['X'] }}" }
  after:
    needs: call
    steps: [{ run: make, env: { URL: '\${{ needs.call.outputs.url }}' } }]
`,
      'ci/other.yml': other,
    });
    expect(result.diagnostics).toEqual([]);
    const call = result.plan?.jobs.find(({ id }) => id === 'call');
    expect(call).toMatchObject({
      needs: ['first'],
      steps: [],
      runs_on: { kind: 'literal', value: 'local' },
      calls: { workflow: 'ci/other.yml', secrets: { TOKEN: 'DEPLOY_TOKEN', OTHER: 'X' }, at: { line: 11, column: 11 } },
    });
    expect(call?.calls?.with.kind).toBe('object');
    const called = result.plan?.workflows?.['ci/other.yml'];
    expect(Object.keys(called?.inputs ?? {})).toEqual(['tag', 'count', 'force', 'stage', 'settings']);
    expect(called?.call?.secrets).toEqual({ TOKEN: { required: true }, OTHER: { required: false } });
    expect(Object.keys(called?.call?.outputs ?? {})).toEqual(['url', 'state']);
    expect(called?.file).toBe('ci/other.yml');
    expect(called?.jobs[0]?.at).toMatchObject({ file: 'ci/other.yml' });
    expect(Object.keys(result.plan?.inputs ?? {})).toEqual(['tag']);
  });

  it.each([
    ['an input that is missing', 'uses: ▸MISSING_INPUT▸./other.yml\nsecrets: inherit'],
    ['a secret that is missing', 'uses: ▸SECRET_MISSING▸./other.yml\nwith: { tag: v1 }'],
    ['an input that is unknown', 'uses: ./other.yml\nwith: { tag: v1, ▸UNKNOWN_INPUT▸cuont: 1 }\nsecrets: inherit'],
    ['a misspelt input once', 'uses: ./other.yml\nwith: { ▸UNKNOWN_INPUT▸tga: v1 }\nsecrets: inherit'],
    [
      'a secret that is unknown',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { ▸UNKNOWN_INPUT▸TOKN: '${{ secrets.A }}' }",
    ],
    ['a number for a text', 'uses: ./other.yml\nwith: { tag: ▸WRONG_TYPE▸1 }\nsecrets: inherit'],
    ['a text for a number', "uses: ./other.yml\nwith: { tag: a, count: ▸WRONG_TYPE▸'1' }\nsecrets: inherit"],
    ['a text for a boolean', 'uses: ./other.yml\nwith: { tag: a, force: ▸WRONG_TYPE▸yes }\nsecrets: inherit'],
    ['a word that is no choice', 'uses: ./other.yml\nwith: { tag: a, stage: ▸INVALID_VALUE▸stagin }\nsecrets: inherit'],
    [
      'a list with an expression for a text',
      "uses: ./other.yml\nwith: { tag: ▸WRONG_TYPE▸['${{ vars.a }}'] }\nsecrets: inherit",
    ],
    ['nothing below with', 'uses: ./other.yml\nwith: ▸WRONG_TYPE▸v1\nsecrets: inherit'],
    [
      'an expression that is wrong',
      "uses: ./other.yml\nwith: { tag: '${{ ▸CONTEXT_NOT_AVAILABLE▸secrets.A }}' }\nsecrets: inherit",
    ],
    ['a word that is no inherit', 'uses: ./other.yml\nwith: { tag: v1 }\nsecrets: ▸INVALID_VALUE▸inherited'],
    [
      'a secret written out',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: ▸INVALID_VALUE▸'hunter2hunter2' }",
    ],
    ['a secret by its bare name', 'uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: ▸INVALID_VALUE▸TOKEN }'],
    [
      'a secret with text around',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: ▸INVALID_VALUE▸'a${{ secrets.A }}' }",
    ],
    [
      'a secret that is computed',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: ▸INVALID_VALUE▸'${{ secrets.A || secrets.B }}' }",
    ],
    [
      'a secret of another context',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: ▸INVALID_VALUE▸'${{ ▸CONTEXT_NOT_AVAILABLE▸inputs.a }}' }",
    ],
    [
      'two secrets of one name',
      "uses: ./other.yml\nwith: { tag: v1 }\nsecrets: { TOKEN: '${{ secrets.A }}', ▸UNKNOWN_INPUT▸▸DUPLICATE_ID▸token: '${{ secrets.A }}' }",
    ],
    ['steps beside it', `uses: ./other.yml\n${given}\n▸INVALID_VALUE▸steps: [{ run: make }]`],
    ['a queue beside it', `uses: ./other.yml\n${given}\n▸INVALID_VALUE▸runs-on: local`],
    ['an environment beside it', `uses: ./other.yml\n${given}\n▸INVALID_VALUE▸environment: production`],
    [
      'a retry and a timeout beside it',
      `uses: ./other.yml\n${given}\n▸INVALID_VALUE▸retry: {}\n▸INVALID_VALUE▸timeout-minutes: 5`,
    ],
    ['variables beside it', `uses: ./other.yml\n${given}\n▸INVALID_VALUE▸env: { A: b }`],
    ['a container beside it', `uses: ./other.yml\n${given}\n▸UNKNOWN_KEY▸container: node`],
    [
      'with and secrets without it',
      'steps: [{ run: make }]\n▸INVALID_VALUE▸with: { a: 1 }\n▸INVALID_VALUE▸secrets: inherit',
    ],
  ])('reports %s', (_what, lines) => {
    const { marked, reported, result } = compileFiles({ 'w.yml': calling(lines), 'other.yml': other });
    expect(reported.toSorted()).toEqual(marked.toSorted());
    expect(result.plan).toBeUndefined();
    expect(JSON.stringify(result.diagnostics)).not.toContain('hunter2');
  });

  it.each([
    ['of another repository', 'acme/ci/.github/workflows/build.yml@v1', 'Copy the file into this folder'],
    ['at an address', 'https://example.com/build.yml', 'Copy the file into this folder'],
    ['that is a node', 'checkout@v1', 'a node is used by a step'],
    ['without ./', 'other.yml', '`./other.yml`'],
    ['that is absolute', '/etc/other.yml', 'beginning with `./`'],
    ['out of the folder', './../other.yml', 'into that folder'],
    ['out of the folder by a detour', './a/../../other.yml', 'into that folder'],
    ['above the folder', '../other.yml', 'into that folder'],
    ['that is no workflow file', './plugins/mine', 'Name a workflow file'],
    ['with backslashes', '.\\other.yml', 'Write it with `/`'],
  ])('refuses a path %s', (_what, path, remedy) => {
    const { reported, result, read } = compileFiles({ 'w.yml': calling(`uses: ${path}`), 'other.yml': other });
    expect(reported).toEqual(['w.yml INVALID_VALUE 3:11']);
    expect(result.diagnostics[0]?.remedy).toContain(remedy);
    expect(read).toEqual([]);
  });

  it('says that a file is missing, and where the one may be that GitHub would take', () => {
    const missing = compileFiles({ 'w.yml': calling('uses: ▸WORKFLOW_NOT_FOUND▸./relaese.yml') });
    expect(missing.reported).toEqual(missing.marked);
    const files = { 'w.yml': calling('uses: ./.github/workflows/b.yml'), 'b.yml': callable() };
    const [diagnostic] = compileFiles(files).result.diagnostics;
    expect(diagnostic).toMatchObject({ code: 'WORKFLOW_NOT_FOUND', fix: { edits: [{ text: './b.yml' }] } });
  });

  it('reports mistakes of a called file in that file, and that it has some at each call', () => {
    const { marked, reported, result } = compileFiles({
      'w.yml': `jobs:\n  one:\n    uses: ▸INVALID_VALUE▸./b.yml\n  two:\n    needs: [one]\n    uses: ▸INVALID_VALUE▸./b.yml\n  three:\n    needs: two\n    steps: [{ run: make, env: { A: '\${{ needs.two.outputs.▸UNKNOWN_PROPERTY▸y }}' } }]\n`,
      'b.yml': `on: { workflow_call: { outputs: { x: a } } }\njobs:\n  a:\n    ▸UNKNOWN_KEY▸stpes: []\n`,
    });
    expect(reported).toEqual(marked);
    expect([...(result.called?.keys() ?? [])]).toEqual(['b.yml']);
  });

  it('refuses a workflow that does not say it may be called', () => {
    const { marked, reported } = compileFiles({
      'w.yml': calling('uses: ▸INVALID_VALUE▸./b.yml'),
      'b.yml': 'on: manual\njobs: { a: { steps: [{ run: make }] } }\n',
    });
    expect(reported).toEqual(marked);
  });

  it('checks what jobs read of a call, and what a call reads of its jobs', () => {
    const { marked, reported } = compileFiles({
      'w.yml': `jobs:\n  call: { uses: ▸INVALID_VALUE▸./b.yml }\n  after:\n    needs: call\n    steps: [{ run: make, env: { A: '\${{ needs.call.outputs.▸UNKNOWN_PROPERTY▸ulr }}' } }]\n`,
      'b.yml': callable(
        `outputs:\n  url: '\${{ jobs.inner.outputs.▸UNKNOWN_PROPERTY▸y }}'\n  a: { ▸UNKNOWN_KEY▸vlaue: b }\n  ▸MISSING_KEY▸b: { description: c }\n  c: '\${{ ▸CONTEXT_NOT_AVAILABLE▸steps.s.outputs.x }}'\n  d: '\${{ jobs.▸UNKNOWN_PROPERTY▸iner.result }}'`,
      ),
    });
    expect(reported).toEqual(marked);
  });

  it('tells its plugins beside it by where they are from the root workflow', () => {
    const { result } = compileFiles({
      'w.yml': calling('uses: ./ci/b.yml'),
      'ci/b.yml': 'on: workflow_call\njobs: { a: { steps: [{ uses: ./broken }, { uses: ../broken }] } }\n',
    });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(['INVALID_VALUE', 'PLUGIN_NOT_FOUND', 'PLUGIN_INVALID']);
  });
});
