import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope } from '../testing/call.ts';
import { checkSsh, demandAt, type SshRoute } from './call.ts';
import { parseSshEntry, type SshRule } from './rule.ts';
import { startSshd } from './testing/sshd.ts';

const pin = 'A'.repeat(43);
const ls = { kind: 'command', command: 'ls', args: [] } as const;

function ruleOf(more: JsonObject): SshRule {
  const parsed = parseSshEntry({ host: '*', user: '*', commands: [{ command: 'ls' }], ...more });
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

const login = { key: 'KEY', passphrase: undefined, password: undefined };

describe('what an entry grants over a connection that another one let be made', () => {
  it.each<[string, JsonObject, SshRoute, boolean]>([
    ['anything, where it says nothing else', { secrets: ['KEY'] }, { user: 'root', login, host_key: pin }, true],
    ['nothing for another user', { user: 'ci', key: 'KEY' }, { user: 'root', login }, false],
    ['nothing for a login that it neither has nor lets in', {}, { user: 'ci', login }, false],
    ['nothing for another login', { key: 'OTHER' }, { user: 'ci', login }, false],
    ['nothing at a host with another key', { 'host-key': `SHA256:${pin}` }, { host_key: 'B'.repeat(43) }, false],
    ['something at the host that it pins', { 'host-key': `SHA256:${pin}` }, { host_key: pin }, true],
    ['nothing at a private address, without its word', {}, { at: 'private' }, false],
    ['something there with it', { private: true }, { at: 'private' }, true],
    ['nothing at a metadata service that it does not name', { private: true }, { at: 'metadata' }, false],
    ['something at one that it names', { host: 'h', private: true }, { at: 'metadata' }, true],
  ])('is %s', (_what, entry, route, matches) => {
    expect(checkSsh(ruleOf(entry), demandAt({ host: 'h' }, ls, route)).matches).toBe(matches);
  });
});

describe.skipIf(!(await needs('ssh')))('a broad entry beside a narrow one for a private host', () => {
  test('neither keeps the narrow one from holding, nor grants anything there', async () => {
    await using server = await startSshd();
    await using scope = makeTestScope({ secrets: { KEY: server.keys.client, A: 'an-unused-secret' } });
    const { private: _private, ...anywhere } = server.entry;
    // Gives more than the other: any user, more secrets, every path.
    const broad = { ...anywhere, host: '*', user: '*', secrets: ['KEY', 'A'] };
    const narrow = {
      ...server.entry,
      read: `${server.root}/**`,
      write: `${server.root}/**`,
      commands: [{ command: 'true' }],
    };
    const entries = [broad, narrow];
    const policy = JSON.stringify({ version: 1, rules: [{ plugin: '*', allow: { ssh: entries } }] });
    const grant = testGrant({ manifest: { ssh: entries }, policy });
    const call = (operation: `ssh.${string}`, args: JsonObject): Promise<unknown> =>
      callUnder(grant, operation, { args: { host: '127.0.0.1', port: server.port, ...args }, scope });

    expect(await call('ssh.exec', { command: 'true' })).toMatchObject({ exit_code: 0 });
    await expect(call('ssh.exec', { command: 'id' })).rejects.toMatchObject({ rule: 'ssh: private addresses' });
    symlinkSync('/etc', join(server.root, 'link'));
    writeFileSync(join(server.root, 'file'), 'content');
    expect(await call('ssh.stat', { path: `${server.root}/file` })).toMatchObject({ bytes: 7 });
    await expect(call('ssh.stat', { path: `${server.root}/link/passwd` })).rejects.toMatchObject({ code: 'DENIED' });
  });
});
