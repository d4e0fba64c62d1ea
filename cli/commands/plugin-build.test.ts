import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { writeBuild } from '../plugin-build/write-build.ts';
import { commandLine } from '../testing/terminal.ts';

const manifest = `name: greet
version: 1.0.0
description: Says hello.
runtime: isolate
main: src/index.ts
inputs:
  name: { type: string, required: true }
outputs:
  text: { type: string }
`;
const files = {
  'plugin.yaml': manifest,
  'src/index.ts': `import { definePlugin } from 'waterflow/plugin';
import { shout } from 'shouting';
import { Tone } from './tone.ts';

export default definePlugin(({ name }: { name: string }) => {
  if (name === '') throw new RangeError('nobody is there');
  return { text: shout(\`Hello, \${name}\`, Tone.loud) };
});
`,
  'src/tone.ts': 'export enum Tone { quiet, loud }\n',
  'node_modules/shouting/package.json': '{ "name": "shouting", "type": "module", "exports": "./index.js" }',
  'node_modules/shouting/index.js': "export const shout = (text, tone) => `${text}${'!'.repeat(tone)}`;",
};

/** A folder with a plugin in `greet`, in which some files are others. */
function folderWith(changed: Readonly<Record<string, string>> = {}): string {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-build-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ ...files, ...changed })) {
    mkdirSync(join(cwd, 'greet', path, '..'), { recursive: true });
    writeFileSync(join(cwd, 'greet', path), text);
  }
  return cwd;
}

const run = async (cwd: string, name: string) =>
  commandLine(['plugin', 'run', './greet', '--input', `name=${name}`, '--json'], { cwd });
/** The last line that a command printed, as JSON. */
const lastOf = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

describe('waterflow plugin build', () => {
  it('takes in packages and what no eraser of types knows, and what was built is what runs', async () => {
    const cwd = folderWith();
    const built = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd });
    expect(built.code).toBe(0);
    expect(JSON.parse(built.stdout)).toMatchObject({
      language: 'TypeScript',
      target: 'isolate',
      output: 'dist/plugin.js',
      sources: ['src/index.ts', 'src/tone.ts'],
    });
    expect(lastOf((await run(cwd, 'Ada')).stdout)).toMatchObject({ outputs: { text: 'Hello, Ada!' } });
  });

  it('makes the same bytes on another path, among other settings', async () => {
    const [one, other] = [
      folderWith(),
      folderWith({ '../tsconfig.json': '{ "compilerOptions": { "target": "es5" } }' }),
    ];
    for (const cwd of [one, other]) expect((await commandLine(['plugin', 'build', 'greet'], { cwd })).code).toBe(0);
    for (const file of ['dist/plugin.js', 'dist/build.json'])
      expect(readFileSync(join(one, 'greet', file))).toEqual(readFileSync(join(other, 'greet', file)));
    const copy = folderWith();
    cpSync(join(one, 'greet/dist'), join(copy, 'greet/dist'), { recursive: true });
    expect((await commandLine(['plugin', 'build', 'greet', '--check'], { cwd: copy })).code).toBe(0);
  });

  it('of sources that have changed since is refused when it would run, and found by --check', async () => {
    const cwd = folderWith();
    await commandLine(['plugin', 'build', 'greet'], { cwd });
    writeFileSync(join(cwd, 'greet/src/tone.ts'), 'export enum Tone { loud, quiet }\n');
    const refused = await run(cwd, 'Ada');
    expect(refused.code).toBe(2);
    expect(lastOf(refused.stdout)).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'src/tone.ts: it has changed since dist/plugin.js was built',
      remedy: "Run `waterflow plugin build` in the plugin's folder.",
    });
    const check = await commandLine(['plugin', 'build', 'greet', '--check'], { cwd });
    expect(check).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('dist/plugin.js, dist/build.json: not what'),
    });
    writeFileSync(join(cwd, 'greet/dist/plugin.js'), 'export default () => ({ text: 1 });');
    expect(lastOf((await run(cwd, 'Ada')).stdout)).toMatchObject({
      message: expect.stringContaining('it is not what'),
    });
  });

  it.each([
    [
      "import { readFileSync } from 'node:fs';\nexport default () => readFileSync('x');",
      { line: 1, column: 30, message: 'a plugin has no node:fs', remedy: expect.stringContaining('host.fs') },
    ],
    [
      "\n import path from 'path';\nexport default () => path.sep;",
      { line: 2, column: 19, message: 'Could not resolve "path"', remedy: expect.stringContaining('no Node') },
    ],
    [
      "import { z } from '@zod/mini/x';\nexport default () => z;",
      { line: 1, column: 19, remedy: 'Install it beside the plugin: npm install @zod/mini' },
    ],
    ["import { a } from './b.ts';\nexport default () => a;", { line: 1, remedy: expect.stringContaining('relative') }],
    ['export default (\n  "ä", ;', { line: 2, column: 8, message: 'Unexpected ";"' }],
    ["import a from '../../outside.ts';\nexport default () => a;", { message: expect.stringContaining('outside of') }],
  ])('says what is wrong, and where: %j', async (source, error) => {
    const cwd = folderWith({ 'src/index.ts': source, '../outside.ts': 'export default 1;' });
    const { code, stdout } = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'BUILD_FAILED', ...error });
    expect(existsSync(join(cwd, 'greet/dist'))).toBe(false);
  });

  it('makes a module of the same source where plugin.yaml wants one, and that is what runs', async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest.replace('isolate', 'wasm') });
    const unbuilt = await run(cwd, 'Ada');
    expect(lastOf(unbuilt.stdout)).toMatchObject({ message: 'src/index.ts: no module was built of it yet' });
    expect((await commandLine(['plugin', 'build', 'greet'], { cwd })).stdout).toContain('dist/plugin.wasm built in');
    expect(lastOf((await run(cwd, 'Ada')).stdout)).toMatchObject({ outputs: { text: 'Hello, Ada!' } });
    const place = expect.stringMatching(/src\/index\.ts:6:\d+/);
    expect(lastOf((await run(cwd, '')).stdout)).toMatchObject({ error: { message: 'nobody is there', remedy: place } });
    expect((await commandLine(['plugin', 'build', 'greet', '--check'], { cwd })).code).toBe(0);
  });

  it('says where a module does what it can do in a run only', async () => {
    const source = 'const started: number = Date.now();\nexport default () => ({ started });';
    const cwd = folderWith({ 'src/index.ts': source });
    const { stdout } = await commandLine(['plugin', 'build', 'greet', '--target', 'wasm', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('reading the clock at the top level of a module'),
      file: 'src/index.ts',
      line: 1,
    });
  });

  it('writes through no link', async () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, 'elsewhere'));
    symlinkSync('../elsewhere', join(cwd, 'greet/dist'));
    const refused = await commandLine(['plugin', 'build', 'greet'], { cwd });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('dist: it is a symbolic link') });
    // Nor one that is put there while it is built.
    const made = new Map([['dist/plugin.js', Buffer.from('')]]);
    // Below an absolute folder.
    expect(() => writeBuild(join(cwd, 'greet') as AbsolutePath, made)).toThrow('is no folder');
    expect(existsSync(join(cwd, 'elsewhere/plugin.js'))).toBe(false);
  });
});
