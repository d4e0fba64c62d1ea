import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { exampleRoute } from '../testing/example-routes.ts';
import { connectRaw } from '../testing/raw-socket.ts';
import { startServer, type TestServer } from '../testing/start-server.ts';

let folder = '';
let cert = '';
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waterflow-tls-'));
  const subject = '-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1';
  const files = `-keyout ${join(folder, 'key.pem')} -out ${join(folder, 'cert.pem')}`;
  const command = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 ${subject} ${files}`;
  execFileSync('openssl', command.split(' '), { stdio: 'pipe' });
  cert = await readFile(join(folder, 'cert.pem'), 'utf8');
  // join of an absolute path is absolute.
  const tls = { cert: join(folder, 'cert.pem') as AbsolutePath, key: join(folder, 'key.pem') as AbsolutePath };
  server = await startServer({
    routes: () => [exampleRoute()],
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
    request(`${server.url}${path}`, { ca: cert }, (answer) => {
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
