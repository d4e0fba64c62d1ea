import { describe, expect, it } from 'vitest';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { readPluginCases } from './read.ts';

describe('a file of cases', () => {
  it.each([
    ['- { name: a, expects: {} }', 1, 'unknown key `expects`'],
    ['- { name: a, host_calls: [{ call: nett GET x }] }', 1, 'no capability'],
    ['- name: a\n  host_calls:\n    - call: net GET https://a.example.com/', 3, 'neither an answer nor an error'],
    [
      '- name: a\n  host_calls:\n    - call: exec git\n      ok: { exit_code: 0, exitcod: 0 }',
      4,
      'unknown key `exitcod`',
    ],
    [
      '- name: a\n  host_calls:\n    - { call: exec git, ok: { exit_code: 0 }, error: { code: FAILED, message: x } }',
      3,
      'not both',
    ],
    ['- name: a\n  host_calls:\n    - { call: "clock now {}", ok: 1 }', 3, 'clock.now needs no answer'],
    [
      '- name: a\n  host_calls:\n    - call: { capability: net, operation: request, args: { url: { $any: true }, metod: GET } }\n      ok: { status: 200 }',
      3,
      'unknown key `metod`',
    ],
    ['- name: a\n  expect: { error: DENIED }', 2, 'keys of its own: `code`'],
    ['- name: a\n  expect: { error: { code: DENYED } }', 2, 'no step fails with `DENYED`'],
    ['- name: a\n  expect: { denials: [fs write x] }', 2, 'keys of its own: `call`'],
    ['- name: a\n  files: { version: 1.10 }', 2, '`1.10` is read as a number'],
    ['- name: a\n  env: { VERSION: 1.10 }', 2, '`1.10` is read as a number'],
    ['- { name: a, host_calls: [{ ok: 1 }] }', 1, '`call` is missing'],
    ['- name: a\n  files: { ../x: y }', 2, 'leaves the workspace'],
    ['- name: a\n  host: real\n  host_calls: []', 3, 'no recorded calls'],
    ['- name: a\n  expect: { outputs: { a: { $matches: "(" } } }', 2, 'Invalid regular expression'],
    ['- name: a\n  permissions: { fz: [] }', 2, 'unknown capability'],
    ['- name: a\n  expect: { denials: [{ call: fs raed x }] }', 2, 'no operation'],
  ])('%j is refused with its line', (text, line, message) => {
    const read = readPluginCases(text, 'cases.yaml');
    expect('errors' in read ? read.errors : []).toMatchObject([
      { code: 'INVALID_INPUT', file: 'cases.yaml', line, message: expect.stringContaining(message) },
    ]);
  });

  it('has the calls of a group together, and one after the other what stands in no group', () => {
    const read = readPluginCases(
      `- name: a
  host_calls:
    - { call: exec git fetch, ok: { exit_code: 0 } }
    - any-order:
        - { call: net GET https://a.example.com/, ok: { status: 200 } }
        - { call: { capability: net, operation: request, args: { url: { $matches: "^https:" } } }, ok: { status: 204 } }
`,
      'cases.yaml',
    );
    const [one] = 'cases' in read ? read.cases : [];
    expect(one?.hostCalls.map((group) => group.map(({ by, text, answer }) => [by, text, answer]))).toEqual([
      [['subject', 'exec.run git fetch', { ok: { exit_code: 0 } }]],
      [
        ['subject', 'net.request GET https://a.example.com/', { ok: { status: 200 } }],
        ['args', expect.stringContaining('net.request GET'), { ok: { status: 204 } }],
      ],
    ]);
    expect(one?.hostCalls.flat().map(({ place, line }) => [place, line])).toEqual([
      ['host_calls[0]', 3],
      ['host_calls[1].any-order[0]', 5],
      ['host_calls[1].any-order[1]', 6],
    ]);
    expect(one).toMatchObject({ line: 1, index: 0, host: 'recorded', permissions: undefined, inputs: {} });
  });

  const manifest: PluginManifest = {
    name: 'p',
    version: '1.0.0',
    description: 'x',
    runtime: 'isolate',
    main: 'index.ts',
    outputs: {
      body: { type: 'string', required: true },
      took: { type: 'number' },
      parts: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'object', required: ['file'] }] } },
    },
  };
  const problems = (expected: string): readonly (string | undefined)[] => {
    const read = readPluginCases(`- name: a\n  expect: ${expected}\n`, 'cases.yaml', { manifest });
    return 'errors' in read ? read.errors.map(({ line, message, remedy }) => `${line}: ${message}. ${remedy}`) : [];
  };

  it('is compared with the outputs that the manifest declares', () => {
    expect(problems('{ outputs: { bodyy: x, took: slow } }')).toEqual([
      expect.stringContaining('`body` is missing'),
      expect.stringMatching(/^2: plugin\.yaml declares no output `bodyy`, .*Did you mean `body`\?/),
      expect.stringMatching(/^2: by plugin\.yaml's `outputs`, `took` must be of type number/),
    ]);
  });

  it.each([
    '{ outputs: { body: x, took: 1 } }',
    '{ outputs: { body: { $matches: "^x" }, took: { $any: true }, parts: [{ $any: true }] } }',
    '{ outputs: { took: 1 }, error: { code: STEP_FAILED } }',
    '{ error: { code: INVALID_OUTPUT } }',
  ])('may expect %s', (expected) => {
    expect(problems(expected)).toEqual([]);
  });

  it('may expect any output of a plugin whose steps name them', () => {
    const text = '- { name: a, expect: { outputs: { body: x, other: 1 } } }';
    const read = readPluginCases(text, 'cases.yaml', { manifest: { ...manifest, 'dynamic-outputs': true } });
    expect(read).toMatchObject({ cases: [{ name: 'a' }] });
  });
});
