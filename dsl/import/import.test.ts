import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { testCatalogue } from '../testing/catalogue.ts';
import { type ImportedWorkflow, importWorkflow } from './index.ts';

function imported(text: string): ImportedWorkflow {
  const result = importWorkflow(text, { file: 'ci.yml', catalogue: testCatalogue });
  if ('unreadable' in result) throw new Error(JSON.stringify(result.unreadable));
  return result;
}

/** The only job's steps, of a workflow whose steps are these lines. */
function steps(...lines: readonly string[]): { readonly steps: readonly unknown[]; readonly list: readonly string[] } {
  const text = `on: workflow_dispatch\njobs:\n  one:\n    steps:\n${lines.map((line) => `      ${line}\n`).join('')}`;
  const { workflow, entries } = imported(text);
  return { steps: parse(workflow).jobs.one.steps, list: entries.map(({ outcome, path }) => `${outcome} ${path}`) };
}

/** Nine lists, each of nine times the one before. */
const nestedAliases = [
  'k: &a0 [x]',
  ...Array.from({ length: 9 }, (_, level) => `k${level}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`),
].join('\n');

describe('the import of a workflow', () => {
  it('keeps what is the same, with its comments, and says that nothing needs hands', () => {
    const text = [
      '# Every night.',
      'name: Nightly # by hand, for now',
      'on:',
      '  workflow_dispatch:',
      'env:',
      '  LEVEL: 1.10',
      'jobs:',
      '  # The only one.',
      '  build:',
      '    if: success()',
      '    steps:',
      '      - run: |',
      '          make',
      '        timeout-minutes: 5',
      '',
    ].join('\n');
    const { workflow, entries, complete } = imported(text);
    expect(workflow).toBe(text.replace('workflow_dispatch', 'manual'));
    expect({ complete, paths: entries.map(({ path }) => path) }).toEqual({
      complete: true,
      paths: ['on.workflow_dispatch'],
    });
  });

  it.each([
    ['push', 'manual', ['todo on']],
    ['workflow_dispatch', 'manual', ['changed on']],
    ['[push, workflow_dispatch]', 'manual', ['todo on[0]', 'changed on[1]']],
    ['{ push: { branches: [main] } }', 'manual', ['todo on.push']],
    [
      '{ schedule: [{ cron: "0 0 * * *" }], workflow_dispatch: }',
      { schedule: [{ cron: '0 0 * * *' }], manual: null },
      ['changed on.workflow_dispatch'],
    ],
    ['{ schedule: daily }', 'manual', ['todo on.schedule']],
    [
      '{ schedule: [{ cron: "0 0 * * *", zone: UTC }] }',
      { schedule: [{ cron: '0 0 * * *' }] },
      ['todo on.schedule[0].zone'],
    ],
    ['workflow_call', 'workflow_call', []],
    ['[workflow_call, push, workflow_dispatch]', ['workflow_call', 'manual'], ['todo on[1]', 'changed on[2]']],
    [
      '{ workflow_call: { inputs: { a: { type: boolean, default: "true" } }, secrets: { A: { required: true } } } }',
      { workflow_call: { inputs: { a: { type: 'boolean', default: true } }, secrets: { A: { required: true } } } },
      ['changed on.workflow_call.inputs.a.default'],
    ],
    [
      "{ workflow_call: { outputs: { a: { value: '${{ github.run_id }}' } } } }",
      { workflow_call: { outputs: { a: { value: '${{ workflow.run_id }}' } } } },
      ['changed on.workflow_call.outputs.a.value'],
    ],
  ])('starts by hand what was started by %s', (on, expected, list) => {
    const { workflow, entries } = imported(`on: ${on}\njobs: { one: { steps: [{ run: ls }] } }\n`);
    expect(parse(workflow).on).toEqual(expected);
    expect(entries.map(({ outcome, path }) => `${outcome} ${path}`)).toEqual(list);
  });

  it('gives defaults of inputs the type of the input', () => {
    const inputs =
      '{ a: { type: number, default: "5" }, b: { type: boolean, default: "false", required: "true" }, c: { default: 1.0 }, d: { type: environment, deprecationMessage: x } }';
    const { workflow, complete } = imported(
      `on: { workflow_dispatch: { inputs: ${inputs} } }\njobs: { one: { steps: [{ run: ls }] } }\n`,
    );
    expect(parse(workflow).on.manual.inputs).toEqual({
      a: { type: 'number', default: 5 },
      b: { type: 'boolean', default: false, required: true },
      c: { default: '1.0' },
      d: { type: 'string' },
    });
    expect(complete).toBe(true);
  });

  it('keeps defaults of scripts where they are', () => {
    const text =
      'on: workflow_dispatch\ndefaults: { run: { shell: sh, working-directory: a } } # here\njobs:\n  one:\n    defaults: { run: { working-directory: b } }\n    steps:\n      - run: ls\n';
    const { workflow, entries, complete } = imported(text);
    expect({ workflow, count: entries.length, complete }).toEqual({
      workflow: text.replace('workflow_dispatch', 'manual'),
      count: 1,
      complete: true,
    });
  });

  it('lets each script fail whose default shell there is not, and no other', () => {
    const { workflow, entries } = imported(
      'on: workflow_dispatch\ndefaults: { run: { shell: pwsh } }\njobs:\n  one:\n    steps:\n      - run: ls\n      - run: ls\n        shell: sh\n  two:\n    defaults: { run: { shell: "bash -l {0}" } }\n    steps:\n      - run: ls\n',
    );
    expect(parse(workflow)).toEqual({
      on: 'manual',
      jobs: {
        one: {
          steps: [{ run: expect.stringContaining('not imported: shell pwsh') }, { run: 'ls', shell: 'sh' }],
        },
        two: { defaults: { run: { shell: 'bash' } }, steps: [{ run: 'ls' }] },
      },
    });
    expect(entries.slice(1).map(({ outcome, path }) => `${outcome} ${path}`)).toEqual([
      'changed defaults.run.shell',
      'todo jobs.one.steps[0].run',
      'todo jobs.one.steps[0].shell',
      'todo jobs.two.defaults.run.shell',
    ]);
  });

  it('keeps the name of a run', () => {
    const { workflow, complete } = imported(
      'on: workflow_dispatch\nrun-name: Run ${{ github.run_id }}\njobs: { one: { steps: [{ run: ls }] } }\n',
    );
    expect(parse(workflow)['run-name']).toBe('Run ${{ workflow.run_id }}');
    expect(complete).toBe(true);
  });

  it('keeps groups, and says who waits in them', () => {
    const { workflow, entries, complete } = imported(
      'on: workflow_dispatch\nconcurrency: ${{ github.workflow }}\njobs:\n  one:\n    concurrency: { group: a, cancel-in-progress: true }\n    steps:\n      - run: ls\n',
    );
    expect(parse(workflow)).toMatchObject({
      concurrency: '${{ workflow.name }}',
      jobs: { one: { concurrency: { group: 'a', 'cancel-in-progress': true } } },
    });
    expect(entries.slice(1).map(({ outcome, path }) => `${outcome} ${path}`)).toEqual([
      'changed concurrency',
      'changed concurrency',
    ]);
    expect(complete).toBe(true);
  });

  it('keeps environments, and asks for what is not in the file', () => {
    const { workflow, entries } = imported(
      "on: workflow_dispatch\njobs:\n  one:\n    environment: { name: live, url: '${{ steps.a.outputs.url }}', deployment: false }\n    steps:\n      - run: ls\n  two:\n    environment: { name: live, url: 'https://${{ vars.host }}' }\n    steps:\n      - run: ls\n",
    );
    expect(parse(workflow).jobs).toMatchObject({
      one: { environment: { name: 'live' } },
      two: { environment: { name: 'live', url: 'https://${{ vars.host }}' } },
    });
    expect(entries.slice(1).map(({ outcome, path }) => `${outcome} ${path}`)).toEqual([
      'todo jobs.one.environment',
      'todo jobs.one.environment.url',
      'dropped jobs.one.environment.deployment',
      'todo jobs.two.environment',
    ]);
  });

  it('asks for the repository that a checkout without one means, by a name that is free', () => {
    const { workflow, complete } = imported(
      'on: { workflow_dispatch: { inputs: { Repository: {} } } }\njobs: { one: { steps: [{ uses: actions/checkout@v4 }] } }\n',
    );
    expect(parse(workflow)).toMatchObject({
      on: { manual: { inputs: { 'repository-2': { type: 'string', required: true } } } },
      jobs: { one: { steps: [{ uses: 'checkout@v1', with: { repository: '${{ inputs.repository-2 }}' } }] } },
    });
    expect(complete).toBe(true);
  });

  it('maps the inputs of a checkout', () => {
    const { steps: written, list } = steps(
      '- uses: actions/checkout@v4',
      '  with: { repository: team/tool, ref: v1, path: a, fetch-depth: 0, token: "${{ secrets.T }}", clean: true, lfs: true, sparse-checkout: docs, odd: 1 }',
    );
    expect(written).toEqual([
      {
        uses: 'checkout@v1',
        with: {
          repository: 'https://github.com/team/tool.git',
          ref: 'v1',
          path: 'a',
          depth: 0,
          token: '${{ secrets.T }}',
          lfs: true,
          sparse: 'docs',
        },
      },
    ]);
    expect(list.slice(2)).toEqual([
      'changed jobs.one.steps[0].with.repository',
      'changed jobs.one.steps[0].with.fetch-depth',
      'dropped jobs.one.steps[0].with.clean',
      'changed jobs.one.steps[0].with.sparse-checkout',
      'todo jobs.one.steps[0].with.odd',
    ]);
  });

  it('puts a step that fails in the place of an action, and keeps the action in a comment', () => {
    const { workflow, complete, diagnostics } = imported(
      "on: workflow_dispatch\njobs:\n  two: { needs: one, name: '${{ needs.one.outputs.o }}', runs-on: x, steps: [{ run: ls }] }\n  one:\n    outputs: { o: '${{ steps.a.outputs.x }}' }\n    steps:\n      - id: a\n        if: always()\n        uses: team/action@v1\n        with:\n          text: |\n            two\n              lines\n",
    );
    expect(parse(workflow).jobs.one.steps).toEqual([
      { id: 'a', if: 'always()', run: "echo 'not imported: team/action@v1' >&2\nexit 1\n" },
    ]);
    expect(workflow).toContain(
      '      #     with:\n      #       text: |\n      #         two\n      #           lines\n',
    );
    expect({ complete, diagnostics }).toEqual({ complete: false, diagnostics: [] });
  });

  it('writes it on lines of its own where all was in braces', () => {
    const { workflow } = imported(
      '{ on: workflow_dispatch, jobs: { one: { steps: [{ uses: a/b@v1 }, { run: ls }] } } }\n',
    );
    expect(workflow).toBe(
      "on: manual\njobs:\n  one:\n    steps:\n      # not imported:\n      #   - { uses: a/b@v1 }\n      - run: |\n          echo 'not imported: a/b@v1' >&2\n          exit 1\n      - { run: ls }\n",
    );
  });

  it('lets no name of an action into the script that stands for it', () => {
    const { steps: written } = steps(`- uses: "a'; rm -rf $HOME; echo '@v1"`);
    expect(written).toEqual([{ run: "echo 'not imported: a rm -rf HOME echo @v1' >&2\nexit 1\n" }]);
  });

  it.each([
    ['bash', 'bash', []],
    ['sh', 'sh', []],
    ['bash -l {0}', 'bash', ['todo jobs.one.steps[0].shell']],
    ['python', 'python3', ['changed jobs.one.steps[0].shell']],
    ['/usr/bin/node {0}', 'node', ['changed jobs.one.steps[0].shell']],
    ['pwsh', undefined, ['todo jobs.one.steps[0].run', 'todo jobs.one.steps[0].shell']],
  ])('of the shell %s makes %s', (shell, expected, list) => {
    const { steps: written, list: listed } = steps('- run: ls', `  shell: ${shell}`);
    expect((written[0] as { readonly shell?: string }).shell).toBe(expected); // A step is a mapping.
    expect(listed.slice(1)).toEqual(list);
  });

  it.each([
    ['echo $GITHUB_SHA', 1],
    ['cd $GITHUB_WORKSPACE && echo $RUNNER_OS $RUNNER_TOOL_CACHE', 1],
    ['echo "$GITHUB_OUTPUT" > $GITHUB_STEP_SUMMARY', 0],
    ['echo A=1 >> $GITHUB_ENV; echo /opt/bin >> $GITHUB_PATH', 0],
    ['echo "::set-output name=a::b"', 1],
    ['echo "::group::a"', 0],
    ['echo $GITHUB_TOKEN', 0],
  ])('says what of the runner the script %s misses', (script, count) => {
    const { list } = steps(`- run: ${JSON.stringify(script)}`, '  env: { GITHUB_TOKEN: a }');
    expect(list.slice(1)).toEqual(Array.from({ length: count }, () => 'todo jobs.one.steps[0].run'));
  });

  it.each([
    ['${{ github.event.inputs.level }}', '${{ inputs.level }}', 'changed'],
    [
      "a ${{ github.run_id }} ${{ format('{0}', github.job) }}",
      "a ${{ workflow.run_id }} ${{ format('{0}', 'one') }}",
      'changed',
    ],
    ['${{ GITHUB.Run_Attempt }}', '${{ workflow.run_attempt }}', 'changed'],
    ['${{ github.token }}', '${{ secrets.GITHUB_TOKEN }}', 'changed'],
    ['${{ secrets.github_token }}', '${{ secrets.github_token }}', 'changed'],
    ['${{ github.sha }}', '${{ inputs.github_sha }}', 'todo'],
    ["${{ GitHub['Event'].pull_request.title }}", '${{ inputs.github_event_pull_request_title }}', 'todo'],
    ['${{ github.event.commits.*.id }}', '${{ github.event.commits.*.id }}', 'todo'],
    ['${{ toJSON(github.event) }}', '${{ toJSON(github.event) }}', 'todo'],
    ['${{ github }}', '${{ github }}', 'todo'],
    ['${{ github.event.inputs[github.job] }}', "${{ github.event.inputs['one'] }}", 'todo'],
    ["${{ 'github.sha' }}", "${{ 'github.sha' }}", undefined],
    ['github.sha', 'github.sha', undefined],
  ])('reads %s as %s', (text, expected, outcome) => {
    const { steps: written, list } = steps('- run: ls', `  env: { A: ${JSON.stringify(text)} }`);
    expect(written).toEqual([{ run: 'ls', env: { A: expected } }]);
    expect(list.slice(1).some((line) => line.startsWith(outcome ?? ' '))).toBe(outcome !== undefined);
  });

  it('takes what it reads of an event as inputs, once each and by names of their own', () => {
    const { workflow, diagnostics } = imported(
      'on: { push: , workflow_dispatch: { inputs: { github_ref: } } }\nrun-name: ${{ github.ref }} of ${{ github.actor }}\njobs: { one: { if: "github.REF == \'a\'", steps: [{ run: ls }] } }\n',
    );
    const { on, jobs } = parse(workflow);
    expect(jobs.one.if).toBe("inputs.github_ref-2 == 'a'");
    expect(on.manual.inputs).toEqual({
      github_ref: null,
      'github_ref-2': { type: 'string', description: 'What github.ref is in a run of GitHub.' },
      github_actor: { type: 'string', description: 'What github.actor is in a run of GitHub.' },
    });
    expect(diagnostics).toEqual([]);
  });

  it('gives variables that read secrets to the steps, and leaves the others', () => {
    const { workflow, diagnostics, entries } = imported(
      "on: workflow_dispatch\nenv: { A: '${{ secrets.A }}', B: b, C: '${{ github.token }}' }\njobs:\n  one:\n    env: { A: a, D: 'x${{ secrets.D }}' }\n    steps:\n      - run: ls\n      - { run: ls, env: { D: own } }\n  two: { uses: ./two.yml }\n",
    );
    const { env, jobs } = parse(workflow);
    expect(env).toEqual({ B: 'b' });
    expect(jobs.one.env).toEqual({ A: 'a' });
    expect(jobs.one.steps).toEqual([
      { run: 'ls', env: { D: 'x${{ secrets.D }}', C: '${{ secrets.GITHUB_TOKEN }}' } },
      { run: 'ls', env: { D: 'own', C: '${{ secrets.GITHUB_TOKEN }}' } },
    ]);
    const moved = entries.filter(({ message }) => message.includes('reads a secret')).map(({ path }) => path);
    expect(moved).toEqual(['env.A', 'env.C', 'jobs.one.env.D']);
    expect(diagnostics.map(({ code }) => code)).toEqual(['WORKFLOW_NOT_FOUND']);
  });

  it('reads conditions without braces', () => {
    const { steps: written } = steps('- run: ls', '  if: github.event.inputs.go == 1');
    expect(written).toEqual([{ run: 'ls', if: 'inputs.go == 1' }]);
  });

  it('writes aliases out, so that what differs can differ', () => {
    const { workflow, complete } = imported(
      'on: workflow_dispatch\njobs:\n  one: &job\n    runs-on: ubuntu-latest\n    steps: &steps\n      - run: ls\n  two: *job\n  three: { steps: *steps }\n',
    );
    const job = { 'runs-on': 'local', steps: [{ run: 'ls' }] };
    expect(parse(workflow).jobs).toEqual({ one: job, two: job, three: { steps: job.steps } });
    expect({ complete, anchors: /[&*]/.test(workflow) }).toEqual({ complete: true, anchors: false });
  });

  it.each([
    ['', 'EMPTY'],
    ['[]', 'EMPTY'],
    ['a: [', 'YAML_SYNTAX'],
    ['a: 1\na: 2\n', 'YAML_DUPLICATE_KEY'],
    ['a: &a [*a]\n', 'YAML_ALIAS_BOMB'],
    [nestedAliases, 'YAML_ALIAS_BOMB'],
  ])('refuses %j', (text, code) => {
    const result = importWorkflow(text, { file: 'ci.yml', catalogue: testCatalogue });
    expect('unreadable' in result ? result.unreadable[0] : result).toMatchObject({ code, remedy: expect.any(String) });
  });
});
