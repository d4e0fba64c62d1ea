import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frameModule, runModule } from '../../runtime/testing/wasm-modules.ts';
import { isJsonObject, type Json } from '../../schemas/index.ts';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

const kits = join(import.meta.dirname, '../../runtime/testing/extism/modules');
const ofExtism = readFileSync(join(kits, 'rust.wasm'));
const ofExtismWithoutHttp = readFileSync(join(kits, 'assemblyscript.wasm'));

const manifest = (...lines: readonly string[]): string =>
  ['name: p', 'version: 1.0.0', 'description: Of a module.', 'runtime: wasm', ...lines, ''].join('\n');
const net = 'permissions: { net: [{ url: "https://example.com/**", reason: asks for the page }] }';
/** A case that could only pass with code. */
const cases = '- { name: runs, expect: { outputs: {} } }\n';

/** What `plugin check` says of a folder `p` with these files, and how it ends. */
async function check(files: Readonly<Record<string, string | Uint8Array>>, ...options: readonly string[]) {
  const all = { 'README.md': '# p', 'tests/a.yaml': cases, ...files };
  const cwd = folderWith(Object.fromEntries(Object.entries(all).map(([path, content]) => [`p/${path}`, content])));
  const { code, stdout, stderr } = await commandLine(['plugin', 'check', 'p', '--json', ...options], { cwd });
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly Json[] }; // As --json prints it.
  return { code, stderr, found: diagnostics.filter(isJsonObject) };
}

describe('a plugin that is not built yet', () => {
  it.each([
    ['Rust', 'plugin.wasm', { 'Cargo.toml': '', 'src/lib.rs': '' }],
    ['Go', 'plugin.wasm', { 'go.mod': '', 'main.go': '' }],
    ['TypeScript', 'index.ts', { 'index.ts': 'export default () => ({});\n' }],
  ])('in %s is checked all the same, and told how it is built', async (_, main, sources) => {
    const { code, stderr, found } = await check({
      'plugin.yaml': manifest(`main: ${main}`, 'inputs: { a: { type: string } }'),
      ...sources,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(found).toMatchObject([
      {
        code: 'PLUGIN_NOT_BUILT',
        severity: 'warning',
        file: 'p/plugin.yaml',
        line: 5,
        remedy: expect.stringContaining('`waterflow plugin build p`'),
      },
      { code: 'PLUGIN_UNDOCUMENTED', line: 6 },
    ]);
  });

  it('is one whose record speaks of other sources', async () => {
    const record = { version: 1, target: 'isolate', main: 'index.ts', sha256: 'x', sources: { 'index.ts': 'x' } };
    const { code, found } = await check({
      'plugin.yaml': manifest('main: index.ts').replace('wasm', 'isolate'),
      'index.ts': 'export default () => ({ a: 1 });\n',
      'dist/build.json': JSON.stringify(record),
      'dist/plugin.js': '',
    });
    expect(code).toBe(1);
    expect(found.map((each) => each['code'])).toEqual(['PLUGIN_NOT_BUILT', 'PLUGIN_OUTPUT_UNDECLARED']);
  });

  it('says of a build for another runtime that it is not what runs', async () => {
    const record = { version: 1, target: 'wasm', main: 'index.ts', sha256: 'x', sources: { 'index.ts': 'x' } };
    const { code, found } = await check({
      'plugin.yaml': manifest('main: index.ts').replace('wasm', 'isolate'),
      'index.ts': 'export default () => ({});\n',
      'dist/build.json': JSON.stringify(record),
      'dist/plugin.wasm': '',
    });
    expect(code).toBe(0);
    expect(found).toMatchObject([
      {
        code: 'PLUGIN_BUILD_UNUSED',
        line: 5,
        message: expect.stringMatching(/^dist\/build.json, dist\/plugin.wasm: /),
      },
    ]);
  });

  it('is an error where there is nothing to build it of', async () => {
    const { code, found } = await check({ 'plugin.yaml': manifest('main: plugin.wasm') });
    expect(code).toBe(1);
    expect(found).toMatchObject([{ code: 'PLUGIN_INVALID', line: 5, message: expect.stringContaining('no source') }]);
  });
});

describe('a module', () => {
  const extism = (...lines: readonly string[]): string => manifest('main: p.wasm', 'abi: extism', ...lines);

  it.each([
    [
      'what it imports',
      runModule([], { imports: [{ module: 'env', name: 'abort' }] }),
      manifest('main: p.wasm'),
      '--use abort=',
    ],
    [
      'a function of an application',
      runModule([], { imports: [{ module: 'extism:host/user', name: 'mult' }] }),
      extism(),
      'docs/extism.md',
    ],
    ['its entry', ofExtism, extism(net), 'count_vowels'],
    ['its bytes', new Uint8Array([1, 2, 3]), manifest('main: p.wasm'), 'Build it again.'],
  ])('is refused by %s before anything runs', async (_, module, yaml, remedy) => {
    const { code, found } = await check({ 'plugin.yaml': yaml, 'p.wasm': module });
    expect(code).toBe(1);
    expect(found).toMatchObject([
      { code: 'PLUGIN_INVALID', file: 'p/p.wasm', remedy: expect.stringContaining(remedy) },
    ]);
  });

  it('of Extism that makes requests has to request them, and one that makes none has no use for it', async () => {
    const entry = 'entry: echo';
    const without = await check({ 'plugin.yaml': extism(entry), 'p.wasm': ofExtism });
    expect(without).toMatchObject({ code: 1, found: [{ code: 'PLUGIN_PERMISSION_MISSING', line: 6 }] });
    const idle = await check({ 'plugin.yaml': extism(entry, net), 'p.wasm': ofExtismWithoutHttp }, '--no-cases');
    expect(idle).toMatchObject({ code: 0, found: [{ code: 'PLUGIN_PERMISSION_UNUSED', line: 8 }] });
    expect(await check({ 'plugin.yaml': extism(entry, net), 'p.wasm': ofExtism }, '--no-cases')).toMatchObject({
      code: 0,
      found: [],
    });
  });

  it('that makes host calls by itself may use all that it requests', async () => {
    const { found } = await check({ 'plugin.yaml': extism(net), 'p.wasm': frameModule([]) }, '--no-cases');
    expect(found).toEqual([]);
  });
});
