import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AbsolutePath, Diagnostic } from '../../schemas/index.ts';
import { builtInPlugins, openPlugins } from '../composition/plugins.ts';
import { openSupervisor } from '../composition/supervisor.ts';
import { templatesFolder } from '../plugin-new/templates.ts';
import { commandLine, testTerminal } from '../testing/terminal.ts';
import { type CheckedPlugin, checkPluginFolder } from './check-plugin.ts';
import { guestGlobals } from './guest-globals.ts';
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

let globals: ReadonlySet<string>;
beforeAll(async () => {
  await using supervisor = await openSupervisor(testTerminal());
  globals = await guestGlobals(supervisor);
});

/** A folder `p` with a plugin. */
function pluginWith(files: Readonly<Record<string, string>>): string {
  const all = { 'plugin.yaml': manifest, 'index.ts': source, 'README.md': '# Fetcher', ...files };
  return folderWith(Object.fromEntries(Object.entries(all).map(([path, text]) => [`p/${path}`, text])));
}

/** What is found in a plugin without running anything of it. */
async function check(files: Readonly<Record<string, string>>): Promise<readonly Diagnostic[]> {
  const cwd = pluginWith(files);
  // Below an absolute folder.
  return (await checkIn(cwd, join(cwd, 'p') as AbsolutePath)).diagnostics;
}

async function checkIn(cwd: string, folder: AbsolutePath): Promise<CheckedPlugin> {
  const { builtInNames } = openPlugins(testTerminal(), []);
  return await checkPluginFolder(folder, {
    cwd,
    builtInNames,
    builtInFolder: builtInPlugins,
    templatesFolder,
    globals,
    needed: undefined,
  });
}

const short = ({ code, severity, file, line, column }: Diagnostic): string =>
  `${severity} ${code} ${file}:${line}:${column}`;

describe('waterflow plugin check', () => {
  it('has nothing to say of a plugin that is right', async () => {
    expect(await check({})).toEqual([]);
  });

  it('finds names that no sandbox has, where they stand, in all modules that are reached and in no other', async () => {
    const found = await check({
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
    expect(found.map((finding) => [short(finding), finding.remedy])).toEqual([
      [
        'error PLUGIN_GLOBAL_MISSING p/index.ts:6:24',
        'Did you mean `JSON`? Else declare it, or import it from a file of the plugin.',
      ],
      ['error PLUGIN_GLOBAL_MISSING p/lib/bytes.ts:1:48', expect.stringContaining('Uint8Array')],
    ]);
  });

  it('finds them also where they are read of globalThis, but for names that are tested or made', async () => {
    const found = await check({
      'index.ts': `import './lib/made.ts';
const { Buffer, URL, window = {} } = globalThis as any;
export default async (inputs: { url: string }, host: any) => {
  host.log(globalThis.process.env, globalThis['require']('x'), (globalThis as any).JSON.stringify(inputs));
  if (globalThis.fetch) globalThis.fetch(inputs.url);
  host.log(globalThis.navigator?.platform ?? typeof globalThis.document, globalThis.mine.length);
  return { body: (await host.net.request(inputs)).body };
};
`,
      'lib/made.ts': "globalThis.mine = 'mine';\n",
    });
    expect(found.map((finding) => [short(finding), finding.message])).toEqual([
      ['error PLUGIN_GLOBAL_MISSING p/index.ts:2:9', "`Buffer` doesn't exist in a sandbox"],
      ['error PLUGIN_GLOBAL_MISSING p/index.ts:4:23', "`process` doesn't exist in a sandbox"],
      ['error PLUGIN_GLOBAL_MISSING p/index.ts:4:47', "`require` doesn't exist in a sandbox"],
    ]);
  });

  it('finds outputs that are written out as another type than is declared', async () => {
    const found = await check({
      'plugin.yaml': manifest.replace(
        'outputs:\n',
        `outputs:
  count: { type: integer, description: How many. }
  share: { type: number, description: How much. }
  names: { type: [array, "null"], description: Which. }
`,
      ),
      'index.ts': `export default async (inputs: any, { net }: any) => {
  if (inputs.url === '') return { count: '3', share: 3, names: null, body: \`\${1}\` };
  const count = await net.request(inputs);
  return { count, share: [0.5], names: {}, body: null };
};
`,
    });
    expect(found.map((finding) => [short(finding), finding.message])).toEqual([
      ['error INVALID_OUTPUT p/index.ts:2:35', '`outputs.count` is declared as integer, and this is a string'],
      ['error INVALID_OUTPUT p/index.ts:4:19', '`outputs.share` is declared as number, and this is an array'],
      ['error INVALID_OUTPUT p/index.ts:4:33', '`outputs.names` is declared as array or null, and this is an object'],
      ['error INVALID_OUTPUT p/index.ts:4:44', '`outputs.body` is declared as string, and this is null'],
    ]);
  });

  it('finds imports that no build took in, though there is one', async () => {
    const files = {
      'index.ts': `import 'chalk';\nimport 'installed/part';\n${source}`,
      'node_modules/installed/x': '',
    };
    const record = { version: 1, main: 'index.ts', sha256: 'x', sources: { 'index.ts': 'x' } };
    const withBuild = async (target: string): Promise<readonly unknown[]> =>
      (await check({ ...files, 'dist/plugin.js': '', 'dist/build.json': JSON.stringify({ ...record, target }) }))
        .filter(({ code }) => code === 'PLUGIN_IMPORT_MISSING')
        .map(({ line }) => line);
    expect(await withBuild('wasm')).toEqual([1, 2]);
    // It has to be made anew, and then has what is installed.
    expect(await withBuild('isolate')).toEqual([1]);
  });

  it('finds imports of what a sandbox has not', async () => {
    const found = await check({
      'index.ts': `import { readFile } from 'node:fs';
import chalk from 'chalk';
export { a } from './aa.ts';
import('./lib/frame.js');
${source}`,
      'a.ts': 'export const a = 1;\n',
      'lib/frame.ts': "import '../a.ts';\n",
    });
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
    const found = await check({
      'index.js': `export default ${code};\n`,
      'plugin.yaml': manifest.replace('.ts', '.js'),
    });
    expect(found.map(short)).toEqual([`error PLUGIN_PERMISSION_MISSING p/index.js:1:${column}`]);
  });

  it('finds inputs that are not declared, and calls that nobody waits for', async () => {
    const found = await check({
      'index.ts': `export default async (inputs: any, host: any) => {
  host.log(inputs.ulr);
  host.net.request({ url: inputs.url }).then((answer: any) => host.log(answer.body));
  void host.sleep(1);
  const later = host.sleep(2);
  if (inputs.url === '') return await later;
  host.sleep(3);
  return { body: (await host.net.request({ url: inputs.url })).body };
};
`,
    });
    expect(found.map((finding) => [short(finding), finding.remedy])).toEqual([
      ['error PLUGIN_INPUT_UNDECLARED p/index.ts:2:19', expect.stringContaining('Did you mean `url`?')],
      ['warning PLUGIN_NOT_AWAITED p/index.ts:3:3', expect.stringContaining('await')],
      ['warning PLUGIN_NOT_AWAITED p/index.ts:7:3', expect.stringContaining('await')],
    ]);
    expect(found[1]?.message).toContain('`host.net.request`');
  });

  it('finds outputs that are not declared, of returns and of failures, and no key of inner functions', async () => {
    const found = await check({
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
    const found = await check({
      'README.md': '',
      'plugin.yaml': `${manifest.replace(', description: What came.', '')}  exec:
    - { command: "*", args: any, reason: x }
  fs:
    - { write: "**", reason: stores the page }
`,
    });
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
    const found = await check({
      'index.ts': 'export default async (inputs: any, host: any) => { await host.call(inputs.url, "x", {}); };\n',
    });
    expect(found).toEqual([]);
  });

  it('warns of an entry that no call of the cases needed, unless they fail', async () => {
    const files = {
      'plugin.yaml': `${manifest}    - { url: "https://other.example.com/**", reason: fetches others }\n`,
      'tests/a.yaml': `- name: fetches
  inputs: { url: https://api.example.com/a }
  host_calls: [{ call: net GET https://api.example.com/a, ok: { status: 200, body: A } }]
`,
    };
    const ask = (given: Readonly<Record<string, string>>, ...options: readonly string[]) =>
      commandLine(['plugin', 'check', 'p', '--json', ...options], { cwd: pluginWith(given) });
    const found = await ask(files);
    expect(found.code).toBe(0);
    expect(JSON.parse(found.stdout)).toMatchObject({
      valid: true,
      diagnostics: [{ line: 13, message: "no call of the plugin's recorded cases needed `net[1]`" }],
    });
    expect(JSON.parse((await ask(files, '--no-cases')).stdout)).toEqual({ valid: true, diagnostics: [] });
    const failing = { ...files, 'tests/b.yaml': '- { name: b, inputs: { url: "https://api.example.com/b" } }\n' };
    const failed = await ask(failing);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('1 case of 2 failed, so nothing says')]);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      valid: false,
      diagnostics: [{ code: 'PLUGIN_CASE_FAILED', file: 'p/tests/b.yaml', line: 1 }],
    });
  });

  it.each(['TODO', '"TODO: explain"', 'needed', 'this permission is required', 'net', '"-"'])(
    'knows that the reason %s says nothing',
    async (reason) => {
      const found = await check({ 'plugin.yaml': manifest.replace('fetches the page', reason) });
      expect(found.map(({ code, remedy }) => [code, remedy])).toEqual([
        ['PLUGIN_UNDOCUMENTED', expect.stringContaining('as in `reason: asks the release server')],
      ]);
    },
  );

  it.each(['reads it', 'tests whether the page is there'])('takes %s for a reason', async (reason) => {
    expect(await check({ 'plugin.yaml': manifest.replace('fetches the page', reason) })).toEqual([]);
  });

  it.each([
    ['https://**', 'error', 'has `**` in its host: name the host', 'Change the entry.'],
    ['https://*/**', 'warning', 'any host may be reached', 'Name the hosts, as in `https://api.example.com/**`.'],
  ])('says what to write in the place of %s', async (url, severity, message, remedy) => {
    const [found] = await check({ 'plugin.yaml': manifest.replace('https://api.example.com/**', url) });
    const [hasMessage, hasRemedy] = [message, remedy].map((text) => expect.stringContaining(text));
    expect(found).toMatchObject({ severity, message: hasMessage, remedy: hasRemedy });
  });

  it.each([
    ['1.1', '`1.1` is read as a number', 'Write `version: 1.1.0`.'],
    ['1.10', '`1.10` is read as a number', 'Write `version: 1.10.0`.'],
    ['2', '`2` is read as a number', 'Write `version: 2.0.0`.'],
    ['v1.2.3-rc.1', '`v1.2.3-rc.1` is no semantic version', 'Write `version: 1.2.3-rc.1`.'],
    ['"1.1"', '`1.1` is no semantic version', 'Write `version: 1.1.0`.'],
  ])('says how the version %s is written', async (version, message, remedy) => {
    expect(await check({ 'plugin.yaml': manifest.replace('1.0.0', version) })).toMatchObject([
      { code: 'PLUGIN_INVALID', line: 2, column: 10, message: expect.stringContaining(message), remedy },
    ]);
  });

  it('warns of types that are not what the manifest says', async () => {
    expect(await check({ '.waterflow/types/plugin.d.ts': '// Of before.\n' })).toMatchObject([
      {
        code: 'PLUGIN_TYPES_STALE',
        severity: 'warning',
        message: expect.stringContaining('.waterflow/types/plugin.d.ts'),
        remedy: 'Run `waterflow plugin types p`.',
      },
    ]);
  });

  it('says what stands for what authors know from browsers', async () => {
    const names = ['document', 'Headers', 'localStorage', 'Worker', 'FormData'];
    const found = await check({ 'index.ts': `${names.map((name) => `void ${name};`).join('\n')}\n${source}` });
    expect(found.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining('no page'),
      expect.stringContaining('headers: { accept: "application/json" }'),
      expect.stringContaining('host.store'),
      expect.stringContaining('Promise.all'),
      expect.stringContaining('URLSearchParams'),
    ]);
  });

  it('says what is wrong with a manifest, a source and a name', async () => {
    expect(await check({ 'plugin.yaml': 'name: x\n' })).toHaveLength(3);
    expect(await check({ 'index.ts': 'enum A { B }\nexport default () => {};\n' })).toMatchObject([
      { code: 'PLUGIN_INVALID', file: 'p/index.ts', line: 1 },
    ]);
    expect(await check({ 'index.js': '\nlet = ;\n', 'plugin.yaml': manifest.replace('.ts', '.js') })).toMatchObject([
      { code: 'PLUGIN_INVALID', file: 'p/index.js', line: 2 },
    ]);
    expect(await check({ 'plugin.yaml': manifest.replace('fetcher', 'http') })).toMatchObject([
      { code: 'PLUGIN_INVALID', line: 1, column: 7 },
    ]);
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
    const broken = folderWith({ 'p/plugin.yaml': 'name: x' });
    expect(await commandLine(['plugin', 'check', 'p'], { cwd: broken })).toMatchObject({ code: 2 });
    const none = await commandLine(['plugin', 'check', 'q'], { cwd });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no plugin.yaml in q') });
  });

  it.each(readdirSync(builtInPlugins))('finds nothing in %s but what it must be able to do', async (name) => {
    const { diagnostics } = await checkIn(repository, join(builtInPlugins, name) as AbsolutePath);
    const others = diagnostics.filter(
      ({ code, severity }) => code !== 'PLUGIN_PERMISSION_WIDE' || severity === 'error',
    );
    expect(others).toEqual([]);
  });
});
