import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { capability, type More, ssh } from './ssh/testing/call.ts';
import { passphrase, startSshd, type TestSshd } from './ssh/testing/sshd.ts';
import { makeTestScope, performTestCall, type TestScope } from './testing/call.ts';

describe.skipIf(!(await needs('ssh')))('ssh', () => {
  let server: TestSshd;
  beforeAll(async () => {
    server = await startSshd();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const open = (options: Parameters<typeof makeTestScope>[0] = {}): TestScope =>
    makeTestScope({ ...options, secrets: { KEY: server.keys.client, ...options.secrets } });
  const call = (scope: TestScope, operation: string, args: JsonObject, more: More & { entry?: JsonObject } = {}) => {
    const { entry = server.entry, ...rest } = more;
    return ssh(scope, { entry, operation, args }, rest);
  };
  const run = (scope: TestScope, script: string, args: JsonObject = {}): Promise<JsonObject> =>
    call(scope, 'exec', { command: 'sh', args: ['-c', script], stdout: 'capture', stderr: 'capture', ...args });

  describe('exec', () => {
    test('answers with what the program printed and how it ended', async () => {
      await using scope = open();
      expect(await run(scope, 'echo out; echo err >&2; exit 3')).toEqual({
        exit_code: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect(await run(scope, 'kill -KILL $$')).toMatchObject({ exit_code: 137, signal: 'SIGKILL' });
      expect(scope.notes).toContainEqual(expect.objectContaining({ address: '127.0.0.1', secrets: ['KEY'] }));
      expect(scope.notes).toContainEqual({ host_key: server.fingerprint });
      expect(JSON.stringify(scope.notes)).not.toContain('PRIVATE KEY');
    });

    test('hands every argument over as it is, whatever a shell would read in it', async () => {
      await using scope = open();
      const args = ["it's", '$(id)', '`id`', '; id', '\n', '\\', '"', '*', '~', '!!', '', "'; id; '", '--', 'ü'];
      const answer = await call(scope, 'exec', { command: 'printf', args: ['<%s>', ...args], stdout: 'capture' });
      expect(answer).toMatchObject({ exit_code: 0, stdout: args.map((arg) => `<${arg}>`).join('') });
    });

    test('takes a program’s name as nothing else', async () => {
      await using scope = open();
      for (const command of ['A=1', 'echo x', 'echo;id', '../bin/id', '-x', '/bin/../bin/id', '$SHELL', "sh'"]) {
        await expect(call(scope, 'exec', { command })).rejects.toMatchObject({ code: 'DENIED' });
      }
    });

    test('streams to the log, to a workspace file, and from one', async () => {
      await using scope = open();
      await call(scope, 'exec', { command: 'echo', args: ['hello'] });
      expect(scope.logged.stdout).toBe('hello\n');
      const content = 'x'.repeat(3_000_000);
      writeFileSync(join(scope.workspace, 'in'), content);
      await call(scope, 'exec', { command: 'cat', stdin: { file: 'in' }, stdout: { file: 'out' } });
      expect(readFileSync(join(scope.workspace, 'out'), 'utf8') === content).toBe(true);
      expect(await call(scope, 'exec', { command: 'cat', stdin: 'text', stdout: 'capture' })).toMatchObject({
        stdout: 'text',
      });
      // A program that doesn't read it to the end.
      expect(await call(scope, 'exec', { command: 'true', stdin: { file: 'in' } })).toMatchObject({ exit_code: 0 });
    });

    test('needs fs for its files', async () => {
      await using scope = open();
      writeFileSync(join(scope.workspace, 'in'), 'x');
      const implied: More = { implied: () => false };
      await expect(call(scope, 'exec', { command: 'cat', stdin: { file: 'in' } }, implied)).rejects.toMatchObject({
        code: 'DENIED',
      });
      await expect(call(scope, 'exec', { command: 'id', stdout: { file: 'out' } }, implied)).rejects.toMatchObject({
        code: 'DENIED',
      });
      expect(readdirSync(scope.workspace)).toEqual(['in']);
    });

    test('runs what the entry names and nothing else', async () => {
      await using scope = open();
      const entry = { ...server.entry, commands: [{ command: 'echo', args: ['-n', { type: 'ref' }] }] };
      const echo = (args: string[], command = 'echo') =>
        call(scope, 'exec', { command, args, stdout: 'capture' }, { entry });
      expect(await echo(['-n', 'v1.0'])).toMatchObject({ stdout: 'v1.0' });
      await expect(echo(['-n', '--x'])).rejects.toMatchObject({ code: 'DENIED' });
      await expect(echo(['v1.0'])).rejects.toMatchObject({ code: 'DENIED' });
      await expect(echo(['-n', 'v1.0'], 'printf')).rejects.toMatchObject({ code: 'DENIED' });
    });
  });

  describe('the host', () => {
    test('is not logged in to unless its key is pinned', async () => {
      await using scope = open();
      const { 'host-key': _none, ...unpinned } = server.entry;
      const other = `SHA256:${'A'.repeat(43)}`;
      for (const [entry, rule] of [
        [unpinned, 'ssh: host keys are pinned'],
        [{ ...unpinned, 'host-key': other }, 'ssh: host keys are pinned'],
      ] as const) {
        await expect(call(scope, 'exec', { command: 'id' }, { entry })).rejects.toMatchObject({ code: 'DENIED', rule });
      }
    });

    test.each([
      ['one of several', () => [`SHA256:${'A'.repeat(43)}`, server.fingerprint]],
      ['a whole key', () => server.hostKeys.ed25519],
      ['a whole key of the type that is not the best', () => `${server.hostKeys.rsa} comment`],
    ])('is accepted by %s', async (_what, pin) => {
      await using scope = open();
      const entry = { ...server.entry, 'host-key': pin() };
      expect(await call(scope, 'exec', { command: 'true' }, { entry })).toMatchObject({ exit_code: 0 });
    });

    test('must have a key that every layer accepts', async () => {
      await using scope = open();
      const { 'host-key': _none, ...unpinned } = server.entry;
      const args = { host: '127.0.0.1', port: server.port, command: 'true' };
      const ask = (...entries: readonly JsonObject[]) =>
        performTestCall(capability, { layers: entries.map((entry) => [entry]), operation: 'exec', args }, scope);
      expect(await ask(server.entry, unpinned)).toMatchObject({ exit_code: 0 });
      const another = { ...server.entry, 'host-key': `SHA256:${'A'.repeat(43)}` };
      await expect(ask(server.entry, another)).rejects.toMatchObject({ code: 'DENIED' });
      await expect(ask(another, server.entry)).rejects.toMatchObject({ code: 'DENIED' });
    });

    test('at a private address needs `private: true` of every layer', async () => {
      await using scope = open();
      const { private: _none, ...without } = server.entry;
      await expect(call(scope, 'exec', { command: 'id' }, { entry: without })).rejects.toMatchObject({
        code: 'DENIED',
        rule: 'ssh: private addresses',
      });
      const named = { ...without, host: 'example.com' };
      await expect(call(scope, 'exec', { command: 'id' }, { entry: named })).rejects.toMatchObject({ code: 'DENIED' });
      for (const host of ['0x7f.1', '2130706433', '[::ffff:127.0.0.1]']) {
        await expect(
          call(scope, 'exec', { host, command: 'id' }, { entry: { ...without, host: '*' } }),
        ).rejects.toMatchObject({ code: 'DENIED' });
      }
    });
  });

  describe('the login', () => {
    test('works with a key that has a passphrase', async () => {
      await using scope = open({ secrets: { LOCKED: server.keys.locked, PHRASE: passphrase } });
      const entry = { ...server.entry, key: 'LOCKED', passphrase: 'PHRASE' };
      expect(await call(scope, 'exec', { command: 'true' }, { entry })).toMatchObject({ exit_code: 0 });
    });

    test.each([
      ['a key that nobody knows', { KEY: 'stranger' }, {}, 'FAILED', 'refuses the login'],
      ['a locked key without its passphrase', { KEY: 'locked' }, {}, 'FAILED', '`KEY` is not a private key'],
      ['no such secret', {}, { key: 'NONE' }, 'NOT_FOUND', '`NONE`'],
    ] as const)('fails with %s', async (_what, keys, more, code, message) => {
      const named = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, server.keys[key]]));
      await using scope = open({ secrets: named });
      const asked = call(scope, 'exec', { command: 'id' }, { entry: { ...server.entry, ...more } });
      await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    });

    test('is by no agent of the operator’s', async () => {
      await using scope = open();
      const { key: _none, ...without } = server.entry;
      process.env['SSH_AUTH_SOCK'] = '/nonexistent';
      try {
        await expect(call(scope, 'exec', { command: 'id' }, { entry: without })).rejects.toMatchObject({
          code: 'DENIED',
          rule: 'ssh: the login is part of an entry',
        });
      } finally {
        delete process.env['SSH_AUTH_SOCK'];
      }
    });

    test('needs every layer’s word for user and secrets', async () => {
      await using scope = open();
      const { key: _key, ...plain } = server.entry;
      const args = { host: '127.0.0.1', port: server.port, command: 'true' };
      const ask = (entry: JsonObject) =>
        performTestCall(capability, { layers: [[server.entry], [entry]], operation: 'exec', args }, scope);
      expect(await ask({ ...plain, secrets: ['KEY'], user: '*' })).toMatchObject({ exit_code: 0 });
      await expect(ask(plain)).rejects.toMatchObject({ rule: 'ssh: the login is granted by every layer' });
      await expect(ask({ ...plain, key: 'OTHER' })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(ask({ ...server.entry, user: 'somebody' })).rejects.toMatchObject({
        rule: 'ssh: the user is granted by every layer',
      });
      const { user: _user, ...nobody } = server.entry;
      await expect(ask(nobody)).rejects.toMatchObject({ code: 'DENIED' });
    });
  });

  test('a server that offers no files says so', async () => {
    await using bare = await startSshd({ Subsystem: 'other /bin/true' });
    await using scope = makeTestScope({ secrets: { KEY: bare.keys.client } });
    await expect(ssh(scope, { entry: bare.entry, operation: 'stat', args: { path: '/' } })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('sftp'),
    });
  });

  test.each([
    ['old ciphers', { Ciphers: 'aes128-cbc' }],
    ['old MACs', { Ciphers: 'aes128-ctr', MACs: 'hmac-sha1' }],
    ['old key exchange', { KexAlgorithms: 'diffie-hellman-group14-sha1' }],
    ['only the cipher of the Terrapin attack', { Ciphers: 'chacha20-poly1305@openssh.com' }],
  ])('a server of %s is not talked to', async (_what, settings) => {
    await using old = await startSshd(settings);
    await using scope = makeTestScope({ secrets: { KEY: old.keys.client } });
    await expect(ssh(scope, { entry: old.entry, operation: 'exec', args: { command: 'id' } })).rejects.toMatchObject({
      code: 'FAILED',
    });
  });
});
