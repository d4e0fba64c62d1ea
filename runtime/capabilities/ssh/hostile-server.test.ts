import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import ssh2, { type SFTPWrapper } from 'ssh2';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { ssh } from './testing/call.ts';
import { answerPlaces, attributes, makeKeys, type OwnServer, startOwnServer } from './testing/own-server.ts';

const { STATUS_CODE } = ssh2.utils.sftp;

function open(server: OwnServer, options: Parameters<typeof makeTestScope>[0] = {}): TestScope {
  return makeTestScope({ ...options, secrets: { KEY: server.key, ...options.secrets } });
}

const command = { command: 'run', stdout: 'capture' };

describe('a program that is to end', () => {
  test.each([
    ['gets TERM', ['TERM'], 1],
    ['gets KILL where it stays', ['TERM', 'KILL'], 2],
    ['loses its connection where it stays all the same', ['TERM', 'KILL'], 3],
  ])('%s', async (_what, expected, endsAt) => {
    const signals: string[] = [];
    await using server = await startOwnServer({
      exec: (channel) => void channel.write('started'),
      signal: (channel, name) => {
        signals.push(name);
        if (signals.length < endsAt) return;
        channel.exit(name);
        channel.end();
      },
    });
    const controller = new AbortController();
    await using scope = open(server, { signal: controller.signal, log: () => controller.abort() });
    const asked = ssh(scope, { entry: server.entry, operation: 'exec', args: { command: 'run' } });
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(signals).toEqual(expected);
  });

  test('gets TERM when it says too much', async () => {
    const signals: string[] = [];
    await using server = await startOwnServer({
      exec: (channel) => void channel.write('x'.repeat(2000)),
      signal: (channel, name) => {
        signals.push(name);
        channel.exit(name);
        channel.end();
      },
    });
    await using scope = open(server);
    const asked = ssh(scope, { entry: server.entry, operation: 'exec', args: { ...command, max_bytes: 1000 } });
    await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(signals).toEqual(['TERM']);
  });

  test('is cut off at once where nothing may go on', async () => {
    const signals: string[] = [];
    await using server = await startOwnServer({
      exec: (channel) => void channel.write('started'),
      signal: (_channel, name) => void signals.push(name),
    });
    const kill = new AbortController();
    await using scope = open(server, { log: () => kill.abort() });
    const asked = ssh(
      { ...scope, kill: kill.signal },
      { entry: server.entry, operation: 'exec', args: { command: 'run' } },
    );
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(signals).toEqual([]);
  });
});

describe('a server', () => {
  /** One that speaks no SSH. */
  async function speak(answer: (socket: Socket) => void): Promise<AsyncDisposable & { readonly entry: JsonObject }> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      answer(socket);
    });
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    return {
      entry: {
        host: '127.0.0.1',
        port,
        user: 'robot',
        'host-key': `SHA256:${'A'.repeat(43)}`,
        password: 'PASSWORD',
        commands: [{ command: '*', args: 'any' }],
        private: true,
      },
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    };
  }

  test.each([
    ['says nothing', () => undefined, 'TIMEOUT'],
    ['hangs up', (socket: Socket) => socket.end(), 'FAILED'],
    ['breaks off', (socket: Socket) => socket.resetAndDestroy(), 'FAILED'],
    ['is another service', (socket: Socket) => socket.write('220 mail.example.com ESMTP\r\n'.repeat(5000)), 'FAILED'],
    ['is of another century', (socket: Socket) => socket.write('SSH-1.5-old\r\n'), 'FAILED'],
    ['says no more than who it is', (socket: Socket) => socket.write('SSH-2.0-x\r\n'), 'TIMEOUT'],
    ['talks nonsense', (socket: Socket) => socket.write(`SSH-2.0-x\r\n${'\u00ff'.repeat(70_000)}`), 'FAILED'],
  ] as const)('that %s is a failure', async (_what, answer, code) => {
    await using server = await speak(answer);
    await using scope = makeTestScope({ secrets: { PASSWORD: 'correct horse' } });
    const asked = ssh(scope, { entry: server.entry, operation: 'exec', args: { ...command, timeout_ms: 400 } });
    await expect(asked).rejects.toMatchObject({ code, message: expect.not.stringContaining('correct horse') });
  });

  test('does not get the password before its key is known', async () => {
    const seen: string[] = [];
    await using server = await startOwnServer({
      authenticate: (context) => {
        seen.push(context.method);
        context.accept();
      },
    });
    await using scope = makeTestScope({ secrets: { PASSWORD: 'correct horse' } });
    const { key: _key, ...rest } = server.entry;
    const entry = { ...rest, 'host-key': `SHA256:${'A'.repeat(43)}`, password: 'PASSWORD' };
    await expect(ssh(scope, { entry, operation: 'exec', args: command })).rejects.toMatchObject({ code: 'DENIED' });
    expect(seen).toEqual([]);
  });

  test.each([
    ['the password', 'password', undefined, true],
    ['the answer to one hidden question', 'keyboard-interactive', [{ prompt: 'Password: ', echo: false }], true],
    ['nothing for a question that is shown', 'keyboard-interactive', [{ prompt: 'Token: ', echo: true }], false],
    ['nothing for two questions', 'keyboard-interactive', [{ prompt: 'a' }, { prompt: 'b' }], false],
  ] as const)('gets %s', async (_what, method, prompts, gets) => {
    const given: unknown[] = [];
    await using server = await startOwnServer({
      authenticate: (context) => {
        if (context.method !== method) return context.reject([method]);
        if (context.method === 'password') given.push(context.password);
        if (context.method !== 'keyboard-interactive') return context.accept();
        return context.prompt([...(prompts ?? [])], (answers) => {
          given.push(...(answers ?? []));
          if (answers?.length === 1) context.accept();
          else context.reject();
        });
      },
      exec: (channel) => {
        channel.exit(0);
        channel.end();
      },
    });
    await using scope = makeTestScope({ secrets: { PASSWORD: 'correct horse' } });
    const { key: _key, ...rest } = server.entry;
    const asked = ssh(scope, { entry: { ...rest, password: 'PASSWORD' }, operation: 'exec', args: command });
    const outcome = await asked.then(
      () => 'let in',
      (cause: Error) => cause.message,
    );
    expect(outcome).toMatch(gets ? /^let in$/ : /refuses the login/);
    expect(given.filter((answer) => answer !== '')).toEqual(gets ? ['correct horse'] : []);
  });

  test('that changes its key later on loses the connection', async () => {
    const stranger = ssh2.utils.parseKey(makeKeys().private);
    await using server = await startOwnServer({
      exec: (channel, _command, connection) => {
        channel.write('first');
        // ssh2's server has no way to say this: its keys are exchanged underneath it.
        Object.assign(Reflect.get(connection, '_protocol'), { _hostKeys: { 'ssh-ed25519': stranger } });
        connection.rekey(() => {
          channel.write('second');
          channel.exit(0);
          channel.end();
        });
      },
    });
    await using scope = open(server);
    const asked = ssh(scope, { entry: server.entry, operation: 'exec', args: command });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', rule: 'ssh: host keys are pinned' });
  });

  test.each([
    ['never answers to a command', {}, 'TIMEOUT'],
    ['runs no commands', { exec: 'refuse' }, 'FAILED'],
    [
      'does not say how a command ended',
      { exec: (channel: { end(): void; close(): void }) => channel.close() },
      'FAILED',
    ],
    [
      'breaks off in the middle',
      { exec: (_channel: unknown, _command: string, connection: { end(): void }) => connection.end() },
      'FAILED',
    ],
  ] as const)('that %s is a failure', async (_what, behaviour, code) => {
    await using server = await startOwnServer(behaviour);
    await using scope = open(server);
    const asked = ssh(scope, { entry: server.entry, operation: 'exec', args: { ...command, timeout_ms: 1500 } });
    await expect(asked).rejects.toMatchObject({ code });
  });
});

describe('a server of files', () => {
  /** Starts one that has the folder `/granted/folder`, and gives that for its content. */
  function listing(batches: (sftp: SFTPWrapper, id: number) => void): Promise<OwnServer> {
    return startOwnServer({
      sftp: (sftp) => {
        answerPlaces(sftp);
        sftp.on('OPENDIR', (id) => sftp.handle(id, Buffer.from('folder')));
        sftp.on('READDIR', (id) => batches(sftp, id));
        sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('file')));
        sftp.on('READ', (id, _handle, offset) =>
          offset === 0 ? sftp.data(id, Buffer.from('evil')) : sftp.status(id, STATUS_CODE.EOF),
        );
      },
    });
  }

  test.each(['../evil', '../../../../../../tmp/evil', '/tmp/evil', 'a/b', '..\\evil', 'nul\u0000', ''])(
    'that lists %j is refused, and nothing of it is fetched',
    async (filename) => {
      let told = false;
      await using server = await listing((sftp, id) => {
        if (told) return sftp.status(id, STATUS_CODE.EOF);
        told = true;
        return sftp.name(id, [{ filename, longname: '', attrs: attributes('file', 4) }]);
      });
      await using scope = open(server);
      const fetched = ssh(scope, {
        entry: server.entry,
        operation: 'download',
        args: { from: '/granted/folder', to: 'here' },
      });
      await expect(fetched).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('no name') });
      expect(readdirSync(scope.workspace)).toEqual([]);
      expect(existsSync(join(dirname(scope.workspace), 'evil'))).toBe(false);
    },
  );

  test.each(['a\nb', 'a\u001b[2Jb', 'a\u202eb', 'a\u2028b', 'a\u0085b'])(
    'that lists %j, which a terminal would act on, has none of it fetched',
    async (filename) => {
      let told = false;
      await using server = await listing((sftp, id) => {
        if (told) return sftp.status(id, STATUS_CODE.EOF);
        told = true;
        return sftp.name(id, [{ filename, longname: '', attrs: attributes('file', 4) }]);
      });
      await using scope = open(server);
      const args = { from: '/granted/folder', to: 'here' };
      const fetched = ssh(scope, { entry: server.entry, operation: 'download', args });
      await expect(fetched).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('`a') });
      expect(readdirSync(scope.workspace)).toEqual([]);
    },
  );

  test.each([
    ['list', { path: '/granted/folder' }],
    ['download', { from: '/granted/folder', to: 'here' }],
    ['remove', { path: '/granted/folder' }],
  ])('that lists without end ends %s', async (operation, args) => {
    let count = 0;
    await using server = await listing((sftp, id) => {
      const batch = Array.from({ length: 2000 }, () => `f${(count += 1)}`);
      sftp.name(
        id,
        batch.map((filename) => ({ filename, longname: '', attrs: attributes('file', 0) })),
      );
    });
    await using scope = open(server);
    const asked = ssh(scope, { entry: server.entry, operation, args });
    await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('that lists nothing without end is a failure', async () => {
    await using server = await listing((sftp, id) => sftp.name(id, []));
    await using scope = open(server);
    const asked = ssh(scope, { entry: server.entry, operation: 'list', args: { path: '/granted/folder' } });
    await expect(asked).rejects.toMatchObject({ code: 'FAILED' });
  });

  test('with folders in folders without end is cut off', async () => {
    const told = new Set<number>();
    await using server = await listing((sftp, id) => {
      const again = told.size % 2 === 1;
      told.add(id);
      if (again) return sftp.status(id, STATUS_CODE.EOF);
      return sftp.name(id, [{ filename: 'x', longname: '', attrs: attributes('directory') }]);
    });
    await using scope = open(server);
    const asked = ssh(scope, {
      entry: server.entry,
      operation: 'download',
      args: { from: '/granted/folder', to: 'here' },
    });
    await expect(asked).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test.each([
    ['a file without end', 'LIMIT_EXCEEDED', (length: number) => length],
    ['more than was asked for', 'LIMIT_EXCEEDED', (length: number) => length + 1],
    ['byte after byte', 'TIMEOUT', () => 1],
  ] as const)('that gives %s is cut off', async (_what, code, amount) => {
    await using server = await startOwnServer({
      sftp: (sftp) => {
        answerPlaces(sftp, { '/granted/file': 10 });
        sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('file')));
        sftp.on('READ', (id, _handle, _offset, length) => sftp.data(id, Buffer.alloc(amount(length), 'x')));
      },
    });
    await using scope = open(server);
    const args = {
      from: '/granted/file',
      to: 'here',
      max_bytes: 1_000_000,
      timeout_ms: code === 'TIMEOUT' ? 1500 : 60_000,
    };
    await expect(ssh(scope, { entry: server.entry, operation: 'download', args })).rejects.toMatchObject({ code });
    expect(readdirSync(scope.workspace)).toEqual([]);
  });

  test.each([
    ['somewhere else', '/etc'],
    ['by a path that leads away', '/granted/../etc'],
    ['nowhere', 'granted'],
  ])('that says a place really lies %s is not followed', async (_what, where) => {
    const opened: string[] = [];
    await using server = await startOwnServer({
      sftp: (sftp) => {
        sftp.on('REALPATH', (id, path) =>
          sftp.name(id, [{ filename: path === '.' ? '/home' : where, longname: '', attrs: attributes('directory') }]),
        );
        sftp.on('LSTAT', (id) => sftp.attrs(id, attributes('directory')));
        sftp.on('OPEN', (id, path) => {
          opened.push(path);
          sftp.status(id, STATUS_CODE.FAILURE);
        });
      },
    });
    await using scope = open(server);
    writeFileSync(join(scope.workspace, 'a'), 'x');
    const asked = ssh(scope, {
      entry: server.entry,
      operation: 'upload',
      args: { from: 'a', to: '/granted/folder/a' },
    });
    await expect(asked).rejects.toMatchObject({ code: expect.stringMatching(/^(?:DENIED|FAILED)$/) });
    expect(opened).toEqual([]);
  });

  test('that stops taking a file is asked to forget what it has, unless it is to go on', async () => {
    for (const resume of [false, true]) {
      const removed: string[] = [];
      await using server = await startOwnServer({
        sftp: (sftp) => {
          answerPlaces(sftp);
          sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('file')));
          sftp.on('WRITE', () => undefined);
          sftp.on('REMOVE', (id, path) => {
            removed.push(path);
            sftp.status(id, STATUS_CODE.OK);
          });
        },
      });
      await using scope = open(server);
      writeFileSync(join(scope.workspace, 'a'), 'x'.repeat(100_000));
      const args = { from: 'a', to: '/granted/a', timeout_ms: 1500, resume };
      await expect(ssh(scope, { entry: server.entry, operation: 'upload', args })).rejects.toMatchObject({
        code: 'TIMEOUT',
      });
      expect(removed.every((path) => /^\/granted\/\.waterflow-[0-9a-f]{24}\.part$/.test(path))).toBe(true);
      expect(removed.length > 0).toBe(!resume);
    }
  });

  test('whose words hold what a terminal acts on has it taken out', async () => {
    await using server = await startOwnServer({
      sftp: (sftp) => {
        answerPlaces(sftp, { '/granted/file': 1 });
        sftp.on('OPEN', (id) =>
          sftp.status(id, STATUS_CODE.FAILURE, `\u001b[2J\u202e${'x'.repeat(10_000)}\r\nforged line`),
        );
      },
    });
    await using scope = open(server);
    const asked = ssh(scope, {
      entry: server.entry,
      operation: 'download',
      args: { from: '/granted/file', to: 'here' },
    });
    await expect(asked).rejects.toMatchObject({ message: expect.stringMatching(/^[^\p{Cc}\p{Cf}]{1,400}$/u) });
  });

  test('that breaks off is a failure for every question that is open', async () => {
    await using server = await startOwnServer({
      sftp: (sftp, connection) => {
        answerPlaces(sftp, { '/granted/file': 10_000_000 });
        sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('file')));
        sftp.on('READ', () => connection.end());
      },
    });
    await using scope = open(server);
    const asked = ssh(scope, {
      entry: server.entry,
      operation: 'download',
      args: { from: '/granted/file', to: 'here' },
    });
    await expect(asked).rejects.toMatchObject({ code: 'FAILED' });
    expect(readdirSync(scope.workspace)).toEqual([]);
  });
});
