import { describe, expect, it } from 'vitest';
import { readPluginCases } from './read.ts';

describe('a file of cases', () => {
  it.each([
    ['- { name: a, expects: {} }', 1, 'unknown key `expects`'],
    ['- { name: a, host_calls: [{ call: nett GET x }] }', 1, 'no capability'],
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
        - { call: net GET https://a.example.com/ }
        - { call: { capability: net, operation: request, args: { url: { $matches: "^https:" } } } }
`,
      'cases.yaml',
    );
    const [one] = 'cases' in read ? read.cases : [];
    expect(one?.hostCalls.map((group) => group.map(({ by, text, answer }) => [by, text, answer]))).toEqual([
      [['subject', 'exec.run git fetch', { ok: { exit_code: 0 } }]],
      [
        ['subject', 'net.request GET https://a.example.com/', { ok: null }],
        ['args', expect.stringContaining('net.request GET'), { ok: null }],
      ],
    ]);
    expect(one).toMatchObject({ line: 1, index: 0, host: 'recorded', permissions: undefined, inputs: {} });
  });
});
