import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { makeCertificate } from './testing/certificates.ts';
import { local, powers, redirecting, request, serve } from './testing/request.ts';

const secrets = { PASSWORD: 'correct horse', OTHER: 'battery staple' };
const basic = (scope: TestScope, name = 'PASSWORD') => ({
  basic: { user: 'robot', password: scope.secrets.placeholder(name) ?? '' },
});
const sent = `Basic ${Buffer.from('robot:correct horse').toString('base64')}`;

describe('a call that says how to authenticate', () => {
  test('is sent with the secret in its encoded form, which it never sees, not even when it comes back', async () => {
    await using server = await serve((incoming, outgoing) => outgoing.end(incoming.headers.authorization));
    await using scope = makeTestScope({ secrets });
    const entries = [{ ...local, secrets: ['PASSWORD'] }];
    const answer = await request(scope, { url: server.origin, auth: basic(scope) }, { entries });
    expect(server.requests[0]?.headers.authorization).toBe(sent);
    expect(answer.body).toBe(`Basic ${scope.secrets.placeholder('PASSWORD')}`);
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['PASSWORD'] }));
    expect(JSON.stringify([answer, scope.notes])).not.toContain(sent);
  });

  test.each<[string, JsonObject]>([
    ['names no secret', {}],
    ['names another', { secrets: ['OTHER'] }],
    ['authenticates with another', { auth: { basic: { user: 'robot', password: 'OTHER' } } }],
    ['authenticates as somebody else', { auth: { basic: { user: 'root', password: 'PASSWORD' } } }],
  ])('is refused where a layer %s', async (_what, more) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope({ secrets });
    const args: JsonObject = { url: server.origin, auth: basic(scope) };
    const layers = [[{ ...local, secrets: ['*'] }], [{ ...local, ...more }]];
    const asked = performTestCall(createNetCapability(powers), { layers, operation: 'request', args }, scope);
    await expect(asked).rejects.toMatchObject({
      code: 'DENIED',
      rule: 'net: authentication is granted by every layer',
    });
    expect(server.requests).toEqual([]);
  });

  test('leaves it behind where a redirect leads to another origin', async () => {
    await using other = await serve((_incoming, outgoing) => outgoing.end());
    await using server = await serve(redirecting({ '/': other.origin }));
    await using scope = makeTestScope({ secrets });
    const entries = [{ ...local, secrets: ['*'] }];
    expect(await request(scope, { url: server.origin, auth: basic(scope) }, { entries })).toMatchObject({
      redirects: 1,
    });
    expect(server.requests[0]?.headers.authorization).toBe(sent);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test.each([
    ['a text', () => 'correct horse'],
    ['a placeholder of another invocation', () => 'wf-secret-00000000000000000000000000000000'],
    ['more than a placeholder', (scope: TestScope) => `${scope.secrets.placeholder('PASSWORD')}x`],
  ])('never sends %s', async (_what, password) => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope({ secrets });
    const auth = { basic: { user: 'robot', password: password(scope) } };
    const asked = request(scope, { url: server.origin, auth }, { entries: [{ ...local, secrets: ['*'] }] });
    await expect(asked).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining('correct horse') });
    expect(server.requests).toEqual([]);
  });

  test('never sends the placeholder of a secret as the user', async () => {
    await using server = await serve((_incoming, outgoing) => outgoing.end());
    await using scope = makeTestScope({ secrets });
    const auth = { basic: { ...basic(scope).basic, user: scope.secrets.placeholder('OTHER') ?? '' } };
    const asked = request(scope, { url: server.origin, auth }, { entries: [{ ...local, secrets: ['*'] }] });
    await expect(asked).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: "the secret `OTHER` can't stand in `auth.basic.user`",
    });
    expect(server.requests).toEqual([]);
  });

  test('shows a certificate, over https only, and a password beside it', async () => {
    await using files = makeTestScope();
    const [own, client] = [makeCertificate(files.temp()), makeCertificate(files.temp(), 'robot')];
    await using scope = makeTestScope({ secrets: { ...secrets, CERT: client.cert, KEY: client.key } });
    await using server = await serve(
      // The server speaks TLS.
      (incoming, outgoing) => outgoing.end((incoming.socket as TLSSocket).getPeerCertificate().subject.CN),
      () => createTlsServer({ ...own, requestCert: true, rejectUnauthorized: false }),
    );
    const placeholder = (name: string): string => scope.secrets.placeholder(name) ?? '';
    const auth = { client_cert: { certificate: placeholder('CERT'), key: placeholder('KEY') }, ...basic(scope) };
    const more = { powers: { authorities: [own.cert] } };
    const https = { ...more, entries: [{ ...local, url: 'https://*:*', secrets: ['*'] }] };
    expect(await request(scope, { url: `https://127.0.0.1:${server.port}`, auth }, https)).toMatchObject({
      body: 'robot',
    });
    expect(server.requests[0]?.headers.authorization).toBe(sent);
    const plain = { ...more, entries: [{ ...local, secrets: ['*'] }] };
    await expect(request(scope, { url: 'http://127.0.0.1:1', auth }, plain)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
      message: expect.stringContaining('https only'),
    });
  });
});
