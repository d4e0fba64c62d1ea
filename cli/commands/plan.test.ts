import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { PlanOutline } from '../plan/api.ts';
import { outlineOf, planOf } from '../plan/testing/planned.ts';
import { commandLine } from '../testing/terminal.ts';

const root = join(import.meta.dirname, '..', '..');
/** Every example that is a workflow. */
const examples = globSync('examples/**/*.yml', { cwd: root }).filter((file) =>
  /^jobs:/mu.test(readFileSync(join(root, file), 'utf8')),
);

/** The lines of a text without those about grants and plugins, whose digests change with every release. */
function facts(stdout: string): readonly string[] {
  return stdout.slice(0, stdout.indexOf('\n\ngrants\n')).split('\n');
}

const planned = `
name: "planned \\e[2J"
on: { manual: { inputs: { target: { type: string, required: true }, count: { type: number, default: 2 } } } }
jobs:
  end:
    needs: [build, lint]
    if: always()
    steps: [{ run: "true" }]
  build:
    name: build for \${{ inputs.target }}
    strategy: { matrix: { os: [linux, macos], node: [22, 24], exclude: [{ os: macos, node: 22 }] }, max-parallel: 2 }
    steps:
      - { id: compile, name: "Compile for \${{ matrix.os }}", run: make, if: inputs.count > 1 }
  lint:
    steps: [{ uses: http@v1, with: { url: "https://example.com" } }]
`;

describe('waterflow plan', () => {
  it('shows people the jobs in waves, with what they wait for, their cells and their steps', async () => {
    const { code, stdout } = await planOf(planned);
    expect(code).toBe(0);
    expect(facts(stdout)).toEqual([
      expect.stringMatching(/^planned {2}\(w\.yml\) sha256:[0-9a-f]{64}$/),
      'input target: string, required, missing: what depends on it is shown as ?',
      'input count: number, 2',
      '',
      'wave 1: 2 jobs together',
      '  build: on local; 3 cells 2 at a time, all end when one fails',
      '    build (linux, 22)',
      '    build (linux, 24)',
      '    build (macos, 24)',
      '    compile: run@v1 "Compile for ? (decided by the cell)"; if inputs.count > 1 (true)',
      '  lint: on local',
      '    0: http@v1',
      '',
      'wave 2',
      '  end: on local; needs build, lint; if always()',
      '    0: run@v1',
    ]);
  });

  it('says what each plugin may do, who limits it, and which bytes would run', async () => {
    const text = `
jobs:
  a:
    permissions: { net: [{ url: 'https://example.com/*', methods: [GET] }] }
    steps:
      - { uses: http@v1, with: { url: 'https://example.com/x' } }
      - { uses: http@v1, with: { url: 'https://other.example/x' } }
      - { id: sh, run: ls }
`;
    const { stdout } = await planOf(text);
    expect(stdout).toContain('    sh: run@v1\n      refused by job: exec, env\n');
    expect(stdout).toContain('  http@v1 in a/1\n    net: narrowed by policy, job\n');
    expect(stdout).toMatch(/\nplugins\n {2}http 1\.\d+\.\d+ \(built-in\) sha256:[0-9a-f]{64}: a\/0, a\/1\n/);
    const { jobs, plugins } = await outlineOf(text);
    expect(jobs[0]?.steps[2]).toMatchObject({
      plugin: { name: 'run', origin: 'built-in' },
      grants: ['exec', 'env'].map((capability) => ({
        capability,
        verdict: 'refused',
        narrowed_by: [{ layer: 'job', place: 'permissions, w.yml:4', allows: [] }],
        forbids: [],
      })),
    });
    expect(plugins.map(({ name, steps }) => [name, steps])).toEqual([
      ['http', ['a/0', 'a/1']],
      ['run', ['a/sh']],
    ]);
  });

  it('leaves open what only the run decides, and says what decides it', async () => {
    const { jobs } = await outlineOf(`
on: { manual: { inputs: { env: { required: true } } } }
jobs:
  list: { outputs: { items: x }, steps: [{ run: ls }] }
  each:
    needs: list
    runs-on: \${{ inputs.env }}-\${{ vars.zone }}
    strategy: { matrix: { item: "\${{ fromJSON(needs.list.outputs.items) }}" } }
    steps: [{ run: ls }]
`);
    expect(jobs[1]).toMatchObject({
      queue: { source: '${{ inputs.env }}-${{ vars.zone }}', text: '?-?', decided_by: ['input `env`', 'var `zone`'] },
      matrix: { axes: ['item'], decided_by: ['job `list`'] },
    });
  });

  it('knows what inputs and vars decide', async () => {
    const text = `
on: { manual: { inputs: { env: { required: true }, live: { type: boolean } } } }
jobs:
  a:
    runs-on: \${{ inputs.env }}-\${{ vars.zone }}
    if: inputs.live
    strategy: { matrix: { n: "\${{ fromJSON(vars.list) }}" } }
    steps: [{ run: ls }]
`;
    const { jobs, missing_inputs } = await outlineOf(text, [
      '--input',
      'env=x',
      '--var',
      'zone=y',
      '--var',
      'list=[1,2]',
    ]);
    expect(missing_inputs).toEqual([]);
    expect(jobs[0]).toMatchObject({
      queue: { value: 'x-y' },
      if: { source: 'inputs.live', value: false },
      matrix: {
        cells: [
          { key: 'a (1)', values: { n: 1 } },
          { key: 'a (2)', values: { n: 2 } },
        ],
      },
    });
    const broken = await outlineOf(text, ['--var', 'list=1']);
    expect(broken.jobs[0]?.matrix).toEqual({ error: 'the axis n must be a list, but it is 1' });
    expect(broken.missing_inputs).toEqual(['env']);
  });

  it('knows the workflow, and all inputs where none is missing', async () => {
    const text = `
name: w
on: { manual: { inputs: { env: { required: true } } } }
concurrency: "\${{ workflow.name }} of \${{ workflow.run_id }}"
jobs: { a: { name: "\${{ toJSON(inputs) }}", steps: [{ run: ls }] } }
`;
    const open = await outlineOf(text);
    expect(open.concurrency?.group).toMatchObject({ text: 'w of ?', decided_by: ['the run'] });
    expect(open.jobs[0]?.name).toMatchObject({ text: '?', decided_by: ['the inputs'] });
    const { jobs } = await outlineOf(text, ['--input', 'env=x']);
    expect(jobs[0]?.name).toEqual({ value: '{\n  "env": "x"\n}' });
  });

  it('refuses inputs that are wrong, also where others are missing', async () => {
    const { code, stdout, stderr } = await planOf(planned, ['--input', 'count=many']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('WRONG_TYPE');
    expect(stderr).not.toContain('MISSING_INPUT');
    expect((await planOf(planned, ['--input', 'cuont=1'])).stderr).toContain('Did you mean `count`?');
  });

  it('shows fleets, environments, groups and retries', async () => {
    const { stdout } = await planOf(`
concurrency: { group: deploys, cancel-in-progress: true }
jobs:
  deploy:
    runs-on: { queue: web, hosts: all, batch: "25%", max-failures: 1, canary: 1 }
    environment: { name: live, url: "https://example.com", approval: { approvers: [ann, bob], timeout: 4h } }
    concurrency: live
    retry: { attempts: 2 }
    steps: [{ run: ls, retry: { attempts: 3, on: [timeout] } }]
`);
    expect(facts(stdout)).toEqual([
      expect.any(String),
      'one run at a time: group deploys, ends the one that runs',
      '',
      'wave 1',
      '  deploy: on web; hosts: all, canary 1, batches of 25%, stops when more than 1 failed; environment live at https://example.com, waits for approval by ann or bob within 4h 0m; one at a time: group live, the others wait; up to 2 attempts after failure, timeout, lost, the second 1.0s later',
      '    0: run@v1; up to 3 attempts after timeout, the second 1.0s later',
    ]);
  });

  it('expands called workflows in their place, with what their callers give', async () => {
    const called = `
on: { workflow_call: { inputs: { to: { type: string } }, secrets: { KEY: { required: true } } } }
jobs:
  build: { runs-on: "\${{ inputs.to }}", steps: [{ id: sh, run: ls, env: { KEY: "\${{ secrets.KEY }}" } }] }
  sign: { needs: build, steps: [{ run: ls }] }
`;
    const text = `
jobs:
  release: { uses: ./other.yml, with: { to: live }, secrets: { KEY: "\${{ secrets.LIVE_KEY }}" } }
`;
    const { jobs, secrets } = await outlineOf(text, [], { 'other.yml': called });
    expect(jobs).toMatchObject([
      {
        key: 'release',
        calls: { file: 'other.yml', with: { to: { value: 'live' } } },
        jobs: [
          { key: 'release / build', wave: 1, queue: { value: 'live' } },
          { key: 'release / sign', wave: 2 },
        ],
      },
    ]);
    expect(secrets).toEqual([{ name: 'LIVE_KEY', used_by: ['release', 'release / build/sh'], required: true }]);
    const { stdout } = await planOf(text, ['--mermaid'], { 'other.yml': called });
    expect(stdout.split('\n')).toEqual([
      'flowchart LR',
      '  subgraph job0["release<br>calls other.yml"]',
      '    job1["build"]',
      '    job2["sign"]',
      '  end',
      '  job1 --> job2',
      '',
    ]);
  });

  it('lists secrets, and whether a run goes on without them', async () => {
    const { secrets } = await outlineOf(`
jobs:
  a:
    steps:
      - { id: one, run: ls, env: { A: "\${{ secrets.A }}", B: "\${{ secrets.B || '' }}" } }
      - { id: two, uses: sleep@v1, with: { duration: 1s } }
`);
    expect(secrets).toEqual([
      { name: 'A', used_by: ['a/one'], required: true },
      { name: 'B', used_by: ['a/one'], required: false },
    ]);
  });

  it('shows what starts runs, and the next three times', async () => {
    const on = "on: { schedule: [{ cron: '30 6 * * mon-fri', timezone: Europe/Berlin }], webhook: }";
    // The terminal of tests is in 1970, when Thursday the first of January begins.
    expect((await planOf(`${on}\njobs: { a: { steps: [{ run: make }] } }\n`)).stdout).toContain(
      'schedule 30 6 * * mon-fri Europe/Berlin: next 1970-01-01T05:30Z, 1970-01-02T05:30Z, 1970-01-05T05:30Z; skip while a run goes on\nwebhook: signed with WEBHOOK_SECRET\n',
    );
  });

  it('gives the compiled plan as a part of the JSON, without warnings', async () => {
    const warned = 'on: { manual: { inputs: { a: } } }\njobs: { one: { steps: [{ run: "echo ${{ inputs.a }}" }] } }\n';
    const { stdout, stderr } = await planOf(warned, ['--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      plan: { version: 1, file: 'w.yml', jobs: [{ id: 'one' }] },
    });
    expect(stderr).toContain('warning SCRIPT_INJECTION');
  });

  it('shows people no more of a long list than they read', async () => {
    const numbers = JSON.stringify(Array.from({ length: 200 }, (_, index) => index));
    const { stdout } = await planOf(`
jobs:
  a: { strategy: { matrix: { n: ${numbers} } }, steps: [{ run: ls }] }
  b: { steps: [{ uses: for-each@v1, with: { items: ${numbers}, steps: [{ run: ls }] } }] }
`);
    expect(stdout).toContain('    a (19)\n    and 180 more cells\n');
    expect(stdout).toMatch(/each of \[0,1,2,[\d,]+…, 1 at once\n/u);
  });

  it('draws matrices, fleets and gates', async () => {
    const { stdout } = await planOf(
      `
jobs:
  build: { strategy: { matrix: { os: [a, b] } }, steps: [{ run: ls }] }
  deploy:
    needs: build
    runs-on: { queue: web, hosts: "50%" }
    environment: { name: 'the "live" one', approval: { approvers: [ann] } }
    steps: [{ run: ls }]
  tell: { needs: deploy, steps: [{ uses: approval@v1 }] }
`,
      ['--mermaid'],
    );
    expect(stdout.split('\n')).toEqual([
      'flowchart LR',
      '  job0["build<br>2 cells"]',
      '  job1["deploy<br>hosts: 50%"]',
      '  job1gate{"approval<br>the #quot;live#quot; one"}',
      '  job2["tell<br>asks for approval"]',
      '  job1gate --> job1',
      '  job0 --> job1gate',
      '  job1 --> job2',
      '',
    ]);
  });

  it.each(examples)('of %s has nothing that fails', async (file) => {
    const { code, stdout } = await commandLine(['plan', file, '--json'], { cwd: root });
    expect(code).toBe(0);
    // A value that can't be had, or a plugin that can't be loaded.
    expect(JSON.stringify((JSON.parse(stdout) as PlanOutline).jobs)).not.toContain('"error":');
  });

  it('tells of plugins beside the workflow that nobody has approved', async () => {
    const { stdout } = await commandLine(['plan', 'examples/hostile.yml'], { cwd: root });
    expect(stdout).toContain('the policy may give it more once it is approved: --approve ./plugins/hostile\n');
    const approved = await commandLine(['plan', 'examples/hostile.yml', '--approve', './examples/plugins/hostile'], {
      cwd: root,
    });
    expect(approved.code).toBe(0);
    expect(approved.stdout).not.toContain('--approve');
  });

  it('of a broken file is its errors', async () => {
    const { code, stdout, stderr } = await planOf('name: x\non: manual\njobs: { a: { needs: b, steps: [] } }\n');
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining('UNKNOWN_NEED') });
  });

  it('of a long chain of jobs has a wave for each', async () => {
    const jobs = Array.from(
      { length: 2_000 },
      (_, index) => `  j${index}: { ${index > 0 ? `needs: j${index - 1}, ` : ''}steps: [{ run: x }] }\n`,
    );
    const { code, stdout } = await planOf(`name: chain\non: manual\njobs:\n${jobs.toReversed().join('')}`);
    expect({ code, waves: stdout.match(/^wave /gm)?.length }).toEqual({ code: 0, waves: 2_000 });
  });
});
