import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { ssh } from './testing/call.ts';
import { startOwnServer } from './testing/own-server.ts';
import { passphrase, startSshd } from './testing/sshd.ts';

/** An entry without a login of its own. */
function open(entry: JsonObject, secrets: readonly string[]): JsonObject {
  const { key: _key, ...rest } = entry;
  return { ...rest, secrets };
}

function placeholder(scope: TestScope, name: string): string {
  return scope.secrets.placeholder(name) ?? '';
}

describe.skipIf(!(await needs('ssh')))('a call that names its login', () => {
  test('logs in with a key, and with one that has a passphrase, where the entry lets it', async () => {
    await using server = await startSshd();
    await using scope = makeTestScope({
      secrets: { KEY: server.keys.client, LOCKED: server.keys.locked, PHRASE: passphrase },
    });
    const run = (secrets: readonly string[], login: JsonObject) =>
      ssh(scope, { entry: open(server.entry, secrets), operation: 'exec', args: { command: 'true', ...login } });
    const key = { key: placeholder(scope, 'KEY') };
    const locked = { key: placeholder(scope, 'LOCKED'), passphrase: placeholder(scope, 'PHRASE') };
    expect(await run(['*'], key)).toMatchObject({ exit_code: 0 });
    expect(await run(['KEY'], key)).toMatchObject({ exit_code: 0 });
    expect(await run(['LOCKED', 'PHRASE'], locked)).toMatchObject({ exit_code: 0 });
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['LOCKED', 'PHRASE'] }));
    await expect(run(['LOCKED'], locked)).rejects.toMatchObject({ rule: 'ssh: the login is granted by every layer' });
    await expect(run([], key)).rejects.toMatchObject({ code: 'DENIED' });
    // An entry that says how, says it alone.
    const own = (login: JsonObject) =>
      ssh(scope, { entry: server.entry, operation: 'exec', args: { command: 'true', ...login } });
    expect(await own(key)).toMatchObject({ exit_code: 0 });
    await expect(own(locked)).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('is asked for over the connection too: an entry that lets another secret log in grants nothing', async () => {
    await using server = await startSshd();
    await using scope = makeTestScope({ secrets: { KEY: server.keys.client } });
    const { read: _read, ...narrow } = open(server.entry, ['KEY']);
    const policy = {
      version: 1,
      rules: [{ plugin: '*', allow: { ssh: [narrow, { ...open(server.entry, ['OTHER']), read: '/**' }] } }],
    };
    const grant = testGrant({ manifest: { ssh: [open(server.entry, ['*'])] }, policy: JSON.stringify(policy) });
    const host = { host: '127.0.0.1', port: server.port, key: placeholder(scope, 'KEY') };
    const asked = callUnder(grant, 'ssh.stat', { args: { ...host, path: server.root }, scope });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('does not get a secret that is kept from ssh', async () => {
    await using server = await startSshd();
    await using scope = makeTestScope({ secrets: { KEY: server.keys.client } });
    const manifest = { ssh: [open(server.entry, ['*'])], secrets: [{ names: ['KEY'], to: ['net'] }] };
    const policy = JSON.stringify({ version: 1, rules: [{ plugin: '*', allow: manifest }] });
    const args = { host: '127.0.0.1', port: server.port, command: 'true', key: placeholder(scope, 'KEY') };
    await expect(callUnder(testGrant({ manifest, policy }), 'ssh.exec', { args, scope })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('KEY'),
    });
  });
});

test('a password is a secret, whole, and no other text is repeated', async () => {
  const tried: string[] = [];
  await using server = await startOwnServer({
    authenticate(context) {
      if (context.method === 'password') tried.push(context.password);
      if (context.method === 'password' && context.password === 'correct-horse') context.accept();
      else context.reject(['password']);
    },
    exec: (channel) => {
      channel.write('correct-horse');
      channel.exit(0);
      channel.end();
    },
  });
  await using scope = makeTestScope({ secrets: { PASSWORD: 'correct-horse', WRONG: 'battery-staple' } });
  const run = (password: string, more: JsonObject = {}) =>
    ssh(scope, {
      entry: open(server.entry, ['*']),
      operation: 'exec',
      args: { command: 'run', stdout: 'capture', password, ...more },
    });
  const held = placeholder(scope, 'PASSWORD');
  // What comes back has the placeholder again.
  expect(await run(held)).toMatchObject({ exit_code: 0, stdout: held });
  expect(tried).toEqual(['correct-horse']);
  const written = await run('correct-horse').catch((cause: unknown) => cause);
  expect(written).toMatchObject({ code: 'INVALID_ARGUMENTS' });
  expect(String(written)).not.toContain('correct');
  for (const text of [`${held} `, `x${held}`, held.slice(0, -1), `wf-secret-${'0'.repeat(32)}`]) {
    await expect(run(text)).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  }
  await expect(run(held, { passphrase: held })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  expect(tried).toEqual(['correct-horse']);
  const refused = await run(placeholder(scope, 'WRONG')).catch((cause: unknown) => cause);
  expect(refused).toMatchObject({ code: 'FAILED', message: expect.stringContaining('refuses the login') });
  expect(String(refused)).not.toContain('battery');
});
