import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { exampleRoute } from '../testing/example-routes.ts';
import { connectRaw } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';

let folder = '';
let cert = '';
let server: TestServer;
/** What the server wants to be called back for. */
const waiting: { readonly ms: number; readonly callback: () => void }[] = [];

function makeCertificate(): void {
  const subject = '-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
  const files = `-keyout ${join(folder, 'key.pem')} -out ${join(folder, 'cert.pem')}`;
  const command = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ${subject} ${files}`;
  execFileSync('openssl', command.split(' '), { stdio: 'pipe' });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waterflow-tls-'));
  makeCertificate();
  cert = await readFile(join(folder, 'cert.pem'), 'utf8');
  // join of an absolute path is absolute.
  const tls = { cert: join(folder, 'cert.pem') as AbsolutePath, key: join(folder, 'key.pem') as AbsolutePath };
  server = await startServer({
    routes: () => [exampleRoute()],
    parts: {
      clock: {
        now: Date.now,
        after: (ms, callback) => {
          waiting.push({ ms, callback });
          return () => {};
        },
      },
    },
    config: { tls },
    limits: { headersTimeoutMs: 300 },
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function get(path: string): Promise<{ readonly status: number | undefined; readonly hsts: unknown }> {
  return new Promise((resolve, reject) => {
    request(`${server.url}${path}`, { ca: cert, agent: false }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode, hsts: answer.headers['strict-transport-security'] });
    })
      .on('error', reject)
      .end();
  });
}

function handshake(version: SecureVersion): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(server.url);
    const options = { port: Number(port), host: '127.0.0.1', ca: cert, minVersion: 'TLSv1' as const };
    const socket = connectTls({ ...options, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('answers over TLS, and has browsers stay there', async () => {
  expect(server.url).toMatch(/^https:/u);
  expect(await get('/v1/thing')).toEqual({ status: 200, hsts: 'max-age=31536000' });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
  expect(await handshake(version)).toBe(version);
});

test.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
  await expect(handshake(version)).rejects.toThrow(/protocol version|handshake failure/iu);
});

test('cuts off who does not shake hands', async () => {
  using connection = await connectRaw(server.url);
  expect(await connection.ended()).toBe('');
});

test('says nothing to who speaks without TLS', async () => {
  using connection = await connectRaw(server.url);
  connection.write('GET /v1/thing HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(await connection.ended()).not.toContain('200');
});

test('a file that is not there keeps the server from starting', async () => {
  const missing = join(folder, 'missing.pem') as AbsolutePath;
  await expect(
    startServer({ routes: () => [exampleRoute()], config: { tls: { cert: missing, key: missing } } }),
  ).rejects.toThrow('ENOENT');
});

describe('a certificate that is renewed', () => {
  /** A minute passes; resolves once something was logged of it. */
  async function nextLook(message: string): Promise<void> {
    const before = server.logged.length;
    waiting.findLast(({ ms }) => ms === 60_000)?.callback();
    await expect.poll(() => server.logged.slice(before)).toContainEqual(expect.objectContaining({ message }));
  }

  test('is taken while the server runs; one that does not fit its key is not', async () => {
    const old = cert;
    makeCertificate();
    await nextLook('a renewed certificate was taken');
    await expect(get('/v1/thing')).rejects.toThrow('self-signed certificate');
    cert = await readFile(join(folder, 'cert.pem'), 'utf8');
    expect(await get('/v1/thing')).toMatchObject({ status: 200 });
    await writeFile(join(folder, 'cert.pem'), old);
    await nextLook('the certificate could not be read again: the one before stays');
    expect(await get('/v1/thing')).toMatchObject({ status: 200 });
  });
});
