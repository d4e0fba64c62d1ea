import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readPluginCases } from '../../agent/plugin-cases/index.ts';
import { commandLine } from '../testing/terminal.ts';
import { folderWith } from './testing/folder.ts';
import { blockOn } from '../../tools/code-blocks/blocks.ts';

const repository = join(import.meta.dirname, '../..');

const manifest = `name: fetcher
version: 1.0.0
description: Fetches.
runtime: isolate
main: index.ts
inputs:
  urls: { type: array, items: { type: string }, required: true }
  token: { type: string, default: '' }
outputs:
  bodies: { type: array }
  took: { type: number }
permissions:
  net:
    - { url: "https://api.example.com/**", headers: [authorization], secrets: [TOKEN], reason: reads }
    - { url: "http://127.0.0.1:*/**", headers: [authorization], secrets: [TOKEN], private: true, reason: reads }
  fs:
    - { read: "**", write: "out/**", reason: stores }
`;

const source = `import { definePlugin } from 'waterflow/plugin';
export default definePlugin(async (inputs: any, host: any) => {
  const begun = await host.now();
  const headers = inputs.token === '' ? {} : { authorization: 'Bearer ' + inputs.token };
  const answers = await Promise.all(inputs.urls.map((url: string) => host.net.request({ url, headers })));
  await host.sleep(60_000);
  const bodies = answers.map((answer: any) => answer.body);
  await host.fs.write('out/bodies.txt', bodies.join('\\n') + '\\n');
  host.log('fetched ' + bodies.length);
  return { bodies, took: (await host.now()) - begun };
});
`;

const answer = (body: string): string => `{ status: 200, headers: {}, body: ${body} }`;

/** The shipped one lets nobody reach this machine's own services. */
const operatorPolicy = `version: 1
rules:
  - plugin: approved
    allow:
      fs: [{ write: "**" }]
      net: [{ url: "http://127.0.0.1:*/**", headers: [authorization], secrets: [TOKEN], private: true }]
`;

/** A plugin folder \`p\` with these cases. */
function pluginWith(cases: string, plugin: { readonly source?: string; readonly manifest?: string } = {}): string {
  return folderWith({
    'p/plugin.yaml': plugin.manifest ?? manifest,
    'p/index.ts': plugin.source ?? source,
    'p/tests/cases.yaml': cases,
  });
}

interface Report {
  readonly passed: boolean;
  readonly cases: readonly { readonly name: string; readonly outcome: string; readonly problems: readonly object[] }[];
}

async function test(
  cwd: string,
  ...argv: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string; readonly report: Report }> {
  const ran = await commandLine(['plugin', 'test', 'p', '--json', ...argv], { cwd });
  return { ...ran, report: JSON.parse(ran.stdout.split('\n')[0] ?? '') as Report };
}

describe('waterflow plugin test', () => {
  it('answers calls from the record, with secrets by their names, and lets no sleep wait', async () => {
    const cwd = pluginWith(`- name: two pages
  inputs: { urls: [https://api.example.com/a, https://api.example.com/b], token: "\${{ secrets.TOKEN }}" }
  secrets: { TOKEN: not-a-real-one }
  host_calls:
    - any-order:
        - call: { capability: net, operation: request, args: { url: https://api.example.com/b, headers: { authorization: "Bearer \${{ secrets.TOKEN }}" } } }
          ok: ${answer('B')}
        - call: net GET https://api.example.com/a
          ok: ${answer('A')}
  expect:
    outputs: { bodies: [A, { $matches: "^B$" }], took: 60000 }
    files: { out/bodies.txt: "A\\nB\\n", out/other: null }
    log: [fetched 2]
`);
    expect((await test(cwd)).report).toMatchObject({ passed: true, cases: [{ outcome: 'passed', problems: [] }] });
  });

  it('says what is wrong: calls, outputs, files, log, denials', async () => {
    const cwd = pluginWith(`- name: another call
  inputs: { urls: [https://api.example.com/a] }
  host_calls:
    - { call: { capability: net, operation: request, args: { url: https://api.example.com/z, headers: {} } }, ok: ${answer('Z')} }
  expect: { error: { code: STEP_FAILED, message: { $matches: no answer } } }
- name: other results
  inputs: { urls: [https://api.example.com/a] }
  host_calls:
    - { call: net GET https://api.example.com/a, ok: ${answer('A')} }
  expect:
    outputs: { bodies: [B], took: { $any: true } }
    files: { out/bodies.txt: "B\\n", out/none: x }
    log: [fetched 3]
- name: an error that did not come
  inputs: { urls: [] }
  expect: { error: { code: TIMEOUT } }
- name: a denial that nobody expects
  inputs: { urls: [https://evil.example.com/] }
  expect: { error: { code: DENIED } }
- name: a failure that nobody expects
  inputs: { urls: [https://api.example.com/a] }
  host_calls:
    - { call: net GET https://api.example.com/a, error: { code: TIMEOUT, message: too slow } }
`);
    const { code, report } = await test(cwd);
    expect(code).toBe(1);
    expect(report.cases.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'failed'));
    expect(report.cases.map(({ problems }) => problems)).toEqual([
      [
        {
          message: 'the case has no answer for net.request GET https://api.example.com/a',
          line: 4,
          differences: [
            { path: 'args.url', expected: 'https://api.example.com/z', actual: 'https://api.example.com/a' },
          ],
        },
        {
          message:
            "host_calls[0] was never called: net.request GET https://api.example.com/z. Remove it, or see why the plugin doesn't make that call",
          line: 4,
          differences: [],
        },
      ],
      [
        { message: 'the outputs are others', differences: [{ path: 'outputs.bodies[0]', expected: 'B', actual: 'A' }] },
        {
          message: 'out/bodies.txt has another content',
          differences: [{ path: 'out/bodies.txt', expected: 'B\n', actual: 'A\n' }],
        },
        { message: 'out/none is missing', differences: [] },
        {
          message: 'the log has no such line',
          differences: [{ path: 'log', expected: 'fetched 3', actual: 'fetched 1' }],
        },
      ],
      [{ message: 'the step succeeded, and should fail with TIMEOUT', differences: [] }],
      [
        {
          message: expect.stringMatching(
            /^net\.request GET https:\/\/evil\.example\.com\/ was denied by manifest plugin\.yaml\. /,
          ),
          differences: [],
        },
      ],
      [{ message: expect.stringContaining('the step failed: STEP_FAILED: too slow'), differences: [] }],
    ]);
  });

  it('shows people the place, the difference, the calls and the log', async () => {
    const cwd = pluginWith(`- name: pages
  inputs: { urls: [https://api.example.com/a] }
  host_calls:
    - { call: net GET https://api.example.com/a, ok: ${answer('"one\\ntwo\\nthree"')} }
  expect: { files: { out/bodies.txt: "one\\n2\\nthree\\n" } }
`);
    const { code, stdout } = await commandLine(['plugin', 'test', 'p'], { cwd });
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `✗ pages (0ms)
    p/tests/cases.yaml:1: out/bodies.txt has another content
      out/bodies.txt
        - 2: "2"
        + 2: "two"
    allowed: net.request GET https://api.example.com/a
    allowed: fs.write out/bodies.txt
    | fetched 1

1 case: 0 passed, 1 failed
`,
    });
  });

  it("holds a step's permissions and what a call implies, although nothing is carried out", async () => {
    const cwd = pluginWith(
      `- name: narrowed
  inputs: { urls: [] }
  permissions: { net: [{ url: "https://api.example.com/**" }], fs: [{ write: elsewhere/** }] }
  expect:
    error: { code: DENIED }
    denials: [{ call: fs write out/bodies.txt, rule: step permissions }]
- name: implied
  inputs: { urls: [https://api.example.com/a] }
  permissions: { net: [{ url: "https://api.example.com/**" }] }
  host_calls: [{ call: net GET https://api.example.com/a, ok: { status: 200 } }]
  expect:
    error: { code: DENIED }
    denials: [{ call: net GET https://api.example.com/a, rule: step }]
`,
      {
        source: source.replace('host.net.request({ url,', "host.net.request({ url, response: { file: 'out/a' },"),
      },
    );
    const { report } = await test(cwd);
    expect(report.cases.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['narrowed', 'passed'],
      ['implied', 'passed'],
    ]);
  });

  it('writes what came into cases that fail, with --update, and keeps comments', async () => {
    const cwd = pluginWith(`# Cases.
- name: pages # one
  inputs: { urls: [https://api.example.com/a] }
  host_calls: [{ call: net GET https://api.example.com/a, ok: ${answer('A')} }]
  expect: { outputs: { bodies: [] }, files: { out/bodies.txt: x } }
- name: refused
  inputs: { urls: [https://evil.example.com/] }
`);
    expect(await test(cwd, '--update')).toMatchObject({ code: 0 });
    expect(await test(cwd)).toMatchObject({ code: 0, report: { passed: true } });
    const text = readFileSync(join(cwd, 'p/tests/cases.yaml'), 'utf8');
    expect(text).toContain('# Cases.');
    expect(text).toContain('name: pages # one');
    expect(text).toContain('call: net GET https://evil.example.com/');
  });

  it('makes no real call unless it may, and records what it makes', async () => {
    const server = createServer((request, response) => response.end(`hello ${request.headers.authorization}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo; // It listens on TCP.
    const url = `http://127.0.0.1:${port}/x`;
    const cwd = pluginWith(
      `- name: real
  host: real
  inputs: { urls: ["${url}"], token: "\${{ secrets.TOKEN }}" }
  secrets: { TOKEN: not-a-real-one }
`,
      { source: source.replace('60_000', '1') },
    );
    writeFileSync(join(cwd, 'policy.yaml'), operatorPolicy);
    const left = await commandLine(['plugin', 'test', 'p'], { cwd });
    expect(left).toMatchObject({ code: 0, stdout: expect.stringContaining('left out, since it makes real calls') });
    expect(await test(cwd, '--record')).toMatchObject({
      code: 1,
      report: { cases: [{ outcome: 'failed', recorded: false }] },
    });
    const kept = await commandLine(['plugin', 'test', 'p', '--record'], { cwd });
    expect(kept.stdout).toContain('p/tests/cases.yaml: real: not recorded, since it failed');
    expect(readFileSync(join(cwd, 'p/tests/cases.yaml'), 'utf8')).toContain('host: real');
    const none = await commandLine(['plugin', 'test', 'p', '--allow-private', '127.0.0.1'], { cwd });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('one host and its port') });
    const allowed = ['--record', '--secret', 'TOKEN=a-real-one-indeed', '--policy', 'policy.yaml'];
    expect(await test(cwd, ...allowed)).toMatchObject({ code: 0, report: { cases: [{ recorded: true }] } });
    const text = readFileSync(join(cwd, 'p/tests/cases.yaml'), 'utf8');
    expect(text).not.toContain('a-real-one-indeed');
    expect(text).not.toContain('host: real');
    expect(text).toContain('authorization: Bearer ${{ secrets.TOKEN }}');
    server.close();
    expect(await test(cwd)).toMatchObject({ code: 0, report: { cases: [{ outcome: 'passed', host: 'recorded' }] } });
  });

  it('says of a call that comes too early or twice what stands in its way', async () => {
    const given = (page: string): string => `{ call: net GET https://api.example.com/${page}, ok: { status: 200 } }`;
    const cwd = pluginWith(`- name: too early
  inputs: { urls: [https://api.example.com/b, https://api.example.com/a] }
  host_calls:
    - ${given('a')}
    - ${given('b')}
  expect: { error: { code: STEP_FAILED } }
- name: twice
  inputs: { urls: [https://api.example.com/a, https://api.example.com/a] }
  host_calls:
    - ${given('a')}
  expect: { error: { code: STEP_FAILED } }
`);
    const { report } = await test(cwd);
    const messages = report.cases.map(({ problems }) => problems);
    expect(messages[0]).toContainEqual(
      expect.objectContaining({
        line: 5,
        message: expect.stringMatching(
          /\/b yet: host_calls\[1\] has it, whose turn is after host_calls\[0\],.*`any-order`/,
        ),
      }),
    );
    expect(messages[1]).toEqual([
      expect.objectContaining({ line: 10, message: expect.stringContaining('host_calls[0] answers it once') }),
    ]);
  });

  it('gives the plugin what a real answer has and a case need not write', async () => {
    const cwd = pluginWith(
      `- name: whole
  inputs: { urls: [https://api.example.com/a] }
  host_calls: [{ call: net GET https://api.example.com/a, ok: { status: 200, body: hello } }]
  expect: { outputs: { bodies: [https://api.example.com/a, 5, 0], took: 60000 } }
`,
      {
        source: source
          .replace('(answer: any) => answer.body', '(a: any) => [a.url, a.bytes, a.redirects]')
          .replace('answers.map', 'answers.flatMap'),
      },
    );
    expect((await test(cwd)).report).toMatchObject({ passed: true });
  });

  it('refuses two cases of one name, and outputs that the manifest has not', async () => {
    const cwd = pluginWith('- { name: a }\n- { name: a }\n- { name: b, expect: { outputs: { bodys: [] } } }\n');
    writeFileSync(join(cwd, 'p/tests/more.yaml'), '- { name: b }\n- { name: b }\n');
    const { code, stdout } = await commandLine(['plugin', 'test', 'p', '--json'], { cwd });
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly message: string; readonly file: string; readonly line: number }); // Ours.
    expect({ code, found: found.map(({ message, file, line }) => `${file}:${line}: ${message}`) }).toEqual({
      code: 2,
      found: [
        expect.stringContaining('p/tests/cases.yaml:3: plugin.yaml declares no output `bodys`'),
        'p/tests/more.yaml:2: two cases are called `b`: the other one is in p/tests/more.yaml:1',
      ],
    });
    const checked = await commandLine(['plugin', 'check', 'p', '--json'], { cwd });
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('declares no output `bodys`');
  });

  it('refuses a file of cases that is wrong, with the place', async () => {
    const { code, stdout } = await commandLine(['plugin', 'test', 'p', '--json'], {
      cwd: pluginWith('- { name: a, expects: {} }'),
    });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ code: 'INVALID_INPUT', file: 'p/tests/cases.yaml', line: 1 });
  });

  it('says where cases go if there are none, and if none has such a name', async () => {
    const cwd = folderWith({ 'plugin.yaml': manifest, 'index.ts': source });
    const { code, stderr } = await commandLine(['plugin', 'test'], { cwd });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('has no cases') });
    const other = await commandLine(['plugin', 'test', 'p', '--case', 'zzz'], { cwd: pluginWith('- { name: a }') });
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('no case has "zzz"') });
  });

  it("passes the cases of the guide for plugin authors, and the template's", async () => {
    const cwd = folderWith({
      'p/plugin.yaml': blockOn('docs/plugin-authoring.md', { begins: 'name: greet' }),
      'p/index.ts': blockOn('docs/plugin-authoring.md', { begins: 'import { definePlugin' }),
      'p/tests/greet.yaml': blockOn('docs/plugin-authoring.md', { begins: '- name: greets' }),
    });
    expect((await test(cwd)).report).toMatchObject({ passed: true, cases: { length: 2 } });
    const template = await commandLine(['plugin', 'test', 'plugin-templates/ts'], { cwd: repository });
    expect(template).toMatchObject({ code: 0, stdout: expect.stringContaining('3 passed, 0 failed') });
  });

  it('reads the calls that the guide shows', () => {
    const calls = blockOn('docs/plugin-authoring.md', { begins: 'host_calls:' });
    const text = `- name: shown\n${calls.replaceAll(/^/gm, '  ')}`;
    expect(readPluginCases(text, 'guide')).toMatchObject({ cases: [{ hostCalls: [{ length: 1 }, { length: 2 }] }] });
  });
});
