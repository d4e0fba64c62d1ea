import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe('waterflow eval', () => {
  it.each([
    ["format('{0}-{1}', 'a', 1)", 'a-1\n'],
    ['1 == 1', 'true\n'],
    ["fromJSON('[1,2]')", '[\n  1,\n  2\n]\n'],
    ["'text'", 'text\n'],
  ])('shows people the value of %s', async (expression, stdout) => {
    expect(await commandLine(['eval', expression])).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('reads contexts from a file', async () => {
    const folder = folderWith({ 'contexts.json': '{ "inputs": { "tag": "v1" } }' });
    const argv = ['eval', 'inputs.tag', '--context', 'contexts.json'];
    expect(await commandLine(argv, { cwd: folder })).toMatchObject({ code: 0, stdout: 'v1\n' });
  });

  it.each([
    ['missing.json', 'FILE_NOT_READABLE'],
    ['broken.json', 'INVALID_INPUT'],
    ['list.json', 'INVALID_INPUT'],
  ])('refuses contexts from %s', async (file, expected) => {
    const folder = folderWith({ 'broken.json': '{', 'list.json': '[]' });
    const { code, stdout } = await commandLine(['eval', '1', '--context', file, '--json'], { cwd: folder });
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: expected, remedy: expect.any(String) });
    expect(code).toBe(2);
  });

  it('points at what is wrong, and ends with 1', async () => {
    const { code, stderr } = await commandLine(['eval', 'inputs.a ++ 1']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/\n {2}inputs\.a \+\+ 1\n {2} {9}\^\n$/),
    });
  });

  it('answers each line of a batch, the broken ones too, in order', async () => {
    const lines = [
      '{"expr":"inputs.x","contexts":{"inputs":{"x":1}}}',
      '',
      'no json',
      '[]',
      '{"contexts":{}}',
      '{"expr":"1","contexts":[]}',
      '{"expr":"1 +"}',
      '{"expr":"true"}',
    ];
    const { code, stdout } = await commandLine(['eval', '--batch'], { lines });
    expect(code).toBe(0);
    const answers = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(answers).toMatchObject([
      { result: { value: 1 } },
      { error: { kind: 'parsing' } },
      { error: { kind: 'parsing' } },
      { error: { message: '"expr" must be a string' } },
      { error: { message: '"contexts" must be an object' } },
      { error: {} },
      { result: { value: true } },
    ]);
  });

  it('takes an expression or a batch, not both and not neither', async () => {
    expect((await commandLine(['eval', '1', '--batch'])).code).toBe(2);
    expect((await commandLine(['eval'])).code).toBe(2);
  });
});

describe('waterflow grants explain', () => {
  const explained = `
name: explained
on: { manual: { inputs: { host: { type: string, default: example.com } } } }
permissions:
  net: [{ url: "https://example.com/*", methods: [GET] }]
jobs:
  ask:
    steps:
      - id: known
        uses: http@v1
        with: { url: "https://\${{ inputs.host }}/x" }
      - id: unknown
        uses: http@v1
        with: { url: "\${{ steps.known.outputs.body }}" }
      - id: third-party
        uses: ./plugins/hostile
        with: { attempt: network }
      - uses: sleep@v1
        with: { duration: 1s }
`;
  const folder = () => {
    const made = folderWith({ 'explained.yml': explained });
    cpSync(join(examples, 'plugins'), join(made, 'plugins'), { recursive: true });
    return made;
  };

  it('names what is requested, what each layer allows, and what only a run knows', async () => {
    const { code, stdout } = await commandLine(['grants', 'explain', 'explained.yml'], { cwd: folder() });
    expect(code).toBe(0);
    const [known = '', unknown = '', third = ''] = stdout.split(/^(?=ask\/)/m);
    expect(known).toMatch(/^ask\/known uses http@v1\n {2}http [\d.]+ \(built-in\) sha256:/);
    expect(known).toMatch(/net: \w+/);
    expect(known).toContain('workflow');
    expect(unknown).toContain('known only when the run starts: url');
    expect(third).toMatch(/hostile 1\.0\.0 \(local\)/);
    expect(third).toMatch(/net: refused by .*policy/);
    expect(stdout).toMatch(/This is advisory: the policy of the agent that runs a step decides\.\n$/);
    expect(stdout).not.toContain('sleep@v1');
  });

  it('shows what an approval changes', async () => {
    const argv = ['grants', 'explain', 'explained.yml', '--step', 'ask/third-party', '--approve', './plugins/hostile'];
    const { stdout } = await commandLine([...argv, '--json'], { cwd: folder() });
    expect(JSON.parse(stdout)).toMatchObject({
      steps: [
        {
          step: 'ask/third-party',
          uses: './plugins/hostile',
          unknown_inputs: [],
          grant: {
            plugin: { name: 'hostile', origin: 'approved' },
            capabilities: expect.arrayContaining([expect.objectContaining({ capability: 'net' })]),
          },
        },
      ],
    });
  });

  it.each([
    [['--step', 'ask/nothing'], 'there is no step ask/nothing'],
    [['--approve', './plugins/other'], 'no step uses that plugin'],
    [['--approve', 'nosuch'], '--approve nosuch: no step uses that plugin'],
    [['--approve', 'plugins/hostile'], 'Steps use these plugin folders: ./plugins/hostile'],
    [['--approve', `sha256:${'0'.repeat(64)}`], 'no step uses that plugin'],
  ])('with %j is refused', async (options, message) => {
    const { code, stderr } = await commandLine(['grants', 'explain', 'explained.yml', ...options], { cwd: folder() });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('waterflow plugin run', () => {
  const plugin = {
    'greet/plugin.yaml': `
name: greet
version: 1.2.3
description: Greets
runtime: isolate
main: index.js
inputs:
  who: { type: string, required: true }
  times: { type: integer, default: 1 }
outputs: { greeting: { type: string } }
permissions: { fs: [{ write: "out/**", reason: keeps the greeting }] }
`,
    'greet/index.js': `
export default async ({ who, times }, host) => {
  host.log('hello \\u001b[2J' + who);
  await host.fs.write('out/greeting', who);
  return { greeting: ('hello ' + who + ' ').repeat(times).trim() };
};
`,
  };

  it('runs it with typed inputs, and shows log, outputs and host calls', async () => {
    const argv = ['plugin', 'run', './greet', '--input', 'who=you', '--input', 'times=2', '--approve', './greet'];
    const { code, stdout, stderr } = await commandLine(argv, { cwd: folderWith(plugin) });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^greet 1\.2\.3 \(approved\) sha256:[0-9a-f]{64}\n/);
    expect(stdout).toContain('\nhello you\n');
    expect(stdout).toContain('allowed: fs.write');
    expect(stdout).toMatch(/success in \d+m?s, host calls \d+ allowed, 0 denied\n/);
    expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toEqual({ greeting: 'hello you hello you' });
  });

  it.each([
    ['.', 'greet'],
    ['../greet/', 'other'],
    ['./greet', ''],
  ])('finds the folder %s from %j, and its approval in the same words', async (word, from) => {
    const cwd = join(folderWith({ ...plugin, 'other/file': '' }), from);
    for (const path of [word, resolve(cwd, word)]) {
      const { stdout } = await commandLine(['plugin', 'run', path, '--approve', path, '--input', 'who=x'], { cwd });
      expect(stdout).toMatch(/^greet 1\.2\.3 \(approved\)[^]*success/);
    }
  });

  it('grants nothing that was not approved', async () => {
    const argv = ['plugin', 'run', './greet', '--input', 'who=you', '--json'];
    const { code, stdout } = await commandLine(argv, { cwd: folderWith(plugin) });
    expect(code).toBe(1);
    const events = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toContainEqual(expect.objectContaining({ type: 'host_call', decision: 'denied', capability: 'fs' }));
    expect(events.at(-1)).toMatchObject({ type: 'result', outcome: 'failure', error: { code: 'DENIED' } });
  });

  it.each([
    [['./greet'], /who/],
    [['./greet', '--input', 'who=x', '--input', 'times=many'], /times: "many" is not JSON/],
    [['./greet', '--input', 'who=x', '--input', 'whom=y'], /whom/],
    [['./missing'], /missing/],
    [['nothing@v1'], /nothing@v1/],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await commandLine(['plugin', 'run', ...argv], { cwd: folderWith(plugin) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });
});

describe('waterflow doctor', () => {
  it('exceeds each limit and says as JSON which hold', { timeout: 180_000 }, async () => {
    const { code, stdout } = await commandLine(['doctor', '--json'], { now: Date.now });
    const { holds, level, probes } = JSON.parse(stdout) as {
      holds: boolean;
      level: number;
      probes: { holds: boolean }[];
    }; // What doctor prints.
    expect({ code, holds, all: probes.every((probe) => probe.holds) }).toEqual({ code: 0, holds: true, all: true });
    expect(level).toBeGreaterThanOrEqual(1);
    expect(probes.length).toBeGreaterThanOrEqual(19);
  });
});
