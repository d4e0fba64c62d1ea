/** docs/plugin-authoring.md and the pages of the templates: what an author types, in the order of the page, with the compilers that are here. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockOn, blocksOn, type CodeBlock } from '../../tools/code-blocks/blocks.ts';
import { root } from '../command.ts';
import { areShown } from '../page.ts';
import { filled, type Place, placeWith } from './place.ts';

/** What a plugin's page prints is the same but for how long it took. */
const untimed = (text: string): readonly string[] =>
  text
    .replaceAll(/\(\d+(?:\.\d+)?m?s\)/gu, '(TIME)')
    .trimEnd()
    .split('\n');

/** What `npm install` would put into a plugin's folder. */
function install(folder: string, ...names: readonly string[]): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  for (const name of names) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
}

/** Compilers are where the user who runs the tests has them, whose home a place isn't. */
const compilers = {
  CARGO_HOME: process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'),
  RUSTUP_HOME: process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup'),
};

const assemblyScript = ['assemblyscript', 'binaryen', 'long'];

/** A plugin of a template; undefined where its compiler isn't here, which is then printed. */
async function pluginOf(template: string): Promise<Place | undefined> {
  const place = placeWith({}, compilers);
  await place.run(`waterflow plugin new my-plugin --template ${template}`);
  const folder = join(place.folder, 'my-plugin');
  if (template === 'assemblyscript') install(folder, ...assemblyScript);
  const { stdout } = await place.start('cd my-plugin && waterflow plugin build --json').ended;
  if (!stdout.includes('TOOLCHAIN_MISSING')) return place;
  process.stdout.write(`skipped: the template ${template}: its compiler is not here\n`);
  return undefined;
}

describe('the page of a template', () => {
  it.each<[string, readonly CodeBlock[]]>([
    ['ts', blocksOn('plugin-templates/ts/README.md')],
    ['ts-wasm', blocksOn('plugin-templates/ts-wasm/README.md')],
    ['assemblyscript', blocksOn('plugin-templates/assemblyscript/README.md')],
    ['rust', blocksOn('plugin-templates/rust/README.md')],
    ['go', blocksOn('plugin-templates/go/README.md')],
    ['c', blocksOn('plugin-templates/c/README.md')],
  ])('%s builds, runs, tests and packs it', async (template, blocks) => {
    const place = await pluginOf(template);
    if (place === undefined) return;
    let printed = '';
    for (const { text } of blocks) printed += await place.run(`cd my-plugin\n${text}`);
    expect(printed).toContain('Hello, Ada!');
  });
});

it('docs/extism.md calls a module that was made for Extism', async () => {
  const place = placeWith({
    'count-vowels/plugin.yaml': String(
      blocksOn('docs/extism.md', { language: 'yaml', begins: 'name: count' })[0]?.text,
    ),
    'workflow.yml': String(blocksOn('docs/extism.md', { language: 'yaml', begins: 'name: count' })[1]?.text),
  });
  cpSync(
    join(root, 'runtime/testing/extism/modules/assemblyscript.wasm'),
    join(place.folder, 'count-vowels/count_vowels.wasm'),
  );
  const printed = await place.run(blockOn('docs/extism.md', { begins: 'waterflow plugin check' }));
  expect(printed).toContain('3 vowels');
});

describe('docs/plugin-authoring.md', () => {
  /** The cases of the page's plugin, and those of the template with what they cover. */
  const testing = blocksOn('docs/plugin-authoring.md', { begins: '$ waterflow plugin test ./greet' });

  it('begins with a template', async () => {
    const place = placeWith();
    await place.run(blockOn('docs/plugin-authoring.md', { begins: 'waterflow plugin new greet' }));
    const [, ...shown] = (testing[1]?.text ?? '').split('\n');
    const printed = await place.run('waterflow plugin test ./greet --coverage');
    // Its line of points is for what the cases print.
    expect(areShown(printed.trimEnd().split('\n'), ['…', ...shown.slice(1, -1)])).toBe(true);
  });

  it('goes on with a plugin of its own', async () => {
    const place = placeWith({
      'greet/plugin.yaml': blockOn('docs/plugin-authoring.md', { begins: 'name: greet' }),
      'greet/index.ts': blockOn('docs/plugin-authoring.md', { begins: 'import { definePlugin' }),
      'greet/tests/greet.yaml': blockOn('docs/plugin-authoring.md', { begins: '- name: greets' }),
      'workflow.yml': blockOn('docs/plugin-authoring.md', { begins: 'name: try greet' }),
    });
    expect(await place.run(blockOn('docs/plugin-authoring.md', { begins: 'waterflow run workflow.yml' }))).toContain(
      'success',
    );
    const alone = await place.run(blockOn('docs/plugin-authoring.md', { begins: 'waterflow plugin run ./greet' }));
    expect(alone).toContain('Hello, Ada!');
    await place.run(blockOn('docs/plugin-authoring.md', { begins: 'waterflow plugin types' }));
    expect(readFileSync(join(place.folder, 'greet/tsconfig.json'), 'utf8')).toContain('.waterflow/types');
    const [command = '', ...shown] = (testing[0]?.text ?? '').split('\n');
    expect(untimed(await place.run(command.replace(/^\$ /u, '')))).toEqual(untimed(shown.join('\n')));
    for (const { text } of blocksOn('docs/plugin-authoring.md', { begins: 'waterflow plugin build ./greet' }))
      await place.run(text);
    expect(await place.run('ls greet/dist')).toBe('build.json\nplugin.js\n');
  });

  it('has a plugin that takes a token, and a step that gives it', async () => {
    const inputs = blockOn('docs/plugin-authoring.md', { begins: 'inputs:' });
    const code = blockOn('docs/plugin-authoring.md', { begins: 'const headers' });
    const place = placeWith({
      'acme/latest-release/plugin.yaml': `name: latest-release\nversion: 0.1.0\ndescription: Reads the latest release.\nruntime: isolate\nmain: index.ts\noutputs: { body: { type: string } }\n${inputs}`,
      'acme/latest-release/index.ts': `import { definePlugin } from 'waterflow/plugin';\nexport default definePlugin(async (inputs, host) => {\n${code}return { body: answer.body };\n});\n`,
      'acme/latest-release/tests/cases.yaml': `- name: asks with the token
  inputs: { repository: acme/site, token: "\${{ secrets.RELEASE_TOKEN }}" }
  secrets: { RELEASE_TOKEN: the-words-of-a-token }
  host_calls: [{ call: net GET https://api.example.com/repos/acme/site/releases/latest, ok: { status: 200, body: v1 } }]
  expect: { outputs: { body: v1 } }
- name: asks without one
  inputs: { repository: acme/site }
  host_calls: [{ call: net GET https://api.example.com/repos/acme/site/releases/latest, ok: { status: 200, body: v1 } }]
  expect: { outputs: { body: v1 } }
`,
      'workflow.yml': `on: manual\njobs:\n  a:\n    steps:\n${filled(
        blockOn('docs/plugin-authoring.md', { begins: '- uses: acme/latest-release' }),
        { 'acme/latest-release': './acme/latest-release' },
      ).replaceAll(/^(?=.)/gmu, '      ')}`,
    });
    expect(await place.run('waterflow plugin test acme/latest-release')).toContain('2 passed');
    expect(await place.run('waterflow validate workflow.yml')).toContain('valid');
  });

  it('sets outputs from a script', async () => {
    const script = blockOn('docs/plugin-authoring.md', { language: 'sh' }).replaceAll(/^/gmu, '          ');
    const place = placeWith({
      'w.yml': `on: manual\njobs:\n  a:\n    steps:\n      - run: printf 'one\\ntwo\\n' > notes.md\n      - id: set\n        run: |\n${script}\n      - run: echo "$V of $N"\n        env: { V: "\${{ steps.set.outputs.version }}", N: "\${{ toJSON(steps.set.outputs.notes) }}" }\n`,
    });
    expect(await place.run('waterflow run w.yml')).toContain('1.4.0 of "one\\ntwo"');
  });

  const lengths = `name: my-plugin
version: 0.1.0
description: Tells how long a file is.
runtime: wasm
main: plugin.wasm
inputs: { path: { type: string, required: true, description: The file. } }
outputs: { length: { type: integer, description: How long it is. } }
permissions: { fs: [{ read: "\${{ inputs.path }}", reason: reads it }] }
`;
  const cases = `- name: tells the length
  inputs: { path: words.txt }
  files: { words.txt: "eleven char" }
  expect: { outputs: { length: 11 }, log: [read it] }
`;
  const goAround = (code: string): string =>
    `package main\n\nimport "waterflow.local/my-plugin/waterflow"\n\ntype Inputs struct {\n\tPath string \`json:"path"\`\n}\n\ntype Outputs struct {\n\tLength int \`json:"length"\`\n}\n\n${code}\nfunc main() {}\n`;

  it.each<[string, string, string]>([
    [
      'assemblyscript',
      'assembly/index.ts',
      blockOn('docs/plugin-authoring.md', { language: 'ts', under: 'AssemblyScript' }),
    ],
    ['rust', 'src/lib.rs', blockOn('docs/plugin-authoring.md', { language: 'rust' })],
    ['go', 'main.go', goAround(blockOn('docs/plugin-authoring.md', { language: 'go' }))],
    ['c', 'src/plugin.c', `#include "waterflow.h"\n\n${blockOn('docs/plugin-authoring.md', { language: 'c' })}`],
  ])('shows a plugin in %s that does what it says', async (template, file, source) => {
    const place = await pluginOf(template);
    if (place === undefined) return;
    const folder = join(place.folder, 'my-plugin');
    rmSync(join(folder, 'tests/greet.yaml'));
    writeFileSync(join(folder, 'plugin.yaml'), lengths);
    writeFileSync(join(folder, 'tests/length.yaml'), cases);
    writeFileSync(join(folder, file), source);
    expect(await place.run('cd my-plugin && waterflow plugin build && waterflow plugin test')).toContain('1 passed');
  });
});
