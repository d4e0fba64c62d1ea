import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPlugin, readPluginFolder } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { folderWith } from '../plugin-commands/testing/folder.ts';
import { commandLine } from '../testing/terminal.ts';

const compiler = join(import.meta.dirname, '../../node_modules/.bin/tsc');

/** What the compiler says of a folder, by its own settings there; nothing where all is right. */
function compile(folder: string): string {
  return spawnSync(compiler, ['-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout;
}

const manifest = `name: fetcher
version: 1.0.0
description: Fetches.
runtime: isolate
main: index.ts
inputs:
  url: { type: string, required: true, description: What is fetched. }
  mode: { enum: [fast, safe], default: safe }
  retry: { type: object, allOf: [{ required: [times] }], properties: { times: { type: integer }, wait-ms: { type: number } } }
  tags: { type: array, items: { type: string } }
outputs:
  status: { type: integer, required: true, description: The code. }
  state: { enum: [new, known] }
permissions:
  net:
    - { url: "https://api.example.com/**", reason: fetches the page }
`;

const source = `import { definePlugin, type Host, type Inputs, type Outputs, stepFailure } from 'waterflow/plugin';
const modeOf = ({ mode }: Inputs): 'fast' | 'safe' => mode;
async function ask(host: Host, url: string): Promise<number> {
  return (await host.net.request({ url })).status;
}
export default definePlugin(async (inputs, host): Promise<Outputs> => {
  host.log(modeOf(inputs) + (inputs.retry?.times ?? 0) + (inputs.tags ?? []).join());
  if (inputs.url === '') throw stepFailure('no url', { outputs: { state: 'new' } });
  return { status: await ask(host, inputs.url), state: 'known' };
});
`;

const pluginWith = (files: Readonly<Record<string, string>> = {}): string =>
  folderWith({ 'p/plugin.yaml': manifest, 'p/index.ts': source, ...files });

describe('waterflow plugin types', () => {
  it('is all that a compiler needs, without network or packages', async () => {
    const cwd = pluginWith();
    const made = await commandLine(['plugin', 'types', 'p', '--json'], { cwd });
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(made.stdout)).toMatchObject({
      folder: '.waterflow/types',
      written: expect.arrayContaining(['.waterflow/types/plugin.d.ts', 'tsconfig.json']),
    });
    expect(compile(join(cwd, 'p'))).toBe('');
  });

  it('has the compiler find what would fail at run time, in words that lead to plugin.yaml', async () => {
    const cwd = pluginWith();
    await commandLine(['plugin', 'types', 'p'], { cwd });
    writeFileSync(
      join(cwd, 'p/wrong.ts'),
      `import { definePlugin, type Host, type Outputs, stepFailure } from 'waterflow/plugin';
export const plugin = definePlugin(async (inputs, host): Promise<Outputs> => {
  host.fs.read(inputs.ulr);
  const times: number = inputs.retry.times;
  if (inputs.mode === 'slow') throw stepFailure('x', { outputs: { sttus: times } });
  if (times > 1) return { status: 'ok' };
  return { status: 1, states: 'known' };
});
export const other = definePlugin(async () => ({ state: 'old' }));
export const pack = (host: Host): unknown => fetch(host.call);
`,
    );
    const found = compile(join(cwd, 'p'));
    for (const words of [
      "wrong.ts(3,8): error TS2339: Property 'fs' does not exist on type 'HostThatPluginYamlRequests'.",
      "Property 'ulr' does not exist on type 'Inputs'.",
      "'inputs.retry' is possibly 'undefined'",
      'This comparison appears to be unintentional',
      "'sttus' does not exist in type 'Partial<Outputs>'",
      "wrong.ts(6,27): error TS2322: Type 'string' is not assignable to type 'number'.",
      "'states' does not exist in type 'Outputs'. Did you mean to write 'state'?",
      "Property 'status' is missing in type '{ state: \"old\"; }' but required in type 'Outputs'",
      "Cannot find name 'fetch'",
    ])
      expect(found).toContain(words);
  });

  it('is no part of the plugin: neither its digest nor its package changes', async () => {
    const cwd = pluginWith({ 'p/tsconfig.json': '{}' });
    const folder = join(cwd, 'p') as AbsolutePath; // Below an absolute folder.
    const digest = async () => (await loadPlugin(folder, { origin: 'local' })).identity.digest;
    const before = await digest();
    const made = await commandLine(['plugin', 'types', 'p'], { cwd });
    expect(made).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('"extends": "./.waterflow/types/tsconfig.json"'),
    });
    expect(readFileSync(join(folder, 'tsconfig.json'), 'utf8')).toBe('{}');
    expect(await digest()).toBe(before);
    expect(readPluginFolder(folder).map(({ path }) => path)).toEqual(['index.ts', 'plugin.yaml', 'tsconfig.json']);
  });

  it('tells CI what is not current, and follows the manifest in a build and a test', async () => {
    const cwd = pluginWith({ 'p/tests/a.yaml': '- { name: a, expect: { error: { code: INVALID_INPUT } } }\n' });
    const check = () => commandLine(['plugin', 'types', 'p', '--check', '--json'], { cwd });
    expect(await check()).toMatchObject({ code: 1 });
    // Nobody asked for any.
    await commandLine(['plugin', 'build', 'p'], { cwd });
    expect(existsSync(join(cwd, 'p/.waterflow'))).toBe(false);
    await commandLine(['plugin', 'types', 'p'], { cwd });
    expect(await check()).toMatchObject({ code: 0 });
    for (const command of ['build', 'test']) {
      writeFileSync(join(cwd, 'p/plugin.yaml'), manifest.replace('  tags:', `  ${command}: { type: string }\n  tags:`));
      const stale = await check();
      expect({ code: stale.code, report: JSON.parse(stale.stdout) as unknown }).toMatchObject({
        code: 1,
        report: { current: false, different: ['.waterflow/types/plugin.d.ts'] },
      });
      const done = await commandLine(['plugin', command, 'p'], { cwd });
      expect(done).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('note: .waterflow/types follows plugin.yaml again: plugin.d.ts'),
      });
      expect(await check()).toMatchObject({ code: 0 });
    }
  });

  it.each(['ts', 'ts-wasm'])('comes with a new plugin of the template %s', async (template) => {
    const cwd = folderWith({});
    await commandLine(['plugin', 'new', 'tide-table', '--template', template], { cwd });
    const folder = join(cwd, 'tide-table');
    expect(compile(folder)).toBe('');
    expect(await commandLine(['plugin', 'types', '--check'], { cwd: folder })).toMatchObject({ code: 0 });
    const { devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly devDependencies: object;
    }; // Ours.
    expect(Object.keys(devDependencies)).toEqual(['typescript']);
  });

  it('writes through no link', async () => {
    const cwd = pluginWith();
    mkdirSync(join(cwd, 'elsewhere'));
    symlinkSync('../elsewhere', join(cwd, 'p/.waterflow'));
    const made = await commandLine(['plugin', 'types', 'p'], { cwd });
    expect(made).toMatchObject({ code: 3, stderr: expect.stringContaining('STORAGE_FAILED') });
    expect(existsSync(join(cwd, 'elsewhere/types'))).toBe(false);
    rmSync(join(cwd, 'p/.waterflow'));
  });

  it('is for plugins in TypeScript', async () => {
    const cwd = folderWith({ 'p/plugin.yaml': manifest.replace('isolate', 'wasm').replace('index.ts', 'plugin.wasm') });
    expect(await commandLine(['plugin', 'types', 'p'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("p isn't written in TypeScript"),
    });
    const broken = folderWith({ 'p/plugin.yaml': 'name: x' });
    expect(await commandLine(['plugin', 'types', 'p'], { cwd: broken })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('PLUGIN_INVALID'),
    });
  });
});
