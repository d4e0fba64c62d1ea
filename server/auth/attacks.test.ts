import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { keysRoutes } from '../routes/keys.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';
import { createAuthenticator } from './authenticator.ts';
import { type AuthTestParts, openAuthParts } from './testing/auth-parts.ts';
import { forge, makeIssuer } from './testing/tokens.ts';

let parts: AuthTestParts;
let server: TestServer;
const apiKey = 'e2f1d0c9b8a7968574635241302f1e0d';

type Config = Parameters<typeof createAuthenticator>[0]['config'];

async function start(config: Partial<Config>): Promise<void> {
  server = await startServer({
    routes: keysRoutes,
    parts: { records: parts.records, clock: parts.clock },
    authenticate: createAuthenticator({ ...parts, config: { host: '127.0.0.1', corsOrigins: [], ...config } }),
  });
}

beforeEach(async () => {
  parts = await openAuthParts();
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await parts[Symbol.asyncDispose]();
});

/** Sends bytes as they are, and gives the status lines of all that is answered. */
async function raw(head: readonly string[], separator = '\r\n'): Promise<readonly string[]> {
  const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' });
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.on('error', () => undefined);
  socket.write(Buffer.from(`${head.join(separator)}\r\n\r\n`, 'latin1'));
  await once(socket, 'close');
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gmu)].map(([, status = '']) => status);
}

const list = ['GET /v1/keys HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close'];

describe('requests as attackers write them', () => {
  it('are let in with the key once, and with it alone', async () => {
    await start({ apiKey });
    expect(await raw([...list, `Authorization: Bearer ${apiKey}`])).toEqual(['200']);
    expect(await raw([...list, `authorization: bearer ${apiKey}`, `X-API-KEY: ${apiKey}`])).toEqual(['200']);
  });

  it.each<[string, readonly string[]]>([
    ['no key', []],
    ['two Authorization headers, the right one first', [`Authorization: Bearer ${apiKey}`, 'Authorization: Bearer x']],
    ['two Authorization headers, the right one last', ['Authorization: Bearer x', `Authorization: Bearer ${apiKey}`]],
    ['two X-API-Key headers', [`X-API-Key: ${apiKey}`, 'X-API-Key: x']],
    ['two X-API-Key headers that are the same', [`X-API-Key: ${apiKey}`, `x-api-key: ${apiKey}`]],
    ['different keys', [`X-API-Key: ${apiKey}`, 'Authorization: Bearer x']],
    ['keys in a list', [`X-API-Key: x, ${apiKey}`]],
    ['a list of schemes', [`Authorization: Basic x, Bearer ${apiKey}`]],
    ['characters beyond ASCII after it', [`X-API-Key: ${apiKey}\u00e9`]],
  ])('are refused with %s', async (_, headers) => {
    await start({ apiKey });
    expect(await raw([...list, ...headers])).toEqual(['401']);
  });

  it.each<[string, readonly string[]]>([
    ['a header that goes on in a second line', [`Authorization: Bearer`, ` ${apiKey}`]],
    ['a bare CR in a header', [`X-A: b\rX-API-Key: ${apiKey}`]],
    ['NUL in a header', [`X-API-Key: ${apiKey}\0`]],
    ['a blank before the colon', [`X-API-Key : ${apiKey}`]],
    ['a second Host', [`Host: evil.example`, `X-API-Key: ${apiKey}`]],
    ['an empty header name', [`: ${apiKey}`]],
  ])('are no HTTP with %s', async (_, headers) => {
    await start({ apiKey });
    expect(await raw([...list, ...headers])).toEqual(['400']);
  });

  it('are not read to their end where their headers are endless', async () => {
    await start({ apiKey });
    expect(await raw([...list, `Authorization: Bearer ${'a'.repeat(100_000)}`])).toEqual(['431']);
    expect(await raw([...list, `Authorization: Bearer ${'a'.repeat(9_000)}`])).toEqual(['401']);
  });

  it('smuggle no second one with the headers of the first', async () => {
    await start({ apiKey });
    const smuggled = ['GET /v1/keys HTTP/1.1', 'Host: 127.0.0.1', `X-API-Key: ${apiKey}`];
    const both = [
      'POST /v1/keys HTTP/1.1',
      'Host: 127.0.0.1',
      'Content-Length: 4',
      'Transfer-Encoding: chunked',
      '',
      '0',
      '',
    ];
    expect(await raw([...both, ...smuggled])).toEqual(['400']);
  });

  it('get nothing of an open server under a name that was pointed to it', async () => {
    await start({});
    expect(await raw(list)).toEqual(['200']);
    for (const host of ['rebound.example', 'rebound.example:8080', '127.0.0.1.rebound.example', '']) {
      expect(await raw(['GET /v1/keys HTTP/1.1', `Host: ${host}`, 'Connection: close'])).toEqual(['403']);
    }
    const twice = await raw(['GET /v1/keys HTTP/1.1', 'Host: 127.0.0.1', 'Host: rebound.example', 'Connection: close']);
    expect(['400', '403']).toContain(twice[0]);
    expect(
      await raw(['GET http://rebound.example/v1/keys HTTP/1.1', 'Host: rebound.example', 'Connection: close']),
    ).not.toEqual(['200']);
    expect(await raw(['GET /v1/keys HTTP/1.0'])).toEqual(['403']);
  });

  it('are refused with forged tokens, whatever the forgery, and let in with a true one', async () => {
    const issuer = await makeIssuer();
    const file = join(parts.folder, 'jwks.json') as AbsolutePath; // The folder's path is absolute.
    writeFileSync(file, JSON.stringify({ keys: [issuer.publicJwk] }));
    const jwt = {
      jwks: { file },
      issuer: 'https://issuer.example',
      audience: 'waterflow',
      clockSkewSeconds: 30,
      tenantClaim: 'tenant',
      roleClaim: 'role',
    };
    await start({ jwt });
    const claims = {
      iss: jwt.issuer,
      aud: 'waterflow',
      sub: 'a',
      tenant: 'default',
      role: 'admin',
      exp: 4_102_444_800,
    };
    const asking = async (token: string) => raw([...list, `Authorization: Bearer ${token}`]);
    expect(await asking(await issuer.sign(claims))).toEqual(['200']);
    expect(await asking(await issuer.sign({ ...claims, role: 'root' }))).toEqual(['403']);
    expect(await asking(await issuer.sign({ ...claims, tenant: '*' }))).toEqual(['403']);
    for (const alg of ['none', 'None', 'NONE', 'nOnE', 'HS256']) {
      expect(await asking(forge({ alg }, claims))).toEqual(['401']);
      expect(await asking(forge({ alg }, claims, 'x'))).toEqual(['401']);
    }
    expect(await asking(forge({ alg: 'ES256', kid: '../../../dev/null' }, claims, 'x'))).toEqual(['401']);
    expect(await asking(await (await makeIssuer()).sign(claims))).toEqual(['401']);
    expect(await raw(list)).toEqual(['401']);
  });
});
