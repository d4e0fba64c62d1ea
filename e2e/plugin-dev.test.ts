import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, start } from './command.ts';
import { descendantsOf, stillRunning } from './processes.ts';

const manifest = `name: greet
version: 1.0.0
description: Greets.
runtime: isolate
main: index.ts
inputs: { name: { type: string, required: true, description: Whom to greet. } }
outputs: { greeting: { type: string, description: The greeting. } }
permissions: { fs: [{ write: greeting.txt, reason: stores it }] }
`;
const source = (word: string): string => `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (inputs: { readonly name: string }, host) => {
  const greeting = '${word} ' + inputs.name;
  await host.fs.write('greeting.txt', greeting);
  return { greeting };
});
`;
const cases = (word: string): string => `- name: says ${word}
  inputs: { name: Ada }
  expect: { outputs: { greeting: ${word} Ada } }
`;

function begin(argv: readonly string[] = []) {
  const folder = folderWith({
    'greet/plugin.yaml': manifest,
    'greet/index.ts': source('Hello'),
    'greet/tests/greet.yaml': cases('Hello'),
  });
  const dev = start(['plugin', 'dev', 'greet', ...argv], { cwd: folder });
  const save = (path: string, text: string): void => writeFileSync(join(folder, 'greet', path), text);
  return { dev, save };
}

describe('waterflow plugin dev', () => {
  it('tells programs of each round, an object a line', async () => {
    const { dev, save } = begin(['--json']);
    await dev.saying('"type":"round"');
    save('index.ts', source('Hi'));
    await dev.saying('"outcome":"failed"');
    save('index.ts', 'let = ;');
    await dev.saying('"type":"diagnostic"');
    dev.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 130 });
    // Ours.
    const types = dev.stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly type: string }).type);
    expect(types.slice(0, 6)).toEqual(['round-started', 'case', 'round', 'round-started', 'case', 'round']);
    expect(dev.stdout).toMatch(/\{"type":"round-started","at":"[0-9T:.-]+Z","changed":\["index\.ts"\]\}/);
  });

  it('runs the cases again when a file is saved, says what is wrong, and ends with Ctrl-C', async () => {
    const { dev, save } = begin();
    await dev.saying('1 case: 1 passed, 0 failed in ');
    expect(dev.stdout).toContain('    allowed: fs.write greeting.txt');
    await dev.complaining('watching greet');

    save('index.ts', source('Good morning'));
    await dev.saying('+ "Good morning Ada"');
    expect(dev.stdout).toMatch(/^--- \d\d:\d\d:\d\d the first round\n✓[^]*^--- \d\d:\d\d:\d\d changed: index\.ts\n/m);
    save('tests/greet.yaml', cases('Good morning'));
    await dev.saying('✓ says Good morning');
    save('index.ts', source('Hi').replace('host.fs', 'host.net.request({}); await fetch("x"); await host.fs'));
    await dev.complaining('error PLUGIN_PERMISSION_MISSING');
    await dev.complaining('error PLUGIN_GLOBAL_MISSING: `fetch`');
    save('plugin.yaml', 'name: greet\n');
    await dev.complaining('`version` is missing');
    save('plugin.yaml', manifest);
    save('index.ts', 'let = ;');
    await dev.complaining('index.ts:1:');

    const left = descendantsOf(dev.child.pid ?? 0);
    dev.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 130 });
    await expect.poll(() => stillRunning(left)).toEqual([]);
  });

  it('runs an example where it is given inputs, with what was approved', async () => {
    const { dev } = begin(['--input', 'name=Eve']);
    await dev.saying('denied: fs.write greeting.txt');
    await dev.saying('ran the example in ');
    dev.kill('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 130 });

    const approved = begin(['--input', 'name=Eve', '--approve', './greet']);
    await approved.dev.saying('"greeting": "Hello Eve"');
    approved.save('index.ts', source('Good night'));
    await approved.dev.saying('"greeting": "Good night Eve"');
    approved.dev.kill('SIGTERM');
    expect(await approved.dev.ended).toMatchObject({ code: 130 });
  });
});
