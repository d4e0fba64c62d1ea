import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { send, startMailServer, type TestMailServer } from './mail/testing/server.ts';
import { makeCertificate, type TestCertificate } from './net/testing/certificates.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

const files = makeTestScope();
let certificate: TestCertificate;
let server: TestMailServer;
beforeAll(async () => {
  certificate = makeCertificate(files.temp());
  server = await startMailServer(certificate);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
});

const open = (): TestScope => makeTestScope({ secrets: { PASSWORD: 'correct horse', WRONG: 'battery staple' } });
const entry = (more: JsonObject = {}): JsonObject => ({
  host: 'localhost',
  port: server.port,
  user: 'robot',
  password: 'PASSWORD',
  from: 'robot@example.com',
  to: ['*@example.com', 'alice@example.org'],
  private: true,
  ...more,
});
const message = (more: JsonObject = {}): JsonObject => ({
  port: server.port,
  from: 'robot@example.com',
  to: ['bob@example.com'],
  ...more,
});
const ask = (scope: TestScope, args: JsonObject = {}, more: JsonObject = {}): Promise<JsonObject> =>
  send(scope, { entries: [entry(more)], args: message(args), authorities: [certificate.cert] });

describe('a message', () => {
  test('is sent encrypted, logged in, to everybody and nobody else', async () => {
    await using scope = open();
    writeFileSync(join(scope.workspace, 'report.txt'), 'all good\n.\nreally');
    const answer = await ask(scope, {
      from: { address: 'robot@example.com', name: 'Röbot, the "first"' },
      to: ['bob@example.com', { address: 'Alice@Example.ORG', name: 'Alice' }],
      cc: ['carol@example.com'],
      bcc: ['dave@example.com'],
      reply_to: 'bob@example.com',
      subject: 'Ünïcode =?utf-8?q?no?=',
      text: 'one\n.\ntwo',
      html: '<p>one</p>',
      attachments: [{ file: 'report.txt', name: 'r.txt' }],
    });
    const received = server.received.at(-1);
    const everybody = ['bob@example.com', 'Alice@example.org', 'carol@example.com', 'dave@example.com'];
    expect(received).toMatchObject({ from: 'robot@example.com', to: everybody, secure: true, user: 'robot' });
    expect(answer).toMatchObject({ accepted: everybody, rejected: [] });
    const content = received?.content ?? '';
    expect(content).toContain(answer['message_id']);
    expect(content).toContain('Alice <Alice@example.org>');
    expect(content).toContain(Buffer.from('all good\n.\nreally').toString('base64'));
    expect(content).not.toContain('dave');
    expect(content.match(/^Bcc:/im)).toBeNull();
    expect(scope.notes).toContainEqual(
      expect.objectContaining({ address: '127.0.0.1', recipients: 4, secrets: ['PASSWORD'] }),
    );
    expect(JSON.stringify([answer, scope.notes])).not.toContain('correct horse');
  });

  test.each([
    ['a line break in the subject', { subject: 'x\r\nBcc: eve@evil.com' }],
    ['a line feed in the subject', { subject: 'x\nBcc: eve@evil.com' }],
    ['a line separator in the subject', { subject: 'x\u2028Bcc: eve@evil.com' }],
    ['a line break in a name', { from: { address: 'robot@example.com', name: 'x\r\nBcc: eve@evil.com' } }],
    ['a line break in an address', { to: ['bob@example.com\r\nBcc: eve@evil.com'] }],
    ['a line break in a file name', { attachments: [{ file: 'a', name: 'x\r\ny' }] }],
    ['a line break in a type', { attachments: [{ file: 'a', type: 'text/plain\r\nx: y' }] }],
    ['a header of its own', { headers: { bcc: 'eve@evil.com' } }],
  ])('with %s doesn’t fit the schema', async (_what, args) => {
    const { firstMisfit } = await import('../documents/schema-check.ts');
    const { mailArgsSchema } = await import('./mail/call.ts');
    expect(firstMisfit(mailArgsSchema, { host: 'localhost', subject: 'x', ...message(args) })).toBeDefined();
  });

  test.each([
    ['two in one', 'bob@example.com, eve@evil.com'],
    ['two in one by a semicolon', 'bob@example.com;eve@evil.com'],
    ['a quoted local part', '"eve@evil.com"@example.com'],
    ['a comment', 'bob(x@evil.com)@example.com'],
    ['angle brackets', 'bob@example.com <eve@evil.com>'],
    ['a group', 'all:eve@evil.com;@example.com'],
    ['a source route', '@evil.com:bob@example.com'],
    ['a percent route', 'eve%evil.com@example.com'],
    ['a bang route', 'evil.com!eve@example.com'],
    ['an encoded word', '=?utf-8?q?eve=40evil.com=3e=00?=foo@example.com'],
    ['two at signs', 'bob@evil.com@example.com'],
    ['an address literal', 'bob@[127.0.0.1]'],
    ['another domain', 'bob@evil.com'],
    ['a domain that ends like it', 'bob@evilexample.com'],
    ['a subdomain', 'bob@mail.example.com'],
    ['a look-alike', 'bob@exаmple.com'],
    ['a dot at its end', 'bob@example.com.'],
    ['a space', 'bob @example.com'],
    ['a NUL', 'bob@example.com\u0000.evil.com'],
    ['nothing before the at sign', '@example.com'],
    ['a UTF-8 name', 'böb@example.com'],
  ])('is not sent to an address with %s', async (_what, address) => {
    const before = server.received.length;
    for (const field of ['to', 'cc', 'bcc']) {
      await using scope = open();
      await expect(ask(scope, { [field]: [address] })).rejects.toMatchObject({ code: 'DENIED' });
    }
    await using scope = open();
    await expect(ask(scope, { reply_to: address })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(ask(scope, { from: address })).rejects.toMatchObject({ code: 'DENIED' });
    expect(server.received.length).toBe(before);
  });

  test('goes to an international domain by the name that was granted', async () => {
    await using scope = open();
    await ask(scope, { to: ['bob@bücher.example'] }, { to: '*@BÜCHER.example' });
    expect(server.received.at(-1)?.content).toContain('bob@xn--bcher-kva.example');
    // The server shows what came as xn--bcher-kva.example.
    expect(server.received.at(-1)?.to).toEqual(['bob@bücher.example']);
  });

  test('needs fs for its attachments, and they are not read from anywhere else', async () => {
    await using scope = open();
    writeFileSync(join(scope.workspace, 'a'), 'x');
    const args = message({ attachments: [{ file: 'a' }] });
    await expect(send(scope, { entries: [entry()], args, implied: () => false })).rejects.toMatchObject({
      code: 'DENIED',
    });
    for (const file of ['/etc/passwd', '../x', 'https://example.com/', 'data:text/plain,x']) {
      await expect(ask(scope, { attachments: [{ file }] })).rejects.toHaveProperty('code');
    }
    await ask(scope, { html: '<img src="/etc/passwd"><img src="https://example.com/x.png">' });
    expect(server.received.at(-1)?.content).not.toContain('root:');
  });

  test.each([
    ['too large', { text: 'x'.repeat(5000) }, { limits: { size: '4KiB' } }],
    ['too large once it is encoded', { attachments: [{ file: 'big' }] }, { limits: { size: '110KB' } }],
    ['for too many', { to: ['a@example.com', 'b@example.com', 'c@example.com'] }, { limits: { recipients: 2 } }],
  ])('that is %s is not sent', async (_what, args, more) => {
    await using scope = open();
    writeFileSync(join(scope.workspace, 'big'), Buffer.alloc(100_000, 'x'));
    const before = server.received.length;
    await expect(ask(scope, args, more)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(server.received.length).toBe(before);
  });

  test('for nobody is a mistake', async () => {
    await using scope = open();
    await expect(ask(scope, { to: [] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  test('that some of its recipients can’t get says who, and why', async () => {
    await using picky = await startMailServer({
      ...certificate,
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('bob') ? new Error('no \u001b[31msuch\u202e user') : null),
    });
    await using scope = open();
    const picked = { entries: [entry({ port: picky.port })], authorities: [certificate.cert] };
    const some = message({ port: picky.port, to: ['bob@example.com', 'carol@example.com'] });
    expect(await send(scope, { ...picked, args: some })).toMatchObject({
      accepted: ['carol@example.com'],
      rejected: [{ address: 'bob@example.com', reason: expect.stringMatching(/^550 no +\[31msuch +user$/) }],
    });
    const none = message({ port: picky.port });
    await expect(send(scope, { ...picked, args: none })).rejects.toMatchObject({ code: 'FAILED' });
  });
});

describe('the server', () => {
  test('is not logged in to by a wrong password, which is not told', async () => {
    await using scope = open();
    const asked = ask(scope, {}, { password: 'WRONG' });
    await expect(asked).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.not.stringContaining('battery staple'),
    });
  });

  test('must have a certificate that is trusted, for its name', async () => {
    await using scope = open();
    const before = server.received.length;
    const untrusted = send(scope, { entries: [entry()], args: message() });
    await expect(untrusted).rejects.toMatchObject({ code: 'FAILED' });
    const other = entry({ host: 'other.example' });
    const misnamed = send(scope, {
      entries: [other],
      args: message({ host: 'other.example' }),
      authorities: [certificate.cert],
    });
    await expect(misnamed).rejects.toMatchObject({ code: 'FAILED' });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(send(scope, { entries: [entry()], args: message() })).rejects.toMatchObject({ code: 'FAILED' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(server.received.length).toBe(before);
  });

  test('that offers no encryption gets neither password nor message', async () => {
    const attempts: unknown[] = [];
    await using plain = await startMailServer({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        attempts.push(auth);
        done(null, { user: 'x' });
      },
    });
    await using scope = open();
    const entries = [entry({ port: plain.port })];
    await expect(send(scope, { entries, args: message({ port: plain.port }) })).rejects.toMatchObject({
      code: 'FAILED',
    });
    expect([attempts, plain.received]).toEqual([[], []]);
  });

  test('may be talked to without encryption where every layer says so, at a private address, without a login', async () => {
    await using plain = await startMailServer({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] });
    await using scope = open();
    const { user: _user, password: _password, ...anonymous } = entry({ port: plain.port });
    const args = message({ port: plain.port });
    const unencrypted = { ...anonymous, tls: 'none' };
    expect(await send(scope, { entries: [unencrypted, unencrypted], args })).toMatchObject({
      accepted: ['bob@example.com'],
    });
    expect(plain.received).toMatchObject([{ secure: false }]);
    await expect(send(scope, { entries: [unencrypted, anonymous], args })).rejects.toMatchObject({
      rule: 'mail: encryption is granted by every layer',
    });
    const login = { ...anonymous, secrets: ['PASSWORD'], tls: 'none' };
    await expect(send(scope, { entries: [{ ...login, user: 'robot', password: 'PASSWORD' }], args })).rejects.toThrow(
      'in the clear',
    );
    await expect(send(scope, { entries: [entry({ port: plain.port })], args })).rejects.toMatchObject({
      code: 'FAILED',
    });
  });

  test('may be encrypted from the beginning', async () => {
    await using implicit = await startMailServer({ ...certificate, secure: true });
    await using scope = open();
    const entries = [entry({ port: implicit.port, tls: 'implicit' })];
    const args = message({ port: implicit.port });
    expect(await send(scope, { entries, args, authorities: [certificate.cert] })).toMatchObject({ rejected: [] });
    expect(implicit.received).toMatchObject([{ secure: true, user: 'robot' }]);
    await expect(send(scope, { entries, args })).rejects.toMatchObject({ code: 'FAILED' });
  });

  test('at a private address needs `private: true`, and the login every layer’s word', async () => {
    await using scope = open();
    const { private: _private, ...elsewhere } = entry();
    await expect(send(scope, { entries: [elsewhere], args: message() })).rejects.toMatchObject({
      rule: 'mail: private addresses',
    });
    const { user: _user, password: _password, ...other } = entry();
    await expect(send(scope, { entries: [entry(), other], args: message() })).rejects.toMatchObject({
      rule: 'mail: the login is granted by every layer',
    });
    const named = {
      entries: [entry(), { ...other, secrets: ['PASSWORD'] }],
      args: message(),
      authorities: [certificate.cert],
    };
    expect(await send(scope, named)).toMatchObject({ rejected: [] });
  });

  test('goes by the entry for that private server, whatever a broader one gives', async () => {
    await using scope = open();
    const { private: _private, ...elsewhere } = entry({ host: '*', secrets: ['*'], limits: { size: '1KiB' } });
    const layers = [[elsewhere, entry()]];
    const sent = { entries: [], layers, args: message({ text: 'x'.repeat(2000) }), authorities: [certificate.cert] };
    expect(await send(scope, sent)).toMatchObject({ rejected: [] });
  });

  test.each([
    ['says nothing', () => undefined, 'TIMEOUT'],
    ['hangs up', (socket: Socket) => socket.end(), 'FAILED'],
    ['breaks off', (socket: Socket) => socket.resetAndDestroy(), 'FAILED'],
    ['is another service', (socket: Socket) => socket.write('SSH-2.0-x\r\n'), 'FAILED'],
    ['says a line without end', (socket: Socket) => socket.write(`220 ${'x'.repeat(2_000_000)}`), 'FAILED'],
    ['says lines without end', (socket: Socket) => socket.write('220-x\r\n'.repeat(500_000)), 'FAILED'],
    [
      'answers before it is asked',
      (socket: Socket) =>
        socket.write('220 x\r\n250 STARTTLS\r\n220 go\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n'),
      'TIMEOUT',
    ],
  ] as const)('that %s is a failure', async (_what, answer, code) => {
    const sockets = new Set<Socket>();
    const hostile = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      answer(socket);
    });
    const listening = Promise.withResolvers<void>();
    hostile.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const address = hostile.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await using scope = open();
    try {
      const args = message({ port, timeout_ms: code === 'TIMEOUT' ? 1000 : 20_000 });
      await expect(send(scope, { entries: [entry({ port })], args })).rejects.toMatchObject({ code });
    } finally {
      for (const socket of sockets) socket.destroy();
      hostile.close();
    }
  });
});
