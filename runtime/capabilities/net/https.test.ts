import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { operatorAuthorities } from './authorities.ts';
import { makeCertificate } from './testing/certificates.ts';
import { local, redirecting, request, serve } from './testing/request.ts';

describe('https', () => {
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
    const authorities = [certificate.cert];
    expect(await request(scope, { url }, { entries, powers: { authorities } })).toMatchObject({ body: 'secure' });
  });

  test('is never left by a redirect', async () => {
    await using scope = makeTestScope();
    const certificate = makeCertificate(scope.temp());
    await using plain = await serve((_incoming, outgoing) => outgoing.end());
    await using server = await serve(redirecting({ '/a': plain.origin }), () => createTlsServer(certificate));
    const entries = [local, { ...local, url: 'https://*:*' }];
    const authorities = [certificate.cert];
    const asked = request(scope, { url: `https://127.0.0.1:${server.port}/a` }, { entries, powers: { authorities } });
    await expect(asked).rejects.toMatchObject({ code: 'DENIED', rule: 'net: a redirect never leaves https' });
    expect(plain.requests).toEqual([]);
  });

  test('trusts nobody because the environment says so', async () => {
    await using scope = makeTestScope();
    const certificate = makeCertificate(scope.temp());
    await using server = await serve(
      (_incoming, outgoing) => outgoing.end('secure'),
      () => createTlsServer(certificate),
    );
    const module = fileURLToPath(new URL('exchange.ts', import.meta.url));
    const script = `
      const { exchange } = await import(process.argv[1]);
      const url = new URL(process.argv[2]);
      const target = { url, addresses: [{ address: '127.0.0.1', family: 4 }], effective: {} };
      const request = { target, method: 'GET', headers: new Map(), signal: AbortSignal.timeout(10000) };
      // That the environment is effective at all: fetch() goes by it.
      console.log('fetch', (await fetch(url)).status);
      for (const authorities of [[], [process.argv[3]]]) {
        const asked = exchange({ ...request, authorities });
        console.log(await asked.then(async (answer) => { await answer[Symbol.asyncDispose](); return answer.status; }, ({ code }) => code));
      }`;
    const run = promisify(execFile);
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '--eval', script, '--', module, `https://127.0.0.1:${server.port}/`, certificate.cert],
      { env: { NODE_EXTRA_CA_CERTS: certificate.file, SSL_CERT_FILE: certificate.file } },
    );
    expect(stdout.trim().split('\n')).toEqual(['fetch 200', 'DEPTH_ZERO_SELF_SIGNED_CERT', '200']);
  });

  test('reads the authorities that the operator adds, and goes on without none that are named', async () => {
    await using scope = makeTestScope();
    const certificate = makeCertificate(scope.temp());
    expect(operatorAuthorities({})()).toEqual([]);
    expect(operatorAuthorities({ WATERFLOW_CA_FILE: certificate.file })()).toEqual([certificate.cert.trim()]);
    const wrong = join(scope.temp(), 'wrong.pem');
    for (const text of ['', 'no certificate', '-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n']) {
      writeFileSync(wrong, text);
      expect(() => operatorAuthorities({ WATERFLOW_CA_FILE: wrong })()).toThrow('holds no certificates');
    }
    expect(() => operatorAuthorities({ WATERFLOW_CA_FILE: `${wrong}.missing` })()).toThrow("can't read");
  });
});
