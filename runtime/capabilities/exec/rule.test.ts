import { expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { checkExec, deniesExec, type ExecArgs } from './call.ts';
import { type ExecRule, explainExec, narrowExec, parseExecEntry, quoteExec } from './rule.ts';

function rule(entry: JsonObject): ExecRule {
  const parsed = parseExecEntry(entry);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

function matches(entry: JsonObject, call: ExecArgs): boolean {
  return checkExec(rule(entry), call).matches;
}

test.each(['./git', 'bin/git', '/usr/../bin/git', '-git', '', '/usr/bin/', '/usr//bin/git'])(
  'refuses the command %j in an entry',
  (command) => {
    expect(parseExecEntry({ command })).toHaveProperty('problem');
  },
);

test('a rule matches its own command, by name and by path', () => {
  expect(matches({ command: 'git' }, { command: 'git' })).toBe(true);
  expect(matches({ command: '/usr/bin/git' }, { command: 'git' })).toBe(true);
  expect(matches({ command: 'git' }, { command: 'gitk' })).toBe(false);
  expect(matches({ command: 'git' }, { command: './git' })).toBe(false);
  expect(matches({ command: '*' }, { command: 'bin/git' })).toBe(false);
});

test('only granted variables may be set, also those that point to files', () => {
  const entry = { command: 'git', env: ['GIT_DIR', 'MY_*'] };
  expect(matches(entry, { command: 'git', env: { GIT_DIR: 'x', MY_KEY: 'y' } })).toBe(true);
  expect(matches(entry, { command: 'git', env: { GIT_SSH_COMMAND: 'x' } })).toBe(false);
  expect(matches(entry, { command: 'git', files: { evil: { content: 'x', env: 'LD_PRELOAD' } } })).toBe(false);
  expect(matches(entry, { command: 'git', step_env: true })).toBe(false);
});

test('`*` does not cover variables that make a program run another', () => {
  const entry = { command: 'git', env: ['*', 'step'] };
  expect(matches(entry, { command: 'git', env: { FOO: 'x' } })).toBe(true);
  for (const key of [
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'BASH_ENV',
    'ENV',
    'GIT_SSH_COMMAND',
    'PATH',
    'PYTHONPATH',
    'PYTHONHASHSEED',
    'LUA_PATH',
    'ZDOTDIR',
    'BASH_FUNC_x%%',
    'HOME',
    'MALLOC_PERTURB_',
  ]) {
    expect([key, matches(entry, { command: 'git', env: { [key]: 'x' } })]).toEqual([key, false]);
  }
  expect(matches({ command: 'git', env: 'any' }, { command: 'git', env: { LD_PRELOAD: 'x' } })).toBe(true);
});

test("no entry lets a call set the agent's own variables", () => {
  expect(matches({ command: 'git', env: ['WATERFLOW_FILES'] }, { command: 'git', env: { WATERFLOW_FILES: '/' } })).toBe(
    false,
  );
});

test('a deny rule without arguments or variables forbids the command with any', () => {
  const deny = rule({ command: 'curl' });
  expect(deniesExec(deny, { command: 'curl', args: ['-o', 'x'], env: { FOO: 'x' } })).toBe(true);
  expect(deniesExec(deny, { command: '/usr/bin/curl' })).toBe(true);
  expect(deniesExec(deny, { command: 'git' })).toBe(false);
  expect(deniesExec(rule({ command: 'git', args: ['push'] }), { command: 'git', args: ['pull'] })).toBe(false);
});

test('the least of each layer holds', () => {
  const manifest = rule({ command: 'git', profile: 'host', secrets: ['A', 'B'], env: ['step'] });
  const policy = rule({ command: '/usr/bin/git', secrets: ['A'], sha256: 'a'.repeat(64) });
  expect(narrowExec([manifest, policy])).toMatchObject({
    commands: ['git', '/usr/bin/git'],
    profile: 'workspace',
    sha256: ['a'.repeat(64)],
  });
  expect(narrowExec([manifest]).profile).toBe('host');
  expect(narrowExec([]).profile).toBe('workspace');
});

test('an input never becomes a keyword', () => {
  expect(quoteExec('*', ['command'])).toHaveProperty('problem');
  expect(quoteExec('any', ['args'])).toHaveProperty('problem');
  expect(quoteExec('host', ['profile'])).toHaveProperty('problem');
  expect(quoteExec('*', ['env', '0'])).toHaveProperty('problem');
  expect(quoteExec('step', ['env', '0'])).toHaveProperty('problem');
  expect(quoteExec('path', ['args', '0', 'type'])).toHaveProperty('problem');
  expect(quoteExec('TOKEN', ['secrets', '0'])).toEqual({ text: 'TOKEN' });
});

test('explains an entry in one sentence', () => {
  const entry = rule({
    command: 'git',
    args: ['fetch', { prefix: '--depth=', type: 'integer', optional: true }, { type: 'ref', repeat: true }],
    secrets: ['TOKEN'],
  });
  expect(explainExec(entry)).toBe(
    'run `git` with `fetch [--depth=<integer>] <ref>...`, confined to the workspace, without network, ' +
      'trusted with the secrets TOKEN, which its output may carry back',
  );
});

test('a deny rule with arguments takes what its words leave open', () => {
  const sed = rule({ command: 'sed', args: [{ pattern: '.*e.*' }] });
  expect(deniesExec(sed, { command: '/bin/sed', args: ['s/a/b/\ne'] })).toBe(true);
  expect(deniesExec(sed, { command: 'sed', args: ['s/a/b/'] })).toBe(false);
  const push = rule({ command: 'git', args: ['push', { type: 'text' }] });
  expect(deniesExec(push, { command: 'git', args: ['push', '-f'] })).toBe(true);
  expect(deniesExec(push, { command: 'git', args: ['fetch', '-f'] })).toBe(false);
});
