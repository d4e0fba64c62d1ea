import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate, type TestCertificate } from '../../runtime/capabilities/net/testing/certificates.ts';
import { createKeySetFetch } from './key-set-fetch.ts';

let folder: string;
let certificate: TestCertificate;
let server: Server | undefined;
let requests: number;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-jwks-'));
  certificate = makeCertificate(folder);
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function serve(listener: RequestListener): Promise<number> {
  requests = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  server = createServer(certificate, (request, response) => {
    requests += 1;
    listener(request, response);
  }).listen(0, '127.0.0.1', resolve);
  await promise;
  // A server that listens on a port has an address of that form.
  return (server.address() as AddressInfo).port;
}

const names: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1'],
  'metadata.example': ['169.254.169.254'],
  'inside.example': ['10.0.0.7'],
  'half.example': ['93.184.215.14', '127.0.0.1'],
};

const fetchKeys = createKeySetFetch({
  lookup: async (name) => (names[name] ?? []).map((address) => ({ address, family: 4 })),
  authorities: () => [certificate.cert],
});

const bounds = { allowPrivate: true, mostBytes: 1000, timeoutMs: 5_000 };

describe('fetching the keys of tokens', () => {
  it('gives what a server with a certificate of an authority answers', async () => {
    const port = await serve((_, response) => void response.end('{"keys":[]}'));
    expect(await fetchKeys(new URL(`https://localhost:${port}/jwks.json`), bounds)).toBe('{"keys":[]}');
  });

  it('trusts nobody else', async () => {
    const port = await serve((_, response) => void response.end('{}'));
    const distrustful = createKeySetFetch({
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
      authorities: () => [],
    });
    await expect(distrustful(new URL(`https://localhost:${port}/`), bounds)).rejects.toThrow(/self-signed/u);
    expect(requests).toBe(0);
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://inside.example/',
    'https://half.example/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0/',
  ])('asks nobody nearby: %s', async (url) => {
    await expect(fetchKeys(new URL(url), { ...bounds, allowPrivate: false })).rejects.toThrow(/is a private address/u);
  });

  it.each(['https://169.254.169.254/latest/meta-data', 'https://metadata.example/', 'https://[fd00:ec2::254]/'])(
    'never asks what gives out credentials: %s',
    async (url) => {
      await expect(fetchKeys(new URL(url), bounds)).rejects.toThrow(/credentials of a cloud machine/u);
    },
  );

  it('follows no redirect', async () => {
    const port = await serve((_, response) => void response.writeHead(302, { location: '/other' }).end());
    await expect(fetchKeys(new URL(`https://localhost:${port}/`), bounds)).rejects.toThrow(/redirect \(302\)/u);
    expect(requests).toBe(1);
  });

  it('takes no other status than 200', async () => {
    const port = await serve((_, response) => void response.writeHead(404).end('{"keys":[]}'));
    await expect(fetchKeys(new URL(`https://localhost:${port}/`), bounds)).rejects.toThrow(/status is 404/u);
  });

  it('reads no more than it may, whatever the server says of its length', async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write('a'.repeat(400)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await expect(fetchKeys(new URL(`https://localhost:${port}/`), bounds)).rejects.toThrow(/larger than 1000 bytes/u);
  });

  it('waits no longer than it may, also for the rest of an answer', async () => {
    const port = await serve((_, response) => void response.write('{'));
    const asked = fetchKeys(new URL(`https://localhost:${port}/`), { ...bounds, timeoutMs: 300 });
    await expect(asked).rejects.toThrow(/timeout/u);
  });

  it('says of a name without an address that it has none', async () => {
    await expect(fetchKeys(new URL('https://unknown.example/'), bounds)).rejects.toThrow(/has no address/u);
  });
});
