import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { local, redirecting, request, serve } from './testing/request.ts';

/** Makes what Node can't: a certificate. */
const openssl = 'openssl';

describe('https', () => {
  /** A certificate of a made-up authority for 127.0.0.1. */
  function makeCertificate(folder: string): { readonly key: Buffer; readonly cert: Buffer } {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      openssl,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }

  test('verifies certificates, whatever the environment says', async () => {
    await using scope = makeTestScope();
    const certificate = makeCertificate(scope.temp());
    await using server = await serve(
      (_incoming, outgoing) => outgoing.end('secure'),
      () => createTlsServer(certificate),
    );
    const url = `https://127.0.0.1:${server.port}/`;
    const entries = [{ ...local, url: 'https://*:*' }];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(request(scope, { url }, { entries })).rejects.toMatchObject({ code: 'FAILED' });
      expect(server.requests).toEqual([]);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    const authorities = [certificate.cert.toString()];
    expect(await request(scope, { url }, { entries, powers: { authorities } })).toMatchObject({ body: 'secure' });
  });

  test('is never left by a redirect', async () => {
    await using scope = makeTestScope();
    const certificate = makeCertificate(scope.temp());
    await using plain = await serve((_incoming, outgoing) => outgoing.end());
    await using server = await serve(redirecting({ '/a': plain.origin }), () => createTlsServer(certificate));
    const entries = [local, { ...local, url: 'https://*:*' }];
    const authorities = [certificate.cert.toString()];
    const asked = request(scope, { url: `https://127.0.0.1:${server.port}/a` }, { entries, powers: { authorities } });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', rule: 'net: a redirect never leaves https' });
    expect(plain.requests).toEqual([]);
  });
});
