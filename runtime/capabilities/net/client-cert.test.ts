import type { IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { createNetCapability } from '../net.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import { parseNetEntry } from './rule.ts';
import { makeCertificate } from './testing/certificates.ts';
import { local, powers, redirecting, request, serve } from './testing/request.ts';

const anyHttps: JsonObject = { ...local, url: 'https://*:*' };
const entry: JsonObject = { ...anyHttps, auth: { 'client-cert': { certificate: 'CERT', key: 'KEY' } } };

/** The name in the certificate that the client showed. */
function shown(incoming: IncomingMessage): string | undefined {
  // The server speaks TLS.
  return [(incoming.socket as TLSSocket).getPeerCertificate().subject?.CN].flat()[0];
}

describe('a request of an entry with client-cert', () => {
  test('shows the certificate to the granted origin, and to no other', async () => {
    await using files = makeTestScope();
    const [own, client] = [makeCertificate(files.temp()), makeCertificate(files.temp(), 'robot')];
    await using scope = makeTestScope({ secrets: { CERT: client.cert, KEY: client.key } });
    const tls = (): ReturnType<typeof createTlsServer> =>
      createTlsServer({ ...own, requestCert: true, rejectUnauthorized: false });
    await using other = await serve((incoming, outgoing) => outgoing.end(shown(incoming)), tls);
    const table: Record<string, string> = {};
    await using server = await serve((incoming, outgoing) => {
      if (incoming.url === '/a') outgoing.end(shown(incoming));
      else redirecting(table)(incoming, outgoing);
    }, tls);
    table['/b'] = `https://127.0.0.1:${other.port}/`;
    const more = { entries: [entry], powers: { authorities: [own.cert] } };
    const base = `https://127.0.0.1:${server.port}`;
    expect(await request(scope, { url: `${base}/a` }, more)).toMatchObject({ body: 'robot' });
    expect(await request(scope, { url: `${base}/b` }, more)).toMatchObject({ body: '' });
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['CERT', 'KEY'] }));
  });

  test('whose secrets are no certificate and key is not sent, and shows nothing of them', async () => {
    await using files = makeTestScope();
    const [one, other] = [makeCertificate(files.temp(), 'one'), makeCertificate(files.temp(), 'other')];
    await using scope = makeTestScope({ secrets: { CERT: one.cert, KEY: other.key } });
    const asked = request(scope, { url: 'https://127.0.0.1:1/' }, { entries: [entry] });
    await expect(asked).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringMatching(/`CERT` and `KEY` are not a certificate/),
    });
  });

  test('needs both secrets of every other layer', async () => {
    await using scope = makeTestScope({ secrets: { CERT: 'x', KEY: 'y' } });
    const layers = [[entry], [{ ...anyHttps, secrets: ['CERT'] }]];
    const call = { layers, operation: 'request', args: { url: 'https://127.0.0.1:1/' } };
    await expect(performTestCall(createNetCapability(powers), call, scope)).rejects.toMatchObject({
      code: 'DENIED',
      rule: 'net: authentication is granted by every layer',
    });
  });
});

test('a certificate is not for http', () => {
  const auth = { 'client-cert': { certificate: 'CERT', key: 'KEY' } };
  expect(parseNetEntry({ url: 'http://example.com', auth })).toHaveProperty('problem');
  expect(parseNetEntry({ url: 'https://example.com', auth })).toHaveProperty('rule');
});
