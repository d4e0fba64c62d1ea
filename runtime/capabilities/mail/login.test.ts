import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeCertificate, type TestCertificate } from '../net/testing/certificates.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { parseMailEntry, quoteMail } from './rule.ts';
import { send, startMailServer, type TestMailServer } from './testing/server.ts';

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
  from: '*',
  to: '*',
  private: true,
  ...more,
});
const ask = (scope: TestScope, entries: readonly JsonObject[], password: string): Promise<JsonObject> => {
  const login = { user: 'robot', password };
  const args = { port: server.port, from: 'robot@example.com', to: ['bob@example.com'], login };
  return send(scope, { entries, args, authorities: [certificate.cert] });
};

describe('a call that says how to log in', () => {
  test('is logged in by a secret that every layer names', async () => {
    await using scope = open();
    const password = scope.secrets.placeholder('PASSWORD') ?? '';
    const answer = await ask(scope, [entry({ secrets: ['PASSWORD'] }), entry({ secrets: ['*'] })], password);
    expect(answer).toMatchObject({ accepted: ['bob@example.com'] });
    expect(server.received.at(-1)).toMatchObject({ user: 'robot', secure: true });
    expect(scope.notes).toContainEqual(expect.objectContaining({ user: 'robot', secrets: ['PASSWORD'] }));
    expect(JSON.stringify([answer, scope.notes])).not.toContain('correct horse');
  });

  test.each([
    ['names no secret', {}],
    ['names another', { secrets: ['WRONG'] }],
    ['logs in as somebody else', { user: 'other', password: 'PASSWORD' }],
    ['logs in with another secret', { user: 'robot', password: 'WRONG' }],
  ])('is refused where a layer %s', async (_what, more) => {
    await using scope = open();
    const before = server.received.length;
    const asked = ask(scope, [entry({ secrets: ['*'] }), entry(more)], scope.secrets.placeholder('PASSWORD') ?? '');
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', rule: 'mail: the login is granted by every layer' });
    expect(server.received.length).toBe(before);
  });

  test.each(['subject', 'text', 'html'])('has no secret in its %s, and no placeholder goes out', async (field) => {
    await using scope = open();
    const before = server.received.length;
    const args = { port: server.port, from: 'robot@example.com', to: ['bob@example.com'] };
    const text = `the password is ${scope.secrets.placeholder('PASSWORD')}`;
    const asked = send(scope, {
      entries: [entry({ secrets: ['*'] })],
      args: { ...args, [field]: text },
      authorities: [certificate.cert],
    });
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: "the secret `PASSWORD` can't stand in a mail",
    });
    expect(server.received.length).toBe(before);
  });

  test('may say what an entry says', async () => {
    await using scope = open();
    const same = entry({ user: 'robot', password: 'PASSWORD' });
    const answer = await ask(scope, [same, same], scope.secrets.placeholder('PASSWORD') ?? '');
    expect(answer).toMatchObject({ accepted: ['bob@example.com'] });
  });

  test.each([
    ['a text', () => 'correct horse'],
    ['a placeholder of another invocation', () => 'wf-secret-00000000000000000000000000000000'],
    ['more than a placeholder', (scope: TestScope) => `${scope.secrets.placeholder('PASSWORD')}x`],
  ])('never sends %s as the password', async (_what, password) => {
    await using scope = open();
    const before = server.received.length;
    const asked = ask(scope, [entry({ secrets: ['*'] })], password(scope));
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    expect(server.received.length).toBe(before);
  });

  test('is not told a password that the server repeats', async () => {
    await using scope = open();
    // The server of these tests says which password it didn't take.
    const asked = ask(scope, [entry({ secrets: ['*'] })], scope.secrets.placeholder('WRONG') ?? '');
    await expect(asked).rejects.toMatchObject({ code: 'FAILED', message: expect.not.stringContaining('battery') });
  });

  test('needs encryption for it', async () => {
    await using scope = open();
    const asked = ask(scope, [entry({ secrets: ['*'], tls: 'none' })], scope.secrets.placeholder('PASSWORD') ?? '');
    await expect(asked).rejects.toMatchObject({ rule: 'mail: no login without TLS' });
  });
});

test('an input may say how the connection is encrypted, and nothing else in its place', () => {
  const quoted = quoteMail('implicit', ['tls']);
  expect(quoted).toEqual({ text: 'implicit' });
  expect(parseMailEntry({ host: 'a', tls: 'implicit' })).toMatchObject({ rule: { tls: 'implicit' } });
  expect(quoteMail('off', ['tls'])).toHaveProperty('problem');
});
