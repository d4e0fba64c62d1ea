import { describe, expect, it } from 'vitest';
import type { WaterflowError } from '../../../schemas/index.ts';
import { testPolicy } from '../../grants/testing/grant.ts';
import { type PolicyCase, readCases } from './read.ts';
import { type CasesReport, runCases } from './run.ts';

const manifest = `name: fetch
version: 2.1.0
description: Fetches.
runtime: isolate
main: index.ts
inputs: { project: { type: string, default: acme } }
permissions:
  net: [{ url: "https://api.example.com/\${{ inputs.project }}/**", reason: reads }]
`;

function readFile(path: string): string {
  if (path === './fetch/plugin.yaml') return manifest;
  if (path === './broken.yaml') return 'name: fetch';
  throw new Error('there is no such file');
}

function casesOf(text: string): readonly PolicyCase[] {
  const read = readCases(text, { file: 'cases.yaml', readFile });
  if ('errors' in read) throw new TypeError(read.errors.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return read.cases;
}

function errorsOf(text: string): readonly WaterflowError[] {
  const read = readCases(text, { file: 'cases.yaml', readFile });
  return 'errors' in read ? read.errors : [];
}

const policy = `version: 1
rules:
  - plugin: fetch
    when: queue == "web" && time.weekday != "sunday"
    allow:
      net:
        - url: https://api.example.com/acme/**
  - plugin: "*"
    deny:
      exec: [{ command: curl }]
  - plugin: approved
    allow: requested
  - plugin: never
    allow: requested
  - plugin: "*"
    limits: { timeout: 5m }
`;

const run = (text: string): CasesReport => runCases(testPolicy(policy), casesOf(text));

const monday = 'time: 2026-11-30T12:00:00Z';

describe('a case', () => {
  it('passes where the policy says what is expected, by the rule that is expected', () => {
    const { cases } = run(`
- { name: reads, plugin: { name: fetch }, queue: web, ${monday}, call: net GET https://api.example.com/acme/x, expect: allowed, rule: 7 }
- { name: by its rule, plugin: { name: fetch }, queue: web, ${monday}, call: net GET https://api.example.com/acme/x, expect: allowed, rule: 3 }
- { name: elsewhere, plugin: { name: fetch }, ${monday}, call: net GET https://api.example.com/acme/x, expect: denied }
- { name: on a sunday, plugin: { name: fetch }, queue: web, time: "2026-11-29T12:00:00Z", call: net GET https://api.example.com/acme/x, expect: denied }
- { name: forbidden, plugin: { name: x, origin: approved }, call: exec curl -x, expect: denied, rule: 10 }
- { name: approved, plugin: { name: x, origin: approved }, call: exec make all, expect: allowed, rule: 11 }
`);
    expect(cases.filter(({ passed }) => !passed)).toEqual([]);
    expect(cases[0]).toMatchObject({ decision: 'allowed', rules: [7], line: 2 });
  });

  it('fails where it says something else, or another rule says it', () => {
    const { cases } = run(`
- { name: wrong, plugin: { name: x }, call: exec make, expect: allowed }
- { name: other rule, plugin: { name: x, origin: approved }, call: exec make, expect: allowed, rule: 3 }
`);
    expect(cases).toMatchObject([
      { passed: false, decision: 'denied', because: [expect.stringContaining("doesn't allow it")] },
      { passed: false, decision: 'allowed', rules: [11], expected_rule: 3 },
    ]);
  });

  it('is denied where a condition can not be decided', () => {
    const { cases } = run('- { name: no time, plugin: { name: fetch }, queue: web, call: exec make, expect: denied }');
    expect(cases).toMatchObject([{ passed: true, because: [expect.stringContaining('`time` is not known here')] }]);
  });

  it('may be of a manifest, with its name and the defaults of its inputs', () => {
    const test = (call: string): readonly string[] =>
      run(
        `- { name: a, requests: ./fetch/plugin.yaml, queue: web, ${monday}, call: "${call}", expect: allowed }`,
      ).cases.map(({ decision }) => decision);
    expect(test('net GET https://api.example.com/acme/x')).toEqual(['allowed']);
    expect(test('net GET https://api.example.com/other/x')).toEqual(['denied']);
    expect(test('exec make')).toEqual(['denied']);
  });

  it('may say entries and a call in its parts', () => {
    const { cases } = run(`
- name: a
  plugin: { name: x, origin: approved }
  requests: { fs: [{ write: out/** }] }
  call: { capability: fs, operation: write, args: { path: out/x, content: y } }
  expect: allowed
`);
    expect(cases).toMatchObject([{ passed: true }]);
  });
});

it('tells the rules that no case is about', () => {
  const { untested } = run('- { name: a, plugin: { name: x, origin: approved }, call: exec make, expect: allowed }');
  expect(untested).toEqual([
    { line: 3, plugin: 'fetch' },
    { line: 8, plugin: '*' },
    { line: 13, plugin: 'never' },
  ]);
});

describe('a file of cases', () => {
  it.each([
    ['[]', 1, 'it is empty'],
    ['- { name: a, call: exec make, expect: maybe }', 1, 'must be one of'],
    ['- { name: a, call: exec make, expects: allowed }', 1, '`expect` is missing'],
    ['\n- { name: a, call: nett GET x, expect: denied }', 2, 'no capability'],
    ['- { name: a, call: { capability: fs, operation: raed }, expect: denied }', 1, 'no operation'],
    [
      '- { name: a, call: exec make, requests: ./gone.yaml, expect: denied }',
      1,
      "can't be read: there is no such file",
    ],
    ['- { name: a, call: exec make, requests: ./broken.yaml, expect: denied }', 1, './broken.yaml'],
    ['- name: a\n  call: exec make\n  expect: denied\n  requests: { fz: [] }', 4, 'unknown capability'],
    ['- { name: a, call: exec make, time: noon, expect: denied }', 1, 'time'],
    ['- { name: a, call: "mail send {}", expect: denied }', 1, 'call'],
  ])('%j is refused with its line', (text, line, why) => {
    const errors = errorsOf(text);
    expect(errors.map((error) => error.message).join('\n')).toContain(why);
    expect(errors[0]).toMatchObject({ code: 'INVALID_INPUT', file: 'cases.yaml', line });
  });
});
