import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandOptions, folderWith, RunningCommand, root, summaryOf } from './command.ts';
import { listening } from './server-process.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-e2e-package-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const checkout = join(scratch, 'checkout');
const user = join(scratch, 'user');
const installed = join(user, 'node_modules', 'waterflow');

/** Packs a copy of the checkout (the build must not come between other tests), and installs the tarball in an empty folder. */
beforeAll(() => {
  const left = ['.git', 'node_modules', 'dist', 'coverage'].map((name) => join(root, name));
  cpSync(root, checkout, { recursive: true, filter: (path) => !left.includes(path) });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  execFileSync(process.execPath, ['tools/build.ts'], { cwd: checkout });
  // What `npm pack` does before: it would look whether the dependencies are there, and the copy only borrows them.
  const [packed] = JSON.parse(npm(checkout, ['pack', '--ignore-scripts', '--json'])) as [{ readonly filename: string }]; // npm's format.
  cpSync(join(root, '.npmrc'), join(user, '.npmrc'), { recursive: true });
  writeFileSync(join(user, 'package.json'), '{ "private": true }\n');
  npm(user, ['install', '--prefer-offline', '--no-audit', '--no-fund', join(checkout, packed.filename)]);
}, 300_000);

function npm(cwd: string, argv: readonly string[]): string {
  return execFileSync('npm', argv, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs the installed command. */
function waterflow(argv: readonly string[], options: CommandOptions = {}) {
  return new RunningCommand(join(user, 'node_modules', '.bin', 'waterflow'), argv, { cwd: user, ...options }).ended;
}

describe('the package', () => {
  const files = () =>
    readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(installed, join(entry.parentPath, entry.name)));

  it('is built before it is packed', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: { prepack: string };
    }; // Our own.
    expect(scripts.prepack).toBe('node tools/bootstrap.mjs build');
  });

  it('has what is needed, and neither tests nor sources beside those of plugins', () => {
    const folders = new Set(files().map((file) => file.split('/', 1).join()));
    expect([...folders].sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'deploy',
      'dist',
      'docs',
      'examples',
      'package.json',
      'plugin-templates',
      'plugins',
      'policies',
      'schemas',
    ]);
    const unwanted = files().filter((file) => {
      if (/\.test\.|\/(?:testing|contract|attacks)\//.test(file)) return !file.startsWith('plugin-templates/');
      return file.endsWith('.ts') && !file.endsWith('.d.ts') && !/^(?:plugins|examples|plugin-templates)\//.test(file);
    });
    expect(unwanted).toEqual([]);
    expect(files().filter((file) => file.startsWith('schemas/'))).toEqual(
      expect.arrayContaining([
        'schemas/manifest.schema.json',
        'schemas/policy.schema.json',
        'schemas/workflow.schema.json',
      ]),
    );
  });

  it('has the console, and no more of it to load at first than a slow line brings in a second or two', () => {
    const folder = join(installed, 'dist', 'console');
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const parts = [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/gu)].map(([, path = '']) => path);
    expect(parts.some((path) => path.endsWith('.js'))).toBe(true);
    const sizes = ['index.html', ...parts].map((path) => gzipSync(readFileSync(join(folder, path))).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(300 * 1024);
  });

  it('starts from a bundle, which says whose packages are in it', () => {
    const folder = join(installed, 'dist', 'bundle');
    const licences = readFileSync(join(folder, 'licences.md'), 'utf8');
    const whose = [...licences.matchAll(/^## (\S+) \d/gmu)].map(([, name]) => name);
    expect(whose).toEqual(expect.arrayContaining(['ajv', 'koa', 'yaml']));
    // Native code is no part of it.
    expect(whose).not.toContain('isolated-vm');
    expect(licences).toContain('Permission is hereby granted, free of charge');
  });

  it('has packages that are loaded when they are needed, by the names that Node gives what they export', () => {
    const part = files().find((file) => file.startsWith('dist/bundle/undici-')) ?? '';
    const script = `import { Client } from ${JSON.stringify(join(installed, part))}; process.stdout.write(typeof Client);`;
    const argv = ['--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, argv, { encoding: 'utf8' })).toBe('function');
  });

  it('names no path of the machine that packed it', () => {
    const telling = files().filter((file) => {
      const bytes = readFileSync(join(installed, file));
      return bytes.includes(root) || bytes.includes(scratch);
    });
    expect(telling).toEqual([]);
  });
});

describe('the installed command', () => {
  it('runs the smallest workflow', async () => {
    const ended = await waterflow(['run', join(installed, 'examples', 'hello.yml'), '--state', 'state', '--json']);
    expect({ code: ended.code, status: summaryOf(ended).status }).toEqual({ code: 0, status: 'success' });
  });

  it('serves its API, and runs what is submitted', async () => {
    const command = join(user, 'node_modules', '.bin', 'waterflow');
    const server = await listening(
      new RunningCommand(command, ['server', '--port', '0', '--state', 'served'], { cwd: user }),
    );
    const argv = ['submit', join(installed, 'examples', 'reusable.yml'), '--follow', '--server', server.url];
    expect(await waterflow(argv)).toMatchObject({ code: 0 });
    const program = `import { createClient } from 'waterflow/client';
const client = createClient({ url: '${server.url}' });
for await (const run of client.listRuns()) console.log((await client.wait(run.id)).status);`;
    const { stdout } = await new RunningCommand(process.execPath, ['--input-type=module', '-e', program], { cwd: user })
      .ended;
    expect(stdout).toBe('success\n');
    const page = await fetch(new URL('/ui', server.url));
    expect(await page.text()).toContain('<div id="console">');
    server.process.kill('SIGTERM');
    expect(await server.process.ended).toMatchObject({ code: 0 });
  });

  it('runs a TypeScript plugin beside the workflow, a script, and one in WebAssembly', async () => {
    const folder = folderWith({
      'greet/plugin.yaml': `
name: greet
version: 1.0.0
description: Greets
runtime: isolate
main: index.ts
inputs: { who: { type: string, required: true } }
outputs: { greeting: { type: string } }
`,
      'greet/index.ts': `
import { definePlugin, type Host } from 'waterflow/plugin';
import { greet } from './words.ts';
interface Inputs { readonly who: string }
export default definePlugin<Inputs>(async ({ who }: Inputs, host: Host) => {
  host.log('greeting ' + who);
  return { greeting: greet(who) };
});
`,
      'greet/words.ts': 'export const greet = (who: string): string => `hello ${who}`;\n',
      'own.yml': `
name: own
on: manual
jobs:
  all:
    outputs:
      greeting: \${{ steps.greet.outputs.greeting }}
      words: \${{ steps.count.outputs.words }}
    steps:
      - { id: greet, uses: ./greet, with: { who: world } }
      - run: echo one two three > words.txt
      - { id: count, uses: ./wordcount-wasm, with: { path: words.txt } }
`,
    });
    cpSync(join(installed, 'examples', 'plugins', 'wordcount-wasm'), join(folder, 'wordcount-wasm'), {
      recursive: true,
    });
    const argv = ['run', 'own.yml', '--state', 'state', '--approve', './wordcount-wasm', '--json'];
    const ended = await waterflow(argv, { cwd: folder });
    expect({ code: ended.code, outputs: summaryOf(ended).jobs['all']?.outputs }).toEqual({
      code: 0,
      outputs: { greeting: 'hello world', words: '3' },
    });
  });

  it('runs the workflow of the quickstart', async () => {
    const repository = folderWith({ 'README.md': '# Packed\n', 'build.sh': 'mkdir -p out; cp README.md out\n' });
    const git = ['-c', 'user.name=a', '-c', 'user.email=a@localhost'];
    for (const argv of [
      ['init', '-q'],
      ['add', '.'],
      [...git, 'commit', '-qm', 'one'],
    ]) {
      execFileSync('git', argv, { cwd: repository });
    }
    const examples = join(installed, 'examples');
    // Nothing answers there: the job that asks fails, and the others show what they show.
    const argv = [
      'run',
      join(examples, 'quickstart.yml'),
      `--policy=${join(examples, 'quickstart-policy.yaml')}`,
      '--approve=./plugins/headline',
      '--approve=./plugins/wordcount-wasm',
      '--state=state',
      '--json',
      `--input=repository=${repository}`,
      '--input=url=http://127.0.0.1:9/health',
    ];
    const ended = await waterflow(argv);
    expect(summaryOf(ended).jobs).toMatchObject({
      build: { status: 'success', outputs: { title: 'Packed' } },
      count: { status: 'success', outputs: { words: '2' } },
      service: { status: 'failure' },
      hostile: { status: 'success' },
      tell: { status: 'skipped' },
    });
  });

  it('holds every limit, at the level of the machine', { timeout: 180_000 }, async () => {
    const { code, stdout } = await waterflow(['doctor', '--json']);
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, holds: true });
  });

  it('brings the types of what a plugin imports, into the folder of the plugin and for who has the package', async () => {
    const folder = join(scratch, 'typed');
    expect(await waterflow(['plugin', 'new', 'typed', '--template', 'ts', '--dir', folder])).toMatchObject({ code: 0 });
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    expect(await new RunningCommand(compiler, ['-p', folder]).ended).toMatchObject({ code: 0, stdout: '' });
    // From a clone they are the same.
    const cloned = new RunningCommand(join(root, 'bin', 'waterflow'), ['plugin', 'types', folder, '--check']);
    expect(await cloned.ended).toMatchObject({ code: 0 });

    const other = join(user, 'typed');
    cpSync(join(folder, 'greet.ts'), join(other, 'greet.ts'));
    writeFileSync(
      join(other, 'wrong.ts'),
      "import { definePlugin } from 'waterflow/plugin';\nexport default definePlugin(async (_, host) => { host.log(1); return {}; });\nexport const page = await fetch(new URL('https://example.com'));\n",
    );
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      lib: ['es2024'],
      types: ['waterflow/plugin-globals'],
    };
    const check = (files: readonly string[]) => {
      const config = { compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true }, files };
      writeFileSync(join(other, 'tsconfig.json'), JSON.stringify(config));
      return new RunningCommand(compiler, ['-p', other]).ended;
    };
    writeFileSync(
      join(other, 'index.ts'),
      "import { definePlugin } from 'waterflow/plugin';\nimport { greet } from './greet.ts';\nexport default definePlugin(async ({ name }: { name: string }, host) => { await host.fs.write('a', greet(name)); return {}; });\n",
    );
    expect(await check(['index.ts'])).toMatchObject({ code: 0, stdout: '' });
    const { stdout } = await check(['wrong.ts']);
    expect(stdout).toContain("'number' is not assignable to parameter of type 'string'");
    expect(stdout).toContain("Cannot find name 'fetch'");
    expect(stdout).not.toContain('URL');
  });
});
