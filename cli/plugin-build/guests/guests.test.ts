import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BuildRecord } from '../../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { packageRoot } from '../../package-root.ts';
import { makeFolder } from '../../plugin-new/make-folder.ts';
import { commandLine } from '../../testing/terminal.ts';

/** A new plugin of a template, in `greet` of a folder of its own. */
function pluginOf(template: string): string {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-guest-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  // Both are below absolute paths.
  const source = join(packageRoot(import.meta.url), 'plugin-templates', template) as AbsolutePath;
  makeFolder({ template: source, folder: join(cwd, 'greet') as AbsolutePath, name: 'greet' });
  return cwd;
}

describe('waterflow plugin build, of a language whose compiler is missing', () => {
  it.each([
    ['assemblyscript', 'npm install'],
    ['rust', 'rustup'],
    ['go', 'go.dev'],
    ['c', 'ziglang'],
  ])('says so of %s, and how to get it', async (template, remedy) => {
    const cwd = pluginOf(template);
    const built = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd, env: { PATH: '/nonexistent' } });
    expect(built.code).toBe(2);
    expect(JSON.parse(built.stdout)).toMatchObject({
      code: 'TOOLCHAIN_MISSING',
      remedy: expect.stringContaining(remedy),
    });
  });

  it('takes no program of a folder that PATH names from where somebody stands', async () => {
    const cwd = pluginOf('go');
    mkdirSync(join(cwd, 'greet', 'bin'));
    writeFileSync(join(cwd, 'greet', 'bin', 'go'), '#!/bin/sh\ntouch ../ran\n', { mode: 0o755 });
    const built = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd, env: { PATH: 'greet/bin:bin:.:' } });
    expect(JSON.parse(built.stdout)).toMatchObject({ code: 'TOOLCHAIN_MISSING' });
  });
});

describe('waterflow plugin build, of AssemblyScript', () => {
  const install = (cwd: string): void => {
    const compiler = join(packageRoot(import.meta.url), 'node_modules');
    // What `npm install` would put there.
    symlinkSync(compiler, join(cwd, 'greet', 'node_modules'));
  };

  it('makes a module that passes its cases, within the memory that its manifest has', async () => {
    const cwd = pluginOf('assemblyscript');
    install(cwd);
    const built = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd });
    expect(JSON.parse(built.stdout)).toMatchObject({ language: 'AssemblyScript', output: 'plugin.wasm', warnings: [] });
    const record = JSON.parse(readFileSync(join(cwd, 'greet', 'dist', 'build.json'), 'utf8')) as BuildRecord; // As it was written.
    expect(Object.keys(record.sources)).toEqual(
      expect.arrayContaining(['asconfig.json', 'assembly/index.ts', 'assembly/waterflow/call.ts']),
    );
    const tested = await commandLine(['plugin', 'test', 'greet'], { cwd });
    expect(tested.stdout).toContain('3 cases: 3 passed, 0 failed');
    const manifest = join(cwd, 'greet', 'plugin.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('memory: 64MiB', 'memory: 32MiB'));
    const checked = await commandLine(['plugin', 'build', 'greet', '--check', '--json'], { cwd });
    expect(JSON.parse(checked.stdout)).toMatchObject({
      current: false,
      different: ['plugin.wasm', 'dist/build.json'],
    });
  });

  it('names the place of a mistake', async () => {
    const cwd = pluginOf('assemblyscript');
    install(cwd);
    const source = join(cwd, 'greet', 'assembly', 'index.ts');
    const lines = [
      "import { output, Json } from './waterflow';",
      'export function run(): i32 {',
      '  const text: string = 3;',
      '  return output(text);',
      '}',
    ];
    writeFileSync(source, lines.join('\n'));
    const built = await commandLine(['plugin', 'build', 'greet', '--json'], { cwd });
    expect(built.code).toBe(2);
    expect(JSON.parse(built.stdout)).toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringMatching(
        /^Type 'i32' is not assignable to type '~lib\/string\/String'\.; also assembly\/index\.ts:4:\d+: /,
      ),
      file: 'assembly/index.ts',
      line: 3,
      column: 24,
    });
  });
});
