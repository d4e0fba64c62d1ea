import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath, Plan } from '../../schemas/index.ts';
import { commandLine } from '../testing/terminal.ts';
import { calledFiles } from './called-files.ts';

function folderWith(files: Readonly<Record<string, string>>): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-called-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  // mkdtemp gives an absolute path, as tmpdir() is one.
  return folder as AbsolutePath;
}

const callee =
  'on: { workflow_call: { inputs: { tag: { required: true } } } }\njobs: { a: { steps: [{ run: make }] } }\n';
const caller = 'jobs:\n  call:\n    uses: ./ci/b.yml\n    with: { tag: v1 }\n';

describe('the files that a workflow calls', () => {
  it('are read once', () => {
    const folder = folderWith({ 'b.yml': 'one' });
    const read = calledFiles(folder);
    expect(read('b.yml')).toEqual({ source: Buffer.from('one') });
    writeFileSync(join(folder, 'b.yml'), 'two');
    expect(read('b.yml')).toEqual({ source: Buffer.from('one') });
  });

  it('may be links within the folder, and none that lead out', () => {
    const outside = folderWith({ 'secret.yml': 'x' });
    const folder = folderWith({ 'real/b.yml': 'x' });
    symlinkSync('real/b.yml', join(folder, 'inside.yml'));
    symlinkSync(join(outside, 'secret.yml'), join(folder, 'outside.yml'));
    symlinkSync(outside, join(folder, 'away'));
    symlinkSync('loop.yml', join(folder, 'loop.yml'));
    const read = calledFiles(folder);
    expect(read('inside.yml')).toHaveProperty('source');
    expect(read('outside.yml')).toEqual({ missing: expect.stringContaining('leads out of the folder') });
    expect(read('away/secret.yml')).toEqual({ missing: expect.stringContaining('leads out of the folder') });
    expect(read('../secret.yml')).toHaveProperty('missing');
    expect(read('loop.yml')).toHaveProperty('missing');
  });

  it('must be files', () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'b.yml'));
    execFileSync('mkfifo', [join(folder, 'pipe.yml')]);
    const read = calledFiles(folder);
    expect(read('b.yml')).toEqual({ missing: 'it is no file' });
    expect(read('pipe.yml')).toEqual({ missing: 'it is no file' });
    expect(read('none.yml')).toEqual({ missing: 'there is no such file' });
  });
});

describe('waterflow validate, of a workflow that calls another', () => {
  it('takes what is right', async () => {
    const { code, stdout } = await commandLine(['validate', 'w.yml'], {
      cwd: folderWith({ 'w.yml': caller, 'ci/b.yml': callee }),
    });
    expect([code, stdout]).toEqual([0, 'w.yml: valid\n']);
  });

  it('shows what is wrong in the called file with its own line', async () => {
    const { code, stdout, stderr } = await commandLine(['validate', 'w.yml'], {
      cwd: folderWith({ 'w.yml': caller, 'ci/b.yml': callee.replace('run: make', 'rnu: make') }),
    });
    expect(code).toBe(2);
    expect(stderr).toContain('w.yml:3:11: error INVALID_VALUE');
    expect(stderr).toMatch(
      /ci\/b\.yml:2:24: error UNKNOWN_KEY[^\n]*\n +2 \| jobs: \{ a: \{ steps: \[\{ rnu: make \}\] \} \}\n/,
    );
    expect(stdout).toBe('w.yml: 1 error\nci/b.yml (called): 1 error\n');
    expect(stderr).not.toContain('--fix');
  });

  it('says once what is wrong in a file that is named and called', async () => {
    const cwd = folderWith({ 'w.yml': caller, 'ci/b.yml': callee.replace('run: make', 'rnu: make') });
    const { stdout } = await commandLine(['validate', '--json', 'w.yml', './ci/b.yml'], { cwd });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly { file: string; code: string }[] };
    expect(diagnostics.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'w.yml INVALID_VALUE',
      './ci/b.yml UNKNOWN_KEY',
    ]);
  });

  it('shows a circle, whichever of its files are named', async () => {
    const link = (path: string): string => `on: workflow_call\njobs: { j: { uses: ${path} } }\n`;
    const cwd = folderWith({ 'a.yml': link('./b.yml'), 'b.yml': link('./a.yml') });
    for (const names of [['a.yml'], ['b.yml'], ['a.yml', 'b.yml']]) {
      expect((await commandLine(['validate', ...names], { cwd })).stderr).toContain('WORKFLOW_CYCLE');
    }
  });

  it('corrects by --fix only the files that are named', async () => {
    const slip = callee.replace('run: make', 'run: make, nmae: x');
    const cwd = folderWith({ 'w.yml': caller.replace('with', 'wiht'), 'ci/b.yml': slip });
    const first = await commandLine(['validate', '--fix', 'w.yml'], { cwd });
    expect(first.code).toBe(2);
    expect(readFileSync(join(cwd, 'ci/b.yml'), 'utf8')).toBe(slip);
    const second = await commandLine(['validate', '--fix', 'w.yml', 'ci/b.yml'], { cwd });
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('w.yml: valid\nci/b.yml: valid\n')]);
  });

  it('names the called file in SARIF and in annotations', async () => {
    const cwd = folderWith({ 'w.yml': caller, 'ci/b.yml': callee.replace('run: make', 'rnu: make') });
    const sarif = await commandLine(['validate', '--sarif', 'w.yml'], { cwd });
    expect(sarif.stdout).toContain('"uri": "ci/b.yml"');
    const github = await commandLine(['validate', '--github', 'w.yml'], { cwd });
    expect(github.stdout).toContain('::error file=ci/b.yml,line=2,');
  });
});

describe('the plan of a workflow that calls another', () => {
  const files = {
    'w.yml': `permissions: { net: [{ url: 'https://example.com/*' }] }
jobs:
  call:
    permissions: { net: [{ url: 'https://example.com/a/*' }] }
    uses: ./ci/b.yml
    with: { host: example.com, path: "\${{ needs.first.outputs.path }}" }
    needs: first
  first: { outputs: { path: '\${{ steps.s.outputs.path }}' }, steps: [{ id: s, run: make }] }
`,
    'ci/b.yml': `on: { workflow_call: { inputs: { host: , path: } } }
permissions: {}
jobs:
  ask:
    steps:
      - { uses: http@v1, with: { url: 'https://\${{ inputs.host }}/b' } }
      - { uses: http@v1, with: { url: 'https://\${{ inputs.host }}/\${{ inputs.path }}' } }
      - { uses: ./plugins/hostile, with: { attempt: network } }
`,
  };
  const folder = (): string => {
    const made = folderWith(files);
    const examples = join(import.meta.dirname, '..', '..', 'examples');
    cpSync(join(examples, 'plugins'), join(made, 'ci', 'plugins'), { recursive: true });
    return made;
  };

  it('shows the call, and holds what is called', async () => {
    const cwd = folder();
    const { stdout } = await commandLine(['plan', 'w.yml'], { cwd });
    expect(stdout).toContain('  call: calls ci/b.yml; needs first\n');
    const json = await commandLine(['plan', 'w.yml', '--json'], { cwd });
    const { plan } = JSON.parse(json.stdout) as { readonly plan: Plan };
    expect(plan.workflows?.['ci/b.yml']?.jobs[0]?.steps[2]?.uses).toBe('./ci/plugins/hostile');
  });

  it('has steps whose grants each caller narrows', async () => {
    const { code, stdout } = await commandLine(['grants', 'explain', 'w.yml', '--json'], { cwd: folder() });
    expect(code).toBe(0);
    const { steps } = JSON.parse(stdout) as {
      steps: readonly {
        readonly step: string;
        readonly unknown_inputs: readonly string[];
        readonly grant: { readonly capabilities: readonly { readonly capability: string }[] };
      }[];
    };
    expect(steps.map(({ step, unknown_inputs }) => [step, unknown_inputs])).toEqual([
      ['call / ask/0', []],
      ['call / ask/1', ['url']],
      ['call / ask/2', []],
      ['first/s', []],
    ]);
    const net = JSON.stringify(steps[0]?.grant.capabilities.find(({ capability }) => capability === 'net'));
    expect(net).toContain('https://example.com/a/*');
    expect(net.match(/"layer":"(workflow|job)"/g)).toEqual([
      '"layer":"workflow"',
      '"layer":"job"',
      '"layer":"workflow"',
    ]);
  });

  it('knows the plugins of what is called by --approve', async () => {
    const argv = [
      'grants',
      'explain',
      'w.yml',
      '--step',
      'call / ask/2',
      '--approve',
      './ci/plugins/hostile',
      '--json',
    ];
    const { stdout } = await commandLine(argv, { cwd: folder() });
    expect(JSON.parse(stdout)).toMatchObject({ steps: [{ grant: { plugin: { origin: 'approved' } } }] });
  });
});
