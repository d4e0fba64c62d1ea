import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

const repository = join(import.meta.dirname, '../..');

const manifest = `name: fetcher
version: 1.0.0
description: Fetches.
runtime: isolate
main: index.ts
inputs:
  url: { type: string, description: What is fetched. }
outputs:
  body: { type: string, description: What came. }
permissions:
  net:
    - { url: "https://api.example.com/**", reason: fetches the page }
`;

const source = `import { definePlugin, type Host, stepFailure } from 'waterflow/plugin';
interface Inputs { readonly url: string }
export default definePlugin(async (inputs: Inputs, host) => {
  const { body } = await host.net.request({ url: inputs.url });
  return { body };
});
`;

interface Finding {
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

/** What is found in a plugin, without its missing README. */
async function check(
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<{ readonly code: number; readonly found: readonly Finding[]; readonly stderr: string }> {
  const cwd = folderWith(
    Object.fromEntries(
      Object.entries({ 'plugin.yaml': manifest, 'index.ts': source, 'README.md': '# Fetcher', ...files }).map(
        ([path, text]) => [`p/${path}`, text],
      ),
    ),
  );
  const { code, stdout, stderr } = await commandLine(['plugin', 'check', 'p', '--json', ...options], { cwd });
  return { code, stderr, found: (JSON.parse(stdout) as { diagnostics: readonly Finding[] }).diagnostics };
}

const short = ({ code, severity, file, line, column }: Finding): string =>
  `${severity} ${code} ${file}:${line}:${column}`;

describe('waterflow plugin check', () => {
  it('has nothing to say of a plugin that is right', async () => {
    expect(await check({})).toEqual({ code: 0, found: [], stderr: '' });
  });

  it('finds names that no sandbox has, where they stand, in all modules that are reached and in no other', async () => {
    const { code, found } = await check({
      'index.ts': `import { bytes } from './lib/bytes.ts';
export default async (inputs: { url: string }, host: any) => {
  if (typeof setImmediate === 'function') console.log(inputs);
  const fetch = host.net.request;
  await fetch({ url: inputs.url });
  return { body: bytes(Jason.stringify(globalThis)) };
};
`,
      'lib/bytes.ts': 'export const bytes = (text: string): string => Buffer.from(text as any).toString();\n',
      'lib/unused.ts': 'export const here = __dirname;\n',
    });
    expect(code).toBe(1);
    expect(found.map((finding) => [short(finding), finding.remedy])).toEqual([
      ['error PLUGIN_GLOBAL_MISSING p/index.ts:6:24', 'Did you mean `JSON`?'],
      ['error PLUGIN_GLOBAL_MISSING p/lib/bytes.ts:1:48', expect.stringContaining('Uint8Array')],
    ]);
  });

  it('finds imports of what a sandbox has not', async () => {
    const { code, found } = await check({
      'index.ts': `import { readFile } from 'node:fs';
import chalk from 'chalk';
export { a } from './aa.ts';
import('./lib/frame.js');
${source}`,
      'a.ts': 'export const a = 1;\n',
      'lib/frame.ts': "import '../a.ts';\n",
    });
    expect(code).toBe(1);
    expect(found.map(({ line, message, remedy }) => [line, message, remedy])).toEqual([
      [1, '`node:fs` is a module of Node, which no plugin has', expect.stringContaining('host.fs')],
      [2, expect.stringContaining('`chalk`'), expect.stringContaining('plugin build')],
      [3, "there is no `aa.ts` in the plugin's folder", 'Did you mean `a.ts`?'],
    ]);
  });

  it.each([
    ['its parameter', 'async (inputs, host) => { await host.fs.read("a"); await host.net.request(inputs); }', 53],
    ['what is taken out of it', 'async (inputs, { fs, net }) => { await fs.read("a"); net.request(inputs); }', 33],
    ['a variable of it', 'async (_, host) => { const { fs, net } = host; fs.read("a"); net; }', 45],
  ])('finds a use of the host by %s that is not requested', async (_, code, column) => {
    const { found } = await check({
      'index.js': `export default ${code};\n`,
      'plugin.yaml': manifest.replace('.ts', '.js'),
    });
    expect(found.map(short)).toEqual([`error PLUGIN_PERMISSION_MISSING p/index.js:1:${column}`]);
  });

  it('finds outputs that are not declared, of returns and of failures, and no key of inner functions', async () => {
    const { found } = await check({
      'index.ts': `import { definePlugin, stepFailure } from 'waterflow/plugin';
export default definePlugin(run);
async function run(inputs: any, host: any) {
  const pages = [inputs.url].map((url) => { return { url }; });
  if (inputs.url === '') throw stepFailure('no', { outputs: { pages } });
  await host.net.request(pages[0]);
  return inputs.url === 'x' ? { body: 'x' } : { bodyy: 'y', ...inputs };
}
`,
    });
    expect(found.map((finding) => [short(finding), finding.remedy])).toEqual([
      ['error PLUGIN_OUTPUT_UNDECLARED p/index.ts:7:49', expect.stringContaining('Did you mean `body`?')],
      ['error PLUGIN_OUTPUT_UNDECLARED p/index.ts:5:63', 'Declare it under `outputs`.'],
    ]);
  });

  it('warns of what is requested and used nowhere, of wide entries and of missing words', async () => {
    const { code, found } = await check({
      'README.md': '',
      'plugin.yaml': `${manifest.replace(', description: What came.', '')}  exec:
    - { command: "*", args: any, reason: x }
  fs:
    - { write: "**", reason: stores the page }
`,
    });
    expect(code).toBe(0);
    expect(found.map(short)).toEqual([
      'warning PLUGIN_UNDOCUMENTED p/plugin.yaml:9:3',
      'warning PLUGIN_PERMISSION_UNUSED p/plugin.yaml:13:3',
      'warning PLUGIN_PERMISSION_WIDE p/plugin.yaml:14:18',
      'warning PLUGIN_PERMISSION_WIDE p/plugin.yaml:14:29',
      'warning PLUGIN_UNDOCUMENTED p/plugin.yaml:14:42',
      'warning PLUGIN_PERMISSION_UNUSED p/plugin.yaml:15:3',
      'warning PLUGIN_PERMISSION_WIDE p/plugin.yaml:16:16',
    ]);
  });

  it('takes a host whose parts are chosen while it runs for one that uses everything', async () => {
    const { found } = await check({
      'index.ts': 'export default async (inputs: any, host: any) => { await host.call(inputs.url, "x", {}); };\n',
    });
    expect(found).toEqual([]);
  });

  it('warns of an entry that no call of the cases needed, unless they fail or are left out', async () => {
    const files = {
      'plugin.yaml': `${manifest}    - { url: "https://other.example.com/**", reason: fetches others }\n`,
      'tests/a.yaml': `- name: fetches
  inputs: { url: https://api.example.com/a }
  host_calls: [{ call: net GET https://api.example.com/a, ok: { body: A } }]
`,
    };
    expect((await check(files)).found.map(({ message, line }) => [line, message])).toEqual([
      [13, "no call of the plugin's cases needed `net[1]`"],
    ]);
    expect(await check(files, '--no-cases')).toMatchObject({ code: 0, found: [] });
    const failing = { ...files, 'tests/b.yaml': '- { name: b, inputs: { url: "https://api.example.com/b" } }\n' };
    expect(await check(failing)).toMatchObject({ found: [], stderr: expect.stringContaining('not all cases') });
  });

  it('says what is wrong with a manifest, a source and a name', async () => {
    const broken = await check({ 'plugin.yaml': 'name: x\n' });
    expect(broken).toMatchObject({ code: 2, found: { length: 3 } });
    const source = await check({ 'index.ts': 'enum A { B }\nexport default () => {};\n' });
    expect(source).toMatchObject({ code: 1, found: [{ code: 'PLUGIN_INVALID', file: 'p/index.ts', line: 1 }] });
    const script = await check({ 'index.js': '\nlet = ;\n', 'plugin.yaml': manifest.replace('.ts', '.js') });
    expect(script).toMatchObject({ code: 1, found: [{ code: 'PLUGIN_INVALID', file: 'p/index.js', line: 2 }] });
    const taken = await check({ 'plugin.yaml': manifest.replace('fetcher', 'http') });
    expect(taken).toMatchObject({ code: 1, found: [{ code: 'PLUGIN_INVALID', line: 1, column: 7 }] });
  });

  it('shows people the line, and code scanning a log', async () => {
    const files = {
      'p/plugin.yaml': manifest,
      'p/index.ts': source.replace('return', 'await fetch(inputs.url); return'),
    };
    const cwd = folderWith(files);
    const shown = await commandLine(['plugin', 'check', 'p'], { cwd });
    expect(shown).toMatchObject({ code: 1, stdout: 'p: 1 error, 1 warning\n' });
    expect(shown.stderr).toContain("p/index.ts:5:9: error PLUGIN_GLOBAL_MISSING: `fetch` doesn't exist in a sandbox");
    expect(shown.stderr).toContain('^^^^^');
    const { stdout } = await commandLine(['plugin', 'check', 'p', '--sarif'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [{ results: [{ ruleId: 'PLUGIN_UNDOCUMENTED' }, { ruleId: 'PLUGIN_GLOBAL_MISSING', level: 'error' }] }],
    });
    const none = await commandLine(['plugin', 'check', 'q'], { cwd });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no plugin.yaml in q') });
  });

  it.each(readdirSync(join(repository, 'plugins')))('finds no error in %s', async (name) => {
    const { stdout } = await commandLine(['plugin', 'check', `plugins/${name}`, '--json'], { cwd: repository });
    const { valid, diagnostics } = JSON.parse(stdout) as { valid: boolean; diagnostics: readonly Finding[] };
    expect({
      valid,
      codes: [...new Set(diagnostics.map(({ code }) => code))].filter((code) => code !== 'PLUGIN_PERMISSION_WIDE'),
    }).toEqual({ valid: true, codes: [] });
  });
});
