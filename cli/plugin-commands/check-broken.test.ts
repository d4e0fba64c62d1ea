import { describe, expect, it } from 'vitest';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';

const manifest = `name: greeter
version: 1.0.0
description: Greets.
runtime: isolate
main: index.js
inputs:
  form: { type: string, enum: [markdown, json], default: json, description: How it is written. }
outputs:
  text: { type: string, description: The greeting. }
permissions:
  fs:
    - { read: greeting.txt, reason: takes the greeting from the workspace }
`;
const source = `export default async (inputs, host) => ({ text: \`\${inputs.form}: \${await host.fs.read('greeting.txt')}\` });\n`;
const passing = `- name: greets
  files: { greeting.txt: hello }
  expect: { outputs: { text: 'json: hello' } }
`;
const real = '- { name: greets indeed, host: real, files: { greeting.txt: hello } }\n';

interface Found {
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly remedy: string;
}

/** What `plugin check` says of a plugin that is right but for these files. */
async function check(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  const all = {
    'plugin.yaml': manifest,
    'index.js': source,
    'README.md': '# Greeter',
    'tests/a.yaml': passing,
    ...files,
  };
  const cwd = folderWith(Object.fromEntries(Object.entries(all).map(([path, text]) => [`p/${path}`, text])));
  const { code, stdout, stderr } = await commandLine(['plugin', 'check', 'p', '--json', ...options], { cwd });
  const { diagnostics }: { readonly diagnostics: readonly Found[] } = JSON.parse(stdout);
  const found = diagnostics.map(({ code: kind, severity, file, line, column, message, remedy }) => [
    `${severity} ${kind} ${file}:${line}:${column}`,
    message,
    remedy,
  ]);
  return { code, stderr, found };
}

describe('waterflow plugin check of a plugin that cannot work', () => {
  it('has nothing to say of one that can', async () => {
    expect(await check({})).toEqual({ code: 0, stderr: '', found: [] });
  });

  it.each([
    ['const run = () => ({}); export { run };', false],
    ['export const plugin = () => ({});', false],
    ['const run = async (_, host) => host.fs.read("x"); export { run as default };', true],
    ['export { default } from "./run.js";', true],
  ])('finds out whether there is a default export: %s', async (text, isThere) => {
    const { code, found } = await check({ 'index.js': text, 'run.js': source }, '--no-cases');
    const missing = found.filter(([, message]) => message?.includes('`export default`'));
    expect([code, missing.map(([place]) => place)]).toEqual(
      isThere ? [0, []] : [1, ['error PLUGIN_INVALID p/index.js:1:1']],
    );
  });

  it.each([
    ['default: json', 'default: jsn', 'must be one of markdown, json', 'Did you mean `json`?'],
    ['enum: [markdown, json], default: json', 'default: 5', 'must be of type string', 'Change the value.'],
    ['enum: [markdown, json], default: json', 'default: ""  , minLength: 2', 'must NOT have fewer', expect.anything()],
  ])('finds a default that its own field does not take: %s', async (right, wrong, message, remedy) => {
    const { code, found } = await check({ 'plugin.yaml': manifest.replace(right, wrong) });
    expect(code).toBe(2);
    expect(found).toEqual([
      [
        expect.stringMatching(/^error PLUGIN_INVALID p\/plugin\.yaml:7:\d\d$/u),
        expect.stringMatching(
          new RegExp(`^the default of inputs.form doesn't fit what the field takes: .*${message}`, 'u'),
        ),
        remedy,
      ],
    ]);
  });

  it.each(['isolate', 'wasm'])(
    'finds a main that is not there, and nothing that follows from it, in %s',
    async (runtime) => {
      const wrong = manifest.replace('index.js', 'indx.js').replace('isolate', runtime);
      expect(await check({ 'plugin.yaml': wrong })).toEqual({
        code: 1,
        stderr: '',
        found: [
          [
            'error PLUGIN_INVALID p/plugin.yaml:5:7',
            "there is no file `indx.js` in the plugin's folder",
            'Did you mean `index.js`?',
          ],
        ],
      });
    },
  );

  it('finds inputs of cases that the plugin does not have, unless that is what a case is about', async () => {
    const { code, found } = await check({
      'tests/b.yaml': `- { name: b, inputs: { fom: json } }
- { name: c, inputs: { fom: json }, expect: { error: { code: INVALID_INPUT } } }
`,
    });
    expect([code, found]).toEqual([
      1,
      [
        [
          'error INVALID_INPUT p/tests/b.yaml:1:24',
          'plugin.yaml declares no input `fom`, so no step can give it',
          'Did you mean `form`? Else declare it under `inputs` there.',
        ],
      ],
    ]);
  });

  it('finds each case that fails, and counts those that are left out for themselves', async () => {
    const failing = passing.replace('greets', 'greets otherwise').replace('json: hello', 'hello');
    const { code, found, stderr } = await check({ 'tests/b.yaml': `${failing}${real}` });
    expect(code).toBe(1);
    expect(found).toEqual([
      [
        'error PLUGIN_CASE_FAILED p/tests/b.yaml:1:1',
        expect.stringContaining('the case `greets otherwise` fails: '),
        expect.stringContaining('`waterflow plugin test p`'),
      ],
    ]);
    expect(stderr).toContain('1 case of 3 failed, so nothing says which of the permissions are needed\n');
    expect(stderr).toContain('1 case with `host: real` was left out\n');
  });

  it('finds entries that no recorded case needs, though another case makes real calls', async () => {
    const more = `${manifest}    - { write: out.txt, reason: writes the greeting }\n`;
    const { code, found, stderr } = await check({ 'plugin.yaml': more, 'tests/b.yaml': real });
    expect(code).toBe(0);
    expect(found.map(([place, message]) => [place, message])).toEqual([
      ['warning PLUGIN_PERMISSION_UNUSED p/plugin.yaml:13:7', "no call of the plugin's recorded cases needed `fs[1]`"],
    ]);
    expect(stderr).toContain(
      '1 case with `host: real` was left out: which permissions are needed is what the recorded',
    );
    const none = await check({ 'plugin.yaml': more, 'tests/a.yaml': real });
    expect([none.code, none.found]).toEqual([0, []]);
    expect(none.stderr).toContain('1 case with `host: real` was left out, and no other is there, so nothing says');
  });
});
