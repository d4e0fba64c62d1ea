import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { withoutPrivate } from '../entry-parts.ts';
import { checkSsh, deniesSsh, type SshDemand } from './call.ts';
import { shellLine } from './quote.ts';
import { matchesRemotePath, parseRemotePattern, splitRemotePath } from './remote-path.ts';
import { explainSsh, parseSshEntry, quoteSsh, type SshRule } from './rule.ts';

function ruleOf(entry: JsonObject): SshRule {
  const parsed = parseSshEntry({ host: 'web.example.com', user: 'deploy', ...entry });
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

const demand = (need: SshDemand['need'], more: Partial<SshDemand> = {}): SshDemand => ({
  endpoint: { host: 'web.example.com', port: 22 },
  user: undefined,
  need,
  ...more,
});
const command = (name: string, ...args: string[]): SshDemand => demand({ kind: 'command', command: name, args });
const path = (access: 'read' | 'write' | 'list', text: string): SshDemand =>
  demand({ kind: 'path', access, path: text });

describe('an entry', () => {
  test.each([
    ['no host', { host: '' }],
    ['a port in its host', { host: 'a:22' }],
    ['a user in its host', { host: 'root@a' }],
    ['a port that is none', { port: '0' }],
    ['a host key that is none', { 'host-key': 'SHA256:short' }],
    ['a whole key of an old type', { 'host-key': 'ssh-dss AAAAB3NzaC1kc3M=' }],
    ['a whole key that is of another type', { 'host-key': 'ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQABAAABgQ==' }],
    ['a passphrase without a key', { passphrase: 'P' }],
    ['a command that is a line', { commands: [{ command: 'ls -l' }] }],
    ['a file of exec', { commands: [{ command: 'ls', args: [{ group: [{ type: 'file' }] }] }] }],
    ['a URL that net grants', { commands: [{ command: 'curl', args: [{ type: 'url', granted: true }] }] }],
    ['a path that climbs', { read: '/srv/../etc' }],
  ])('with %s is refused', (_what, entry) => {
    expect(parseSshEntry({ host: 'a', user: 'b', ...entry })).toHaveProperty('problem');
  });

  test('allows nothing that it leaves out, and forbids all of it', () => {
    const bare = ruleOf({});
    for (const asked of [command('ls'), path('read', '/a'), path('write', 'a'), path('list', '/')]) {
      expect(checkSsh(bare, asked).matches).toBe(false);
      expect(deniesSsh(bare, asked)).toBe(true);
    }
  });

  test('that forbids a path forbids neither commands nor the folder above', () => {
    const denied = ruleOf({ read: '/etc/**' });
    expect(deniesSsh(denied, path('read', '/etc/passwd'))).toBe(true);
    expect(deniesSsh(denied, path('list', '/'))).toBe(false);
    expect(deniesSsh(denied, command('ls'))).toBe(false);
  });

  test('that forbids and names no port or arguments forbids any', () => {
    const at = (port: number, more = command('rm', '-r', '/srv')): SshDemand => ({
      ...more,
      endpoint: { host: 'web.example.com', port },
    });
    expect(deniesSsh(ruleOf({}), at(2222))).toBe(true);
    expect(deniesSsh(ruleOf({ port: 22 }), at(2222))).toBe(false);
    expect(checkSsh(ruleOf({ commands: [{ command: 'rm', args: 'any' }] }), at(2222)).matches).toBe(false);
    const program = ruleOf({ commands: [{ command: 'rm' }] });
    expect(deniesSsh(program, command('rm', '-r', '/srv'))).toBe(true);
    expect(deniesSsh(program, command('ls'))).toBe(false);
    expect(checkSsh(program, command('rm', '-r', '/srv')).matches).toBe(false);
    expect(deniesSsh(ruleOf({ commands: [{ command: 'rm', args: ['-r'] }] }), command('rm', '-f'))).toBe(false);
    expect(deniesSsh(ruleOf({ commands: [{ command: '*' }] }), command('ls', '-l'))).toBe(true);
  });

  test('that forbids a program forbids it wherever it lies, and the arguments that its words leave open', () => {
    const remove = ruleOf({ commands: [{ command: 'rm' }] });
    expect(deniesSsh(remove, command('/bin/rm', '-r'))).toBe(true);
    expect(deniesSsh(ruleOf({ commands: [{ command: '/bin/rm' }] }), command('rm'))).toBe(true);
    expect(deniesSsh(remove, command('/bin/rmdir'))).toBe(false);
    // What is not the name of one program, no rule allows.
    expect(checkSsh(ruleOf({ commands: [{ command: '*', args: 'any' }] }), command('\\rm')).matches).toBe(false);
    const text = ruleOf({ commands: [{ command: 'systemctl', args: ['stop', { type: 'text' }] }] });
    expect(deniesSsh(text, command('/usr/bin/systemctl', 'stop', '--', '-a'))).toBe(true);
    expect(deniesSsh(text, command('systemctl', 'start', 'app'))).toBe(false);
  });

  test('is for its host, port and user alone', () => {
    const rule = ruleOf({ read: '/**' });
    const asked = path('read', '/a');
    expect(checkSsh(rule, asked).matches).toBe(true);
    for (const endpoint of [
      { host: 'example.com', port: 22 },
      { host: 'web.example.com.evil.com', port: 22 },
      { host: 'web.example.com', port: 2222 },
      { host: 'web.example.com -oProxyCommand=id', port: 22 },
    ]) {
      expect(checkSsh(rule, { ...asked, endpoint }).matches).toBe(false);
    }
    expect(checkSsh(rule, { ...asked, user: 'root' }).matches).toBe(false);
    expect(checkSsh(rule, { ...asked, endpoint: { host: 'WEB.example.com.', port: 22 } }).matches).toBe(true);
  });

  test('gets no private address by `allow: requested`', () => {
    expect(withoutPrivate({ host: 'a', private: true })).toEqual({ host: 'a' });
  });

  test('takes an input for exactly itself', () => {
    const filled = (text: string, field: string): unknown => quoteSsh(text, [field]);
    expect(filled('*', 'user')).toHaveProperty('problem');
    expect(filled('22 ', 'port')).toHaveProperty('problem');
    const quoted = quoteSsh('**', ['read']);
    const rule = ruleOf({ read: `/srv/${'text' in quoted ? quoted.text : ''}` });
    expect(checkSsh(rule, path('read', '/srv/x')).matches).toBe(false);
    expect(checkSsh(rule, path('read', '/srv/**')).matches).toBe(true);
    const host = quoteSsh('*.example.com', ['host']);
    expect(parseSshEntry({ host: 'text' in host ? host.text : '' })).toHaveProperty('problem');
  });

  test('is told in one sentence', () => {
    const rule = ruleOf({ key: 'KEY', commands: [{ command: 'ls', args: 'any' }], write: 'a/**', private: true });
    expect(explainSsh(rule)).toMatch(
      /web\.example\.com:22 as deploy, with the secrets KEY, .*`ls` .*`a\/\*\*`.*private/,
    );
  });
});

describe('a remote path', () => {
  test('is never one that climbs, whatever it is made of', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '~', '%2e%2e', '\u0000', '\\', '..\\');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.boolean(), (parts, rooted) => {
        const split = splitRemotePath(`${rooted ? '/' : ''}${parts.join('/')}`);
        const names = 'names' in split ? split.names : [];
        const climbs = names.filter((name) => ['', '.', '..'].includes(name) || /[\\/]/.test(name));
        expect(climbs).toEqual([]);
      }),
    );
  });

  test('of the home folder and of the root are different ones, unless the server says where home is', () => {
    const read = parseRemotePattern('work/**');
    const pattern = 'pattern' in read ? read.pattern : undefined;
    if (pattern === undefined) throw new TypeError('no pattern');
    const home = { base: 'root' as const, names: ['home', 'deploy'] };
    const at = (text: string, known: typeof home | undefined): boolean => {
      const split = splitRemotePath(text);
      return !('problem' in split) && matchesRemotePath(pattern, split, { reaching: false, home: known });
    };
    expect(at('work/a', undefined)).toBe(true);
    expect(at('/work/a', home)).toBe(false);
    expect(at('/home/deploy/work/a', undefined)).toBe(false);
    expect(at('/home/deploy/work/a', home)).toBe(true);
    expect(at('/home/deploy2/work/a', home)).toBe(false);
  });
});

test('a command line is read by a shell as the very words it was made of', () => {
  const word = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), (args) => {
      const line = shellLine('printf', ['%s\\0', ...args, 'end']);
      const printed = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
      expect(printed).toBe([...args, 'end'].map((text) => `${text}\0`).join(''));
    }),
    { numRuns: 100 },
  );
});
