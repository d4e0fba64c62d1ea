import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startMailServer, type TestMailServer } from '../../runtime/capabilities/mail/testing/server.ts';
import { makeCertificate } from '../../runtime/capabilities/net/testing/certificates.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent } from '../executor/testing/agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-notify-'));
// The first one is what the server takes.
const secrets = { PASSWORD: 'correct horse', WRONG: 'battery staple' };
const policy = `version: 1
require: { confinement: 0 }
rules:
  - plugin: notify
    allow:
      mail: [{ host: localhost, port: "*", from: "*@example.com", to: "*", secrets: [PASSWORD, WRONG], private: true }]
  - { plugin: built-in, allow: requested }
`;
const supervisor = sharedSupervisor();
let agent: TestAgent;
let server: TestMailServer;
let certificate: ReturnType<typeof makeCertificate>;
beforeAll(async () => {
  certificate = makeCertificate(folder);
  // As an operator says which authorities the agent trusts beside those of Node.
  vi.stubEnv('WATERFLOW_CA_FILE', certificate.file);
  server = await startMailServer({
    ...certificate,
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('nobody') ? new Error('no such user') : null),
  });
  agent = await createTestAgent({ supervisor: supervisor(), secrets, policy });
  mkdirSync(join(agent.claim.workspace, 'out'));
  writeFileSync(join(agent.claim.workspace, 'out/bericht ü.txt'), 'alles gut');
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const login = { 'smtp-user': 'robot', 'smtp-password': '${{ secrets.PASSWORD }}' };
const mail = (inputs: JsonObject = {}, more: { readonly signal?: AbortSignal } = {}) =>
  agent.run({
    uses: 'notify@v1',
    with: {
      via: 'email',
      message: 'All good: ünï 😀\n.\nReally.',
      'smtp-host': 'localhost',
      'smtp-port': server.port,
      from: 'ci@example.com',
      to: 'anna@example.com',
      ...login,
      ...inputs,
    },
    ...more,
  });
const kept = (...more: readonly unknown[]): string =>
  JSON.stringify([...more, agent.recorded, agent.results]) + readFileSync(agent.auditFile, 'utf8');

describe('notify@v1 by e-mail', () => {
  it('sends to everybody, logged in by a secret that nobody sees', async () => {
    const { result, log } = await mail({
      title: 'Nightly — fertig',
      status: 'success',
      fields: { rows: 12 },
      link: 'https://ci.example.com/7',
      'from-name': 'Robot, "CI"',
      to: ['anna@example.com', 'bob@example.org'],
      cc: 'carol@example.com',
      bcc: ['dave@example.com'],
      'reply-to': 'desk@example.com',
      html: '<p>All good</p>',
      attachments: ['out/bericht ü.txt'],
    });
    const everybody = ['anna@example.com', 'bob@example.org', 'carol@example.com', 'dave@example.com'];
    expect(result).toMatchObject({ outcome: 'success', outputs: { accepted: everybody, rejected: [] } });
    const received = server.received.at(-1);
    expect(received).toMatchObject({ from: 'ci@example.com', to: everybody, user: 'robot', secure: true });
    const content = received?.content ?? '';
    expect(content).toMatch(/^Reply-To: desk@example\.com\r$/m);
    expect(content).toContain(Buffer.from('alles gut').toString('base64'));
    expect(content).not.toContain('dave');
    const id = /^Message-ID: (<.+>)\r$/m.exec(content)?.[1];
    expect(result).toMatchObject({ outputs: { message_id: id } });
    expect(kept(result, log)).not.toContain(secrets.PASSWORD);
  });

  it('takes one address and no login, too', async () => {
    const { result } = await agent.run({
      uses: 'notify@v1',
      with: {
        via: 'email',
        message: 'x',
        'smtp-host': 'localhost',
        'smtp-port': server.port,
        from: 'ci@example.com',
        to: 'a@example.com',
      },
    });
    expect(result).toMatchObject({ outcome: 'success', outputs: { accepted: ['a@example.com'] } });
    expect(server.received.at(-1)).toMatchObject({ user: false, secure: true });
  });

  it('encrypts from the first byte where that is asked for, at any port', async () => {
    await using encrypted = await startMailServer({ ...certificate, secure: true });
    const { result } = await mail({ 'smtp-port': encrypted.port, 'smtp-tls': 'implicit' });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(encrypted.received).toMatchObject([{ user: 'robot', secure: true }]);
  });

  it('puts no line of a title, a name or a fact where it would be a header', async () => {
    const { result } = await mail({ title: 'x\r\nBcc: eve@evil.example', 'from-name': 'y\nBcc: eve@evil.example' });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(server.received.at(-1)?.to).toEqual(['anna@example.com']);
    expect(server.received.at(-1)?.content).not.toMatch(/^Bcc:/im);
  });

  it('fails where somebody is refused, and says who has it', async () => {
    const { result } = await mail({ to: ['anna@example.com', 'nobody@example.com'] });
    expect(result).toMatchObject({
      outcome: 'failure',
      outputs: { accepted: ['anna@example.com'], rejected: [expect.stringContaining('no such user')] },
      error: { message: expect.stringContaining('nobody@example.com') },
    });
  });

  it('shows no password that the server does not take, not even where the server shows it', async () => {
    const { result, log } = await mail({ 'smtp-password': '${{ secrets.WRONG }}' });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'STEP_FAILED' } });
    const all = kept(result, log);
    for (const form of [secrets.WRONG, Buffer.from(`\0robot\0${secrets.WRONG}`).toString('base64')]) {
      expect(all).not.toContain(form);
    }
  });

  it.each<[string, JsonObject, string]>([
    ['from an address that the policy doesn’t let', { from: 'ci@evil.example' }, 'DENIED'],
    ['to two addresses in one', { to: 'anna@example.com, eve@evil.example' }, 'INVALID_INPUT'],
    ['to an address with a pattern', { to: '*@example.com' }, 'INVALID_INPUT'],
    ['with a file outside of the workspace', { attachments: '../../etc/passwd' }, 'INVALID_INPUT'],
    ['with a file by a link', { attachments: 'link' }, 'DENIED'],
    ['with a password in the clear', { 'smtp-password': 'correct horse' }, 'STEP_FAILED'],
    ['with a user alone', { 'smtp-password': null }, 'STEP_FAILED'],
    ['by a server elsewhere', { 'smtp-host': '10.0.0.1' }, 'DENIED'],
  ])('sends nothing %s', async (_what, inputs, code) => {
    rmSync(join(agent.claim.workspace, 'link'), { force: true });
    symlinkSync('/etc/passwd', join(agent.claim.workspace, 'link'));
    const before = server.received.length;
    const { result } = await mail(inputs);
    expect(result).toMatchObject({ outcome: 'failure', error: { code } });
    expect(server.received.length).toBe(before);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['breaks off', (socket) => socket.resetAndDestroy()],
    ['is no mail server', (socket) => socket.end('SSH-2.0-x\r\n')],
  ])('fails clearly where the server %s', async (_what, act) => {
    await using hostile = await listen(act);
    const { result } = await mail({ 'smtp-port': hostile.port });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('localhost') } });
  });

  it('ends at once when it is cancelled, with its connection', async () => {
    const connected = Promise.withResolvers<Socket>();
    await using silent = await listen(connected.resolve);
    const cancelling = new AbortController();
    const running = mail({ 'smtp-port': silent.port }, { signal: cancelling.signal });
    const socket = await connected.promise;
    const closed = once(socket, 'close');
    socket.resume();
    cancelling.abort();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    await closed;
  });
});

/** A server that does one thing with each connection. */
async function listen(act: (socket: Socket) => void): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const listening = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    act(socket);
  });
  // Where `localhost` leads first differs.
  listening.listen(0, 'localhost');
  await once(listening, 'listening');
  const address = listening.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listening.close();
    },
  };
}
